from odoo import api, fields, models
from odoo.exceptions import AccessError

# Further ahead a preview would be a guess.
PREVIEW_DAYS = 30
# Rows somebody reads; more are counted.
PREVIEW_ROWS = 1000


class ContinuityFollowupPreview(models.TransientModel):
    """One customer a follow-up rule would, or would not, contact soon.

    Rows live as long as the user looks at them; nothing is planned.
    """

    _name = "continuity.followup.preview"
    _description = "Preview of a Follow-up Rule"
    _order = "refusal desc, date_planned, id"

    rule_id = fields.Many2one("continuity.followup.rule", readonly=True)
    relationship_id = fields.Many2one("continuity.relationship", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    tier_id = fields.Many2one("continuity.tier", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    channel_id = fields.Many2one("continuity.channel", readonly=True)
    date_due = fields.Date(string="Due Date", readonly=True)
    date_planned = fields.Date(string="Contact On", readonly=True)
    why = fields.Char(readonly=True)
    refusal = fields.Char(string="Why Not", readonly=True)

    @api.model
    def _open(self, rule):
        """Compute and show the preview of a rule in the current company.

        :param rule: one ``continuity.followup.rule``
        :raise AccessError: unless the user is a manager who may read the rule
        """
        rule.check_access("read")
        if not self.env.user.has_group("customer_continuity.group_manager"):
            raise AccessError(
                self.env._("Only a manager of Customer Continuity can see the preview.")
            )
        found = self.env["continuity.followup.occurrence"]._preview(
            rule, self.env.company, PREVIEW_DAYS, PREVIEW_ROWS + 1
        )
        rows = self.create(found[:PREVIEW_ROWS])
        name = self.env._(
            "%(rule)s: next %(days)s days", rule=rule.name, days=PREVIEW_DAYS
        )
        if len(found) > PREVIEW_ROWS:
            name = self.env._(
                "%(rule)s: next %(days)s days, the first %(count)s customers",
                rule=rule.name,
                days=PREVIEW_DAYS,
                count=PREVIEW_ROWS,
            )
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": self._name,
            "view_mode": "list",
            "domain": [("id", "in", rows.ids)],
            "context": {"create": False},
        }
