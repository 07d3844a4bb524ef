"""What the customer's page shows of a dissolution, and what they decide there."""

from odoo import models

from .continuity_touchpoint import OPEN_STATES
from .continuity_touchpoint_portal_actions import AnswerError


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    def _portal_people(self, touchpoint):
        return super()._portal_people(touchpoint) | self._second_contact(touchpoint)

    # === WHAT THE PAGE SHOWS === #

    def _portal_sections(self, touchpoint, contact):
        sections = super()._portal_sections(touchpoint, contact)
        line = self.sudo()
        items = line._open_items(self.env.lang)
        sections.append(
            {
                "title": self.env._("Open between us today"),
                "columns": line._item_columns(),
                "rows": [line._item_cells(item) for item in items],
                "empty": self.env._("Nothing is open between us."),
            }
        )
        sections.append(
            {
                "title": self.env._("Days to know"),
                "rows": line._portal_days(),
            }
        )
        campaign = line.dissolution_id
        for title, text in (
            (self.env._("How to claim"), line._is_creditor() and campaign.claim_how),
            (self.env._("How to export your data"), campaign.export_guide),
            (self.env._("What happens to your data"), campaign.data_handling),
        ):
            if text:
                sections.append({"title": title, "text": text})
        sections.append(
            {
                "title": self.env._("Is this genuine?"),
                "text": line._verification_text(touchpoint),
            }
        )
        return sections

    def _portal_days(self):
        """Return the days a customer has to know, those that are set.

        :return: pairs of texts
        :rtype: list[list[str]]
        """
        self.ensure_one()
        campaign = self.dissolution_id
        days = (
            (self.env._("Decision"), campaign._date_of("decision", done=True)),
            (self.env._("Last service and support"), campaign._date_of("last_service")),
            (
                self.env._("Last invoices and red invoices"),
                campaign._date_of("last_invoice"),
            ),
            (self.env._("Claims declared until"), campaign._date_of("claims_end")),
            (
                self.env._("Data can be exported until"),
                campaign._date_of("export_until"),
            ),
            (self.env._("Data deleted on"), campaign._deletion_date()),
        )
        return [[name, campaign._long_date(day)] for name, day in days if day]

    # === WHAT THEY DECIDE === #

    def _portal_forms(self, touchpoint, contact):
        forms = super()._portal_forms(touchpoint, contact)
        line = self.sudo()
        if line.plan_state not in ("running", "reported"):
            return forms
        names = {value: name for value, name, _text in line._choices()}
        chosen = names.get(line.choice)
        forms.append(
            {
                "action": "dissolution_choose",
                "title": self.env._("How shall it go on?"),
                "text": self.env._(
                    "It is your decision, and you can change it here until it is "
                    "carried out."
                ),
                "state": self.env._(
                    "You chose: %(choice)s (%(day)s, %(who)s).",
                    choice=chosen,
                    day=touchpoint._portal_date(line.choice_on),
                    who=line.choice_by,
                )
                if chosen
                else "",
                "label": self.env._("We would like to"),
                "options": [
                    {
                        "value": value,
                        "label": name,
                        "help": text,
                        "checked": value == line.choice,
                    }
                    for value, name, text in line._choices()
                ],
                "words": self.env._("What should we know about it?"),
                "button": self.env._("This is our choice"),
                "open": not chosen,
            }
        )
        return forms

    def _portal_line_actions(self, touchpoint):
        return {
            **super()._portal_line_actions(touchpoint),
            "dissolution_choose": self._portal_choose,
        }

    def _portal_choose(self, touchpoint, contact, form):
        """The customer's choice counts as given on the page, by the person the link
        was made for; the talk they are promised is planned."""
        line = self.sudo()
        if line.plan_state not in ("running", "reported"):
            raise AnswerError(
                self.env._("This can no longer be chosen here. Please call us.")
            )
        names = {value: name for value, name, _text in line._choices()}
        choice = touchpoint._portal_check_choice(form, names)
        line._record_choice(choice, contact.name, form["text"])
        call = line._portal_plan_talk(touchpoint, contact)
        return {
            "detail": names[choice],
            "follow_up_id": call.id,
            "deadline": call.date_due,
        }

    def _portal_holds(self, kind, form):
        if kind == "dissolution_choose" and self.sudo().choice != form["choice"]:
            return False
        return super()._portal_holds(kind, form)

    def _portal_plan_talk(self, touchpoint, contact):
        """Plan the talk about the next steps; one that is still owed is about the
        latest choice.

        :return: the call
        :rtype: continuity.touchpoint
        """
        self.ensure_one()
        env = touchpoint._portal_colleague_env()
        names = dict(self._fields["choice"]._description_selection(env))
        why = env._(
            "They chose: %(choice)s. %(words)s",
            choice=names[self.choice],
            words=self.choice_note or "",
        ).strip()
        earlier = self.env["continuity.portal.answer"].search(
            [
                ("touchpoint_id", "=", touchpoint.id),
                ("kind", "=", "dissolution_choose"),
                ("follow_up_id.state", "in", OPEN_STATES),
            ],
            limit=1,
        )
        if call := earlier.follow_up_id:
            call.why = why
            return call
        return touchpoint._portal_plan_follow_up(
            env._("Next steps: %s", self.display_name),
            contact,
            date_due=touchpoint._portal_deadline(),
            why=why,
        )

    def _portal_confirmation(self, touchpoint, answer):
        sentences = super()._portal_confirmation(touchpoint, answer)
        if answer.kind == "dissolution_choose":
            sentences += [
                self.env._("We have noted your choice: %s.", answer.detail),
                self.env._(
                    "%(person)s speaks to you about the next steps by %(day)s.",
                    person=touchpoint._portal_responsible().name,
                    day=touchpoint._portal_date(answer.deadline),
                ),
            ]
        return sentences
