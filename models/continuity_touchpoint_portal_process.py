"""What a process adds to the customer's page: sections to read, forms to fill in.

The page and its controllers know no process; they show what the line a letter came from
returns, as plain texts (I4).
"""

from odoo import models

from .continuity_touchpoint_portal_actions import AnswerError


class ContinuitySubjectMixin(models.AbstractModel):
    _inherit = "continuity.subject.mixin"

    def _portal_people(self, touchpoint):
        """Hook: return the colleagues whose personal lines the page shows besides the
        writer's.

        :param touchpoint: ``continuity.touchpoint``, the letter
        :rtype: res.users
        """
        return self.env["res.users"]

    def _portal_received_text(self, touchpoint):
        """Hook: return what the page says "Received" means, in the language of the
        context; without it, that the letter arrived and nothing more.

        :param touchpoint: ``continuity.touchpoint``, the letter
        :rtype: str
        """
        return ""

    def _portal_sections(self, touchpoint, contact):
        """Hook: return what the page of a letter shows of this line, in the language
        of the context.

        :param touchpoint: ``continuity.touchpoint``, the letter
        :param contact: ``res.partner`` whose page it is
        :return: dicts with ``title`` and any of ``text`` (lines), ``columns`` (list of
            texts), ``rows`` (lists of texts), ``empty`` (said when there is no row)
        :rtype: list[dict]
        """
        return []

    def _portal_forms(self, touchpoint, contact):
        """Hook: return the forms the customer can fill in, in the order of the page.

        :param touchpoint: ``continuity.touchpoint``, the letter
        :param contact: ``res.partner`` whose page it is
        :return: dicts with ``action`` (a key of :meth:`_portal_line_actions`),
            ``title``, ``button`` and any of ``text`` (lines), ``state`` (what was said
            before), ``name`` and ``label`` of the choice, ``options`` (dicts: value,
            label, help, checked), ``words`` (label of a text field), ``open``
        :rtype: list[dict]
        """
        return []

    def _portal_line_actions(self, touchpoint):
        """Hook: return the method behind each button of :meth:`_portal_forms`.

        A method gets the touchpoint, the person and the cleaned form, and returns
        values of ``continuity.portal.answer``; it raises AnswerError with what to
        correct. Names begin with that of the process, so that two do not meet.

        :rtype: dict
        """
        return {}

    def _portal_holds(self, kind, form):
        """Hook: tell whether what was said in one of these forms still holds.

        :param str kind: name of the button
        :param dict form: cleaned
        :rtype: bool
        """
        return True

    def _portal_confirmation(self, touchpoint, answer):
        """Hook: return what happens next after an answer to one of these forms.

        :param answer: ``continuity.portal.answer``
        :return: sentences, each a paragraph
        :rtype: list[str]
        """
        return []


class ContinuityTouchpoint(models.Model):
    """The customer's page shows and offers what the line of its letter says."""

    _inherit = "continuity.touchpoint"

    def _portal_line(self):
        """Return the line this letter came from, if its model has such hooks.

        :rtype: continuity.subject.mixin
        """
        self.ensure_one()
        touchpoint = self.sudo()
        line = self.env[touchpoint.origin_model].sudo().browse(touchpoint.origin_id)
        if not hasattr(line, "_portal_sections"):
            return self.env["continuity.concern"]
        return line.exists()

    def _portal_values(self, contact, page="/continuity/preview"):
        values = super()._portal_values(contact, page)
        line = self._portal_line()
        people = (self.sudo().signer_id or self.sudo().user_id) | (
            line._portal_people(self) if line else self.env["res.users"]
        )
        return {
            **values,
            "people": [self._portal_person(user) for user in people.sudo()],
            "received_text": line._portal_received_text(self) if line else "",
            "sections": line._portal_sections(self, contact) if line else [],
            "forms": line._portal_forms(self, contact) if line else [],
        }

    def _portal_person(self, user):
        """Return the personal lines of a colleague: plain texts.

        :param user: ``res.users``
        :rtype: dict
        """
        partner = user.partner_id
        qr = partner.continuity_wechat_qr
        return {
            "name": user.name,
            "function": partner.function or "",
            "phone": partner.phone or self.sudo().company_id.phone or "",
            "email": user.email or "",
            "wechat": partner.continuity_wechat or "",
            "qr": f"data:image/png;base64,{qr.decode()}" if qr else "",
        }

    def _portal_actions(self):
        actions = dict(super()._portal_actions())
        line = self._portal_line() if len(self) == 1 else None
        for name, method in (line._portal_line_actions(self) if line else {}).items():
            actions[name] = self._portal_bind(method)
        return actions

    def _portal_bind(self, method):
        """Return a line's method with this touchpoint as its first argument."""
        return lambda contact, form: method(self, contact, form)

    def _portal_holds(self, kind, form):
        line = self._portal_line()
        holds = not line or line._portal_holds(kind, form)
        return holds and super()._portal_holds(kind, form)

    def _portal_clean(self, form):
        """Keep which option was chosen; whether there is such a one its process
        knows."""
        clean = super()._portal_clean(form)
        choice = form.get("choice")
        clean["choice"] = choice[:60] if isinstance(choice, str) else ""
        return clean

    def _portal_confirmation(self, answer):
        """Return what happens next after an answer to a form of a process.

        :param answer: ``continuity.portal.answer``
        :rtype: list[str]
        """
        line = self._portal_line()
        return line._portal_confirmation(self, answer) if line else []

    def _portal_check_choice(self, form, values):
        """Refuse an option that the page does not offer.

        :param dict form: cleaned
        :param values: what can be chosen
        :return: the option
        :rtype: str
        :raise AnswerError: without one of them
        """
        if form["choice"] not in values:
            raise AnswerError(self.env._("Please choose one of the answers."))
        return form["choice"]
