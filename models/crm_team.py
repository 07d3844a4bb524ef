from odoo import api, models


class ContinuityTeamMixin(models.AbstractModel):
    """What says who is in whose team: a change takes effect at once."""

    _name = "continuity.team.mixin"
    _description = "Part of a Sales Team"

    _continuity_team_fields = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env["res.users"]._continuity_teams_changed()
        return records

    def write(self, vals):
        result = super().write(vals)
        if self._continuity_team_fields.intersection(vals):
            self.env["res.users"]._continuity_teams_changed()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["res.users"]._continuity_teams_changed()
        return result


class CrmTeam(models.Model):
    _name = "crm.team"
    # The mixin first: it is to run after everything else is done.
    _inherit = ["continuity.team.mixin", "crm.team"]

    _continuity_team_fields = frozenset({"user_id", "active"})


class CrmTeamMember(models.Model):
    _name = "crm.team.member"
    _inherit = ["continuity.team.mixin", "crm.team.member"]

    _continuity_team_fields = frozenset({"user_id", "crm_team_id", "active"})
