"""The certified date of a notice (確定日付): what holds against third parties (X7)."""

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .continuity_factoring_telling import NOTICE, kind_of

KINDS = [
    ("mail", "Content-certified mail with proof of delivery (内容証明+配達証明)"),
    ("registration", "Registration (債権譲渡登記 / 中登网)"),
    ("other", "Other, such as a notarial deed"),
]
# Under these laws a notice without a certified date does not hold against others.
CERTIFIED_LAWS = ("JP",)
# So many days after the notice left its certified date is asked for.
ASKED_AFTER_DAYS = 14


class ContinuityFactoringDebtor(models.Model):
    """Recorded by people from the paper the post office or the register gives them,
    apart from anything the customer clicks: a click is no certified date.

    Japan (Civil Code 467): of several assignees of one claim, the one whose notice
    with a certified date reached the customer first prevails, or whose registration is
    earlier. China (Civil Code 768): registration goes first, then the first notice.
    """

    _inherit = "continuity.factoring.debtor"

    certified_kind = fields.Selection(
        KINDS,
        string="Certified By",
        readonly=True,
        copy=False,
        help="What gives the notice a date that holds against third parties. The "
        "customer's click on their page never does.",
    )
    certified_on = fields.Date(
        string="Certified Date (確定日付)",
        readonly=True,
        copy=False,
        help="Of the content-certified mail, or of the registration. In Japan the "
        "factor whose certified notice reaches the customer first prevails over other "
        "assignees; in China who registers first.",
    )
    certified_delivered_on = fields.Date(
        string="Delivered On (配達証明)",
        readonly=True,
        copy=False,
        help="As the proof of delivery says; that day decides the priority in Japan.",
    )
    certified_number = fields.Char(
        string="Number of the Certificate", readonly=True, copy=False
    )
    certified_attachment_ids = fields.Many2many(
        "ir.attachment",
        "continuity_factoring_debtor_certified_rel",
        string="Certificate",
        readonly=True,
        copy=False,
    )
    certified_missing = fields.Boolean(
        string="Certified Date Missing",
        compute="_compute_certified_missing",
        search="_search_certified_missing",
        help="The law asks for one, the notice has left, and none is recorded.",
    )

    _guarded_fields = frozenset(
        {
            "certified_kind",
            "certified_on",
            "certified_delivered_on",
            "certified_number",
            "certified_attachment_ids",
        }
    )

    def _needs_certified_date(self):
        """Return those of these customers whose law asks for a certified date.

        :rtype: continuity.factoring.debtor
        """
        laws = self._governing_laws()
        return self.filtered(
            lambda line: (laws[line.id].code or "").split("-")[0] in CERTIFIED_LAWS
        )

    @api.depends("noticed_on", "certified_on", "state", "factoring_id.jurisdiction_id")
    def _compute_certified_missing(self):
        waiting = self.filtered(
            lambda line: (
                line.noticed_on
                and not line.certified_on
                and line.state in ("noticed", "acknowledged")
            )
        )
        missing = waiting._needs_certified_date()
        for line in self:
            line.certified_missing = line in missing

    @api.model
    def _search_certified_missing(self, operator, value):
        if operator != "in":
            return NotImplemented
        waiting = self.search(
            [
                ("noticed_on", "!=", False),
                ("certified_on", "=", False),
                ("state", "in", ("noticed", "acknowledged")),
            ]
        )
        missing = Domain("id", "in", waiting._needs_certified_date().ids)
        return Domain.OR(missing if wanted else ~missing for wanted in value)

    def action_certify(self):
        """Ask for the certificate of these customers' notices."""
        self.factoring_id._check_may_account()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Certified Date"),
            "res_model": "continuity.factoring.certify",
            "view_mode": "form",
            "target": "new",
            "context": {"default_debtor_ids": self.ids},
        }

    def _certify(self, kind, day, number, attachments, delivered_on=False):
        """Record what certifies the date of these customers' notices.

        :param str kind: ``mail``, ``registration`` or ``other``
        :param date day: the certified date
        :param str number: of the certificate
        :param attachments: ``ir.attachment`` with the certificate
        :param date delivered_on: as the proof of delivery says, of mail
        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: listing what is missing or cannot be
        """
        self.check_access("read")
        self.factoring_id._check_may_account()
        attachments.check_access("read")
        errors = self._certify_errors(kind, day, number, attachments, delivered_on)
        if errors:
            raise UserError("\n".join(errors))
        # Who records it was checked above; the guard keeps others out.
        for line in self.sudo():
            files = attachments.sudo().copy(
                {"res_model": line._name, "res_id": line.id}
            )
            line.write(
                {
                    "certified_kind": kind,
                    "certified_on": day,
                    "certified_delivered_on": delivered_on,
                    "certified_number": number,
                    "certified_attachment_ids": [Command.set(files.ids)],
                }
            )
        for agreement, lines in self.sudo().grouped("factoring_id").items():
            agreement._message_log(
                body=self.env._(
                    "Certified date of %(customers)s: %(day)s, number %(number)s.",
                    customers=", ".join(lines.partner_id.mapped("name")),
                    day=format_date(self.env, day),
                    number=number,
                )
            )
            agreement._close_certified_reminders()

    def _certify_errors(self, kind, day, number, attachments, delivered_on):
        """Return what keeps a certificate from being recorded.

        :rtype: list[str]
        """
        errors = []
        today = fields.Date.context_today(self)
        if not (kind and day and (number or "").strip()):
            errors.append(self.env._("Enter the kind, the date and the number."))
        if not attachments:
            errors.append(self.env._("Attach the certificate."))
        if any(date and date > today for date in (day, delivered_on)):
            errors.append(self.env._("A certified date cannot be to come."))
        if day and delivered_on and delivered_on < day:
            errors.append(self.env._("It cannot be delivered before it was certified."))
        if kind == "mail" and not delivered_on:
            errors.append(
                self.env._("Enter the day of delivery: it decides the priority.")
            )
        for line in self.sudo():
            noticed = line._noticed_day()
            if kind == "mail" and not noticed:
                errors.append(
                    self.env._(
                        "The notice of %s has not left yet.",
                        line.partner_id.display_name,
                    )
                )
            elif kind == "mail" and delivered_on and delivered_on < noticed:
                errors.append(
                    self.env._(
                        "The notice of %s left later than that.",
                        line.partner_id.display_name,
                    )
                )
        return errors

    # === REMINDING === #

    def _touchpoint_done(self, touchpoints):
        result = super()._touchpoint_done(touchpoints)
        noticed = touchpoints.filtered(lambda t: kind_of(t) == NOTICE)
        lines = self.sudo().filtered(
            lambda line: line.id in noticed.mapped("origin_id")
        )
        for agreement, group in lines.grouped("factoring_id").items():
            if group.filtered(lambda x: not x.certified_on)._needs_certified_date():
                agreement._remind_certified()
        return result


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    def _certified_summary(self, env):
        return env._("%s: record the certified date of the notices", self.name)

    def _certified_reminders(self):
        """Return the open to-do to record certified dates."""
        self.ensure_one()
        user = self.contact_id
        summary = self._certified_summary(self.with_context(lang=user.lang).env)
        return self.activity_ids.filtered(lambda a: a.summary == summary)

    def _remind_certified(self):
        """Give whom the agreement names one to-do for all its customers."""
        self.ensure_one()
        if self._certified_reminders():
            return
        self._remind(
            self.contact_id,
            self._certified_summary,
            deadline=fields.Date.add(self._local_today(), days=ASKED_AFTER_DAYS),
        )

    def _close_certified_reminders(self):
        """Take the to-do away once no certified date is missing any more."""
        self.ensure_one()
        if not self.debtor_ids.filtered("certified_missing"):
            self._certified_reminders().unlink()
