from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ContinuityTimetable(models.Model):
    """A route by which a company, or what it does, is wound down, with the periods the
    law of a jurisdiction sets for it (D1).

    The periods are data with source, article and how certain they are; they are a
    starting point that counsel must check, never advice.
    """

    _name = "continuity.timetable"
    _description = "Dissolution Timetable"
    _order = "jurisdiction_id, sequence, id"

    name = fields.Char(string="Route", required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    jurisdiction_id = fields.Many2one(
        "continuity.jurisdiction", required=True, index=True, ondelete="restrict"
    )
    description = fields.Text(
        translate=True, help="For whom this route is, and what it demands."
    )
    needs_no_obligations = fields.Boolean(
        string="Only without Obligations",
        help="The route is open only to who owes nobody anything: no delivery, no "
        "advance payment, no credit.",
    )
    include_ids = fields.Many2many(
        "continuity.timetable",
        "continuity_timetable_include_rel",
        "timetable_id",
        "included_id",
        string="Together With",
        help="Other timetables whose periods hold as well.",
    )
    rule_ids = fields.One2many(
        "continuity.timetable.rule", "timetable_id", string="Periods", copy=True
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "There is a timetable of this code.")

    @api.constrains("include_ids")
    def _check_include(self):
        for timetable in self:
            if timetable in timetable.include_ids or timetable.include_ids.include_ids:
                raise ValidationError(
                    self.env._(
                        "A timetable goes together with others that stand alone: "
                        "choose those for “%s” one by one.",
                        timetable.name,
                    )
                )

    def _compute_display_name(self):
        for timetable in self:
            timetable.display_name = (
                f"{timetable.jurisdiction_id.name}: {timetable.name}"
                if timetable.jurisdiction_id
                else timetable.name
            )

    def _all_rules(self):
        """Return the periods of these routes, those that hold besides included.

        :rtype: continuity.timetable.rule
        """
        return (self | self.include_ids).rule_ids.filtered("active")

    def _events(self):
        """Return what happens on these routes, in order; on none, what belongs to
        every campaign.

        :rtype: continuity.timetable.event
        """
        rules = self._all_rules()
        always = self.env["continuity.timetable.event"].search(
            [("in_every_plan", "=", True)]
        )
        return (always | rules.event_id | rules.anchor_id).sorted()
