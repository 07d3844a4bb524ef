from odoo import api, models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    @api.model_create_multi
    def create(self, vals_list):
        teams = super().create(vals_list)
        self.env["res.users"]._continuity_teams_changed()
        return teams

    def write(self, vals):
        result = super().write(vals)
        if {"user_id", "active"}.intersection(vals):
            self.env["res.users"]._continuity_teams_changed()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["res.users"]._continuity_teams_changed()
        return result


class CrmTeamMember(models.Model):
    _inherit = "crm.team.member"

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        self.env["res.users"]._continuity_teams_changed()
        return members

    def write(self, vals):
        result = super().write(vals)
        if {"user_id", "crm_team_id", "active"}.intersection(vals):
            self.env["res.users"]._continuity_teams_changed()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["res.users"]._continuity_teams_changed()
        return result
