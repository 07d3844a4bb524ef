from odoo import api, fields, models


class ContinuityDissolutionWizardDate(models.TransientModel):
    """One day of the timetable; see ``continuity.dissolution.milestone``."""

    _name = "continuity.dissolution.wizard.date"
    _inherit = ["continuity.readable.onchange.mixin"]
    _description = "Day of a Timetable"
    _order = "sequence, id"

    wizard_id = fields.Many2one(
        "continuity.dissolution.wizard", required=True, ondelete="cascade"
    )
    event_id = fields.Many2one(
        "continuity.timetable.event", required=True, readonly=True, ondelete="cascade"
    )
    sequence = fields.Integer(related="event_id.sequence", store=True)
    date_planned = fields.Date(string="Planned For")
    earliest = fields.Date(string="Not Earlier Than", compute="_compute_bounds")
    latest = fields.Date(string="Not Later Than", compute="_compute_bounds")
    status = fields.Selection(selection="_selection_status", compute="_compute_bounds")
    explanation = fields.Text(string="Why", compute="_compute_bounds")

    @api.model
    def _selection_status(self):
        field = self.env["continuity.dissolution.milestone"]._fields["status"]
        return field._description_selection(self.env)

    @api.depends(
        "date_planned",
        "event_id",
        "wizard_id.date_ids.date_planned",
        "wizard_id.timetable_id",
        "wizard_id.min_notice_days",
        "wizard_id.company_id",
    )
    def _compute_bounds(self):
        for wizard, lines in self.grouped("wizard_id").items():
            milestones = wizard._draft().milestone_ids.grouped("event_id")
            for line in lines:
                milestone = milestones.get(line.event_id)
                line.earliest = milestone and milestone.earliest
                line.latest = milestone and milestone.latest
                line.status = milestone and milestone.status
                line.explanation = milestone and milestone.explanation
