from collections import defaultdict

from odoo import api, fields, models


class ContinuityRegister(models.TransientModel):
    """Proof of service: who was told what, when, over which channel, with what
    result, for a document or a selection of contacts; as PDF and CSV."""

    _name = "continuity.register"
    _description = "Register of Contacts"
    _inherit = ["continuity.register.mixin"]

    _listed = "touchpoint_ids"
    _report = "customer_continuity.action_report_register"

    touchpoint_ids = fields.Many2many("continuity.touchpoint", readonly=True)

    def _texts(self):
        return {
            "title": self.env._("Register of contacts"),
            "nothing": self.env._("There is no contact to list."),
            "hidden": self.env._(
                "%s more contacts belong to customers you may not see."
            ),
        }

    @api.model
    def _columns(self):
        """Return the titles of the columns, in their order.

        :rtype: list[str]
        """
        return [
            self.env._("Customer"),
            self.env._("People"),
            self.env._("What"),
            self.env._("By"),
            self.env._("When (%s)", self.env.user.tz or "UTC"),
            self.env._("Channel"),
            self.env._("Sent to"),
            self.env._("Message-Id"),
            self.env._("Fingerprint (SHA-256)"),
            self.env._("Result"),
            self.env._("Status"),
            self.env._("Acknowledged"),
        ]

    def _rows(self):
        """Return one row per attempt, and one for each contact nobody has tried, by
        customer and date.

        :rtype: list[list[str]]
        """
        self.ensure_one()
        touchpoints = self.touchpoint_ids.sorted(
            lambda t: (t.partner_id.display_name or "", t.date_due, t.id)
        )
        attempts_by_touchpoint = defaultdict(
            self.env["continuity.touchpoint.attempt"].browse
        )
        attempts = self.env["continuity.touchpoint.attempt"].search(
            [("touchpoint_id", "in", touchpoints.ids), ("withdrawn", "=", False)],
            order="date, id",
        )
        attempts_by_touchpoint.update(attempts.grouped("touchpoint_id"))
        rows = []
        for touchpoint in touchpoints:
            for attempt in attempts_by_touchpoint[touchpoint] or (attempts.browse(),):
                rows.append(self._row(touchpoint, attempt))
        return rows

    def _row(self, touchpoint, attempt):
        """Return the cells of one attempt, or of a contact without one."""
        labels = self._labels()
        channel = attempt.channel_id or touchpoint.channel_id
        result = labels["outcome"].get(attempt.outcome, "")
        if touchpoint.state in ("failed", "cancelled") and touchpoint.reason:
            result = ": ".join(part for part in (result, touchpoint.reason) if part)
        acknowledged = (self._moment(touchpoint.ack_date), touchpoint.ack_name)
        # Released and not gone yet: what will be sent is settled all the same.
        letter = attempt or touchpoint
        subject = letter.letter_subject or touchpoint.name
        recipient = attempt.recipient if attempt else touchpoint.letter_email
        return [
            touchpoint.partner_id.display_name or "",
            ", ".join(touchpoint.contact_ids.mapped("name")),
            subject or "",
            (attempt.user_id or touchpoint.user_id).name or "",
            self._moment(attempt.date),
            channel.name or "",
            recipient or "",
            attempt.message_id or "",
            letter.letter_hash or "",
            result,
            labels["state"].get(touchpoint.state, ""),
            " ".join(part for part in acknowledged if part),
        ]

    def _labels(self):
        touchpoint = self.env["continuity.touchpoint"]
        return {
            "outcome": dict(touchpoint._selection_outcome()),
            "state": dict(touchpoint._fields["state"]._description_selection(self.env)),
        }
