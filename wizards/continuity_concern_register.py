from odoo import api, fields, models


class ContinuityConcernRegister(models.TransientModel):
    """What customers raised, by when it had to be answered and when it was (D9): of a
    document or a selection, as PDF and CSV."""

    _name = "continuity.concern.register"
    _description = "Register of Concerns"
    _inherit = ["continuity.register.mixin"]

    _listed = "concern_ids"
    _report = "customer_continuity.action_report_concern_register"

    concern_ids = fields.Many2many("continuity.concern", readonly=True)

    def _texts(self):
        return {
            "title": self.env._("Register of questions, complaints and letters"),
            "nothing": self.env._("There is no concern to list."),
            "hidden": self.env._(
                "%s more concerns belong to customers you may not see."
            ),
        }

    @api.model
    def _columns(self):
        return [
            self.env._("Reference"),
            self.env._("Customer"),
            self.env._("Raised by"),
            self.env._("Kind"),
            self.env._("Raised (%s)", self.env.user.tz or "UTC"),
            self.env._("In their words"),
            self.env._("Owner"),
            self.env._("Deadline"),
            self.env._("Answered"),
            self.env._("Answered by"),
            self.env._("Files"),
            self.env._("Status"),
        ]

    def _rows(self):
        """Return one row per concern, by the day it was raised."""
        self.ensure_one()
        fields_by_name = self.concern_ids._fields
        kinds = dict(fields_by_name["kind"]._description_selection(self.env))
        states = dict(fields_by_name["state"]._description_selection(self.env))
        return [
            [
                concern.name,
                concern.partner_id.display_name or "",
                concern.contact_id.name or "",
                kinds[concern.kind],
                self._moment(concern.raised_on),
                concern.question or "",
                concern.owner_id.name or "",
                self._moment(concern.deadline),
                self._moment(concern.answered_on),
                concern.answered_by_id.name or "",
                str(concern.file_count or ""),
                states[concern.state],
            ]
            for concern in self.concern_ids.sorted(lambda c: (c.raised_on, c.id))
        ]
