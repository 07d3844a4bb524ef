import re

from lxml import html
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

# What Odoo's restricted rendering replaces by the customer's own link.
LINK_FACT = Markup('<t t-out="object.fact_portal_link"></t>')


class ContinuityLetterPreview(models.TransientModel):
    """Look at letters one by one, as the customer will get them, and release them.

    Opened by ``continuity.touchpoint.action_preview_letters``; every step opens the
    same record again.
    """

    _name = "continuity.letter.preview"
    _description = "Preview of Letters"
    _inherit = ["continuity.readable.links.mixin"]

    touchpoint_ids = fields.Many2many("continuity.touchpoint", readonly=True)
    position = fields.Integer(readonly=True)
    count = fields.Integer(compute="_compute_touchpoint_id")
    ahead = fields.Boolean(
        compute="_compute_touchpoint_id",
        help="The letter does not exist yet: it is shown as it would be.",
    )
    touchpoint_id = fields.Many2one(
        "continuity.touchpoint",
        compute="_compute_touchpoint_id",
        string="Shown Letter",
    )
    progress = fields.Char(compute="_compute_touchpoint_id")
    partner_id = fields.Many2one(related="touchpoint_id.partner_id", related_sudo=False)
    subject = fields.Char(compute="_compute_letter")
    body = fields.Html(compute="_compute_letter")
    recipient = fields.Text(compute="_compute_letter")
    language = fields.Char(compute="_compute_letter")
    medium = fields.Char(compute="_compute_letter", string="Way of Sending")
    signer_id = fields.Many2one(
        "res.users", compute="_compute_letter", string="Signed By"
    )
    cosigner_id = fields.Many2one(
        related="touchpoint_id.cosigner_id", related_sudo=False, string="And By"
    )
    problems = fields.Text(compute="_compute_letter")
    warnings = fields.Text(compute="_compute_letter")
    can_release = fields.Boolean(compute="_compute_letter")
    frozen = fields.Boolean(compute="_compute_letter")
    ready_count = fields.Integer(readonly=True)
    editing = fields.Boolean(readonly=True)
    edit_subject = fields.Char(string="Subject for This Customer")
    edit_body = fields.Html(string="Text for This Customer", sanitize="email_outgoing")

    @api.model
    def _open(self, touchpoints):
        """Return the action that shows letters one by one.

        :param touchpoints: ``continuity.touchpoint`` in the order to look at them
        :raise AccessError: unless the user may read them
        :raise UserError: when there is none
        """
        if not touchpoints:
            raise UserError(self.env._("Choose the letters to look at."))
        touchpoints.check_access("read")
        preview = self.create({"touchpoint_ids": touchpoints.ids})
        preview.ready_count = preview._count_ready()
        return preview._show()

    def _show(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Letters"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "large"},
        }

    def _touchpoints(self):
        """Return the letters in the order in which they are looked at."""
        self.ensure_one()
        return self.touchpoint_ids.sorted(lambda t: (t.date_due, t.id))

    def _count_letters(self):
        """Return how many letters there are to look at.

        :rtype: int
        """
        return len(self._touchpoints())

    def _letter_at(self, position):
        """Return the letter at a position, counted from 0.

        :rtype: continuity.touchpoint
        """
        return self._touchpoints()[position : position + 1]

    def _count_ready(self):
        problems = self._touchpoints()._letter_problems()
        return sum(not found for found in problems.values())

    @api.depends("touchpoint_ids", "position")
    def _compute_touchpoint_id(self):
        for preview in self:
            preview.count = preview._count_letters()
            position = min(max(preview.position, 0), max(preview.count - 1, 0))
            touchpoint = preview._letter_at(position)
            preview.touchpoint_id = touchpoint
            preview.ahead = bool(touchpoint and not touchpoint._origin)
            preview.progress = self.env._(
                "%(position)s of %(count)s", position=position + 1, count=preview.count
            )

    @api.depends("touchpoint_id")
    def _compute_letter(self):
        for preview in self:
            touchpoint = preview.touchpoint_id
            preview.frozen = touchpoint._has_frozen_letter()
            media = dict(
                touchpoint._fields["letter_medium"]._description_selection(self.env)
            )
            medium = touchpoint._letter_medium()
            preview.medium = media.get(medium)
            preview.signer_id = touchpoint._letter_signer()
            lang = touchpoint._letter_language()
            if preview.frozen:
                lang = touchpoint.letter_lang or lang
            languages = dict(self.env["res.lang"].get_installed())
            preview.language = languages.get(lang, lang)
            preview.recipient = preview._describe_recipient(touchpoint, medium, lang)
            letter = touchpoint._render_letters().get(touchpoint.id)
            if preview.frozen:
                preview.subject = touchpoint.letter_subject
                preview.body = touchpoint.letter_text
            else:
                preview.subject = letter and letter.subject
                preview.body = letter and letter.body
            problems = touchpoint._letter_problems()[touchpoint.id]
            preview.problems = "\n".join(problems)
            preview.can_release = not problems and not preview.ahead
            preview.warnings = letter and "\n".join(touchpoint._letter_warnings(letter))

    @api.model
    def _describe_recipient(self, touchpoint, medium, lang):
        """Return the addresses the letter goes to, as far as they are known."""
        parts = []
        if medium in ("mail", "both"):
            parts.append(
                touchpoint._has_frozen_letter()
                and touchpoint.letter_email
                or touchpoint._letter_email()
            )
        if medium in ("paper", "both"):
            parts.append(
                touchpoint.letter_address or touchpoint._letter_postal_address(lang)
            )
        return "\n".join(part for part in parts if part)

    def _check_not_ahead(self):
        """Refuse to send, release or change a letter that does not exist yet.

        :raise UserError: when it is only shown as it would be
        """
        if self.ahead:
            raise UserError(
                self.env._(
                    "This letter is shown as it would be. It can be changed, sent and "
                    "released once it is planned."
                )
            )

    # === STEPS === #

    def action_next(self):
        """Show the next letter."""
        return self._move(1)

    def action_previous(self):
        """Show the letter before."""
        return self._move(-1)

    def _move(self, step):
        self.ensure_one()
        self.write(
            {
                "position": min(max(self.position + step, 0), self.count - 1),
                "editing": False,
            }
        )
        return self._show()

    def action_sample(self):
        """Mail this letter to the user, and to nobody else, marked as a sample.

        :raise UserError: when it cannot be rendered or sent
        """
        self.ensure_one()
        self._check_not_ahead()
        self.touchpoint_id.check_access("read")
        email = email_normalize(self.env.user.email)
        if not email:
            raise UserError(
                self.env._("You have no e-mail address: enter it in your preferences.")
            )
        if not self.body:
            raise UserError(self.env._("There is no text yet: choose a letter."))
        note = Markup("<p><i>{}</i></p><hr/>").format(
            self.env._(
                "Sample for you only. The customer has not got it; the link to the "
                "customer's page leads nowhere."
            )
        )
        mail = (
            self.env["mail.mail"]
            .sudo()
            .create(
                {
                    "subject": self.env._("[Sample] %s", self.subject),
                    "body_html": note + self.body,
                    "email_to": email,
                    "email_from": self.env.user.email_formatted,
                    "auto_delete": False,
                }
            )
        )
        mail.send()
        if mail.state == "exception":
            raise UserError(
                self.env._(
                    "The sample could not be sent: %s",
                    mail.failure_reason or mail.failure_type,
                )
            )
        return self._notify(self.env._("The sample is on its way to %s.", email))

    def _notify(self, message, kind="success"):
        """Return a notification after which this dialog is shown as it is now."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "sticky": kind == "warning",
                "next": self._show(),
            },
        }

    # === RELEASE === #

    def action_release_one(self):
        """Release the letter that is shown, and go on with the next.

        :raise AccessError: unless responsible or their manager
        :raise UserError: listing everything that stands in the way
        """
        self.ensure_one()
        self._check_not_ahead()
        self.touchpoint_id.action_release()
        self.ready_count -= 1
        return self._move(1)

    def action_release_all(self):
        """Release all letters nothing stands in the way of; the others stay.

        :raise AccessError: unless responsible or their manager
        :raise UserError: when there is none
        """
        self.ensure_one()
        self._check_not_ahead()
        open_letters = self._touchpoints().filtered(
            lambda t: not t._has_frozen_letter()
        )
        return open_letters.action_release()

    # === THIS CUSTOMER'S OWN TEXT === #

    def action_edit(self):
        """Take the text as it would be sent and let the user change it, for this
        customer only.

        :raise AccessError: unless responsible or their manager
        """
        self.ensure_one()
        self._check_not_ahead()
        touchpoint = self.touchpoint_id
        touchpoint._check_may_release()
        letter = touchpoint._render_letters().get(touchpoint.id)
        if not letter or touchpoint._has_frozen_letter():
            raise UserError(self.env._("There is no text to change."))
        text = re.sub(
            r'<div class="o_continuity_signature">.*?</div>\s*$',
            "",
            letter.body,
            flags=re.DOTALL,
        )
        self.write(
            {"editing": True, "edit_subject": letter.subject, "edit_body": Markup(text)}
        )
        return self._show()

    def action_save_edit(self):
        """Keep the changed text for this customer.

        :raise AccessError: unless responsible or their manager
        :raise UserError: when something other than text and facts stands in it
        """
        self.ensure_one()
        self._check_not_ahead()
        touchpoint = self.touchpoint_id
        touchpoint._set_own_text(
            self.edit_subject, self._restore_link(self.edit_body or "")
        )
        self.editing = False
        self.ready_count = self._count_ready()
        return self._show()

    def action_discard_edit(self):
        """Write what the template says again.

        :raise AccessError: unless responsible or their manager
        """
        self.ensure_one()
        self._check_not_ahead()
        self.touchpoint_id._set_own_text(False, False)
        self.editing = False
        self.ready_count = self._count_ready()
        return self._show()

    def _restore_link(self, body):
        """Put the fact back where the text shows the link that leads nowhere."""
        preview = self.touchpoint_id._letter_preview_link()
        if not preview or preview not in body:
            return body
        root = html.fragment_fromstring(str(body), create_parent="div")
        for anchor in root.xpath("//a[@href=$link]", link=preview):
            fact = html.fragment_fromstring(str(LINK_FACT))
            fact.tail = anchor.tail
            anchor.getparent().replace(anchor, fact)
        text = html.tostring(root, encoding="unicode")
        return text[len("<div>") : -len("</div>")]
