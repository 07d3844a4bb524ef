from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# Contacts owed within so many days are what a call of today was most likely about.
AHEAD_DAYS = 7


class ContinuityReportContact(models.TransientModel):
    """A contact nobody had planned may be one that is owed anyhow: then it is reported
    on that one, not a second time beside it."""

    _inherit = "continuity.report.contact"

    owed_ids = fields.Many2many("continuity.touchpoint", compute="_compute_owed_ids")
    settles_id = fields.Many2one(
        "continuity.touchpoint",
        string="This Also Settles",
        compute="_compute_settles_id",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
        domain="[('id', 'in', owed_ids)]",
        help="The contact owed to this customer that was made by this one. Leave it "
        "empty if it was about something else.",
    )

    @api.depends("relationship_id", "touchpoint_id", "channel_id")
    def _compute_owed_ids(self):
        for wizard in self:
            wizard.owed_ids = wizard._find_owed()

    @api.depends("relationship_id", "touchpoint_id", "channel_id")
    def _compute_settles_id(self):
        """Propose the only one that is due and the user's own; among several the user
        chooses."""
        soon = fields.Date.context_today(self) + timedelta(days=AHEAD_DAYS)
        for wizard in self:
            fitting = wizard._find_owed().filtered(
                lambda t: (
                    self.env.user in t.user_id | t.attendee_ids
                    and t.date_due <= soon
                    and not t.held_back
                )
            )
            wizard.settles_id = fitting if len(fitting) == 1 else False

    @api.depends("settles_id")
    def _compute_date(self):
        """A contact that settles an appointment took place then, most likely; what
        somebody has typed stays."""
        chosen = self.filtered(lambda w: w.relationship_id and not w.touchpoint_id)
        result = super(ContinuityReportContact, self - chosen)._compute_date()
        for wizard in chosen:
            # Only appointments that have passed are offered.
            appointment = wizard.settles_id.date_planned
            if appointment:
                wizard.date = appointment
            elif not wizard.date or wizard._find_appointments(wizard.date):
                wizard.date = fields.Datetime.now()
        return result

    def _find_appointments(self, moment):
        """Return the open contacts with the customer that were planned for a moment.

        :param datetime moment: UTC
        """
        touchpoints = self.env["continuity.touchpoint"]
        return touchpoints.search(
            touchpoints._domain_open()
            + [
                ("relationship_id", "=", self.relationship_id.id),
                ("date_planned", "=", moment),
            ]
        )

    def _find_owed(self):
        """Return the open contacts of the customer that this user may report, and that
        a contact over this channel satisfies.

        Not letters to be sent, nor meetings that are still to come.
        """
        self.ensure_one()
        touchpoints = self.env["continuity.touchpoint"]
        if self.touchpoint_id or not self.relationship_id or not self.channel_id:
            return touchpoints
        now = fields.Datetime.now()
        found = touchpoints.search(
            touchpoints._domain_open()
            + [
                ("relationship_id", "=", self.relationship_id.id),
                ("channel_ids", "in", self.channel_id.ids),
                "|",
                ("date_planned", "=", False),
                ("date_planned", "<=", now),
            ]
        )
        return found.filtered(
            lambda t: (
                t._may_perform()
                and not (self.channel_id.written and t.sudo().template_id)
            )
        )

    def _touchpoint_to_report(self):
        touchpoint = super()._touchpoint_to_report()
        if touchpoint or not self.settles_id:
            return touchpoint
        if self.settles_id not in self._find_owed():
            raise UserError(
                self.env._(
                    "“%s” is not done by this contact: choose another one, or none.",
                    self.settles_id.display_name,
                )
            )
        return self.settles_id
