from odoo import api, fields, models
from odoo.fields import Domain


class ResUsers(models.Model):
    _inherit = "res.users"

    continuity_team_user_ids = fields.Many2many(
        "res.users",
        compute="_compute_continuity_team_user_ids",
        compute_sudo=True,
        string="Users of the Same Sales Teams",
        groups="base.group_user",
        help="Members and leaders of the sales teams this user is a member or the "
        "leader of, and the user.",
    )

    @property
    def SELF_WRITEABLE_FIELDS(self):
        # Read by the addon's users only; their letters say it, so it is theirs.
        return [
            *super().SELF_WRITEABLE_FIELDS,
            "continuity_wechat",
            "continuity_wechat_qr",
        ]

    @api.depends("crm_team_member_ids.crm_team_id", "crm_team_member_ids.active")
    def _compute_continuity_team_user_ids(self):
        for user in self:
            teams = self.env["crm.team"].search(self._continuity_team_domain(user))
            user.continuity_team_user_ids = (
                user | teams.user_id | teams.crm_team_member_ids.user_id
            )

    @api.model
    def _continuity_team_domain(self, users):
        """Return the domain of the sales teams users are a member or the leader of:
        the one place that defines what "team" means in this addon."""
        return Domain("user_id", "in", users.ids) | Domain(
            "crm_team_member_ids.user_id", "in", users.ids
        )

    @api.model
    def _continuity_teams_changed(self):
        """Let record rules see new team members at once: rules are cached."""
        self.invalidate_model(["continuity_team_user_ids"])
        self.env.registry.clear_cache()

    def _continuity_manager(self, company):
        """Return who hears of it when this user's customers need attention: the
        leader of one of their sales teams, else somebody of the managers' group.

        :param company: the ``res.company`` it is about; who has no access to it is
            left out
        :return: one ``res.users`` other than this one, or none
        :rtype: res.users
        """
        teams = (
            self.env["crm.team"]
            .sudo()
            .search([("crm_team_member_ids.user_id", "in", self.ids)])
        )
        group = self.env.ref("customer_continuity.group_manager").sudo()
        for candidates in (teams.user_id, group.all_user_ids.sorted("id")):
            managers = (candidates - self).filtered(
                lambda u: u._is_continuity_colleague(company)
            )
            if managers:
                return managers[0].sudo(False)
        return self.browse()

    def _is_continuity_colleague(self, company):
        """Tell whether this is somebody who can be given work in a company; OdooBot
        and the like have nobody who reads their list.

        :param company: ``res.company``
        :rtype: bool
        """
        user = self.sudo()
        return bool(
            user
            and user.active
            and not user.share
            and user.id != api.SUPERUSER_ID
            and company in user.company_ids
        )

    def _is_continuity_manager_of(self, user):
        """Tell whether this user is a manager of another.

        That is the leader of a sales team the other is a member of, or anybody in
        the addon's group of managers.

        :param user: ``res.users``
        :rtype: bool
        """
        self.ensure_one()
        if self.has_group("customer_continuity.group_manager"):
            return True
        if not user:
            return False
        return bool(
            self.env["crm.team"]
            .sudo()
            .search_count(
                [
                    ("user_id", "=", self.id),
                    ("crm_team_member_ids.user_id", "in", user.ids),
                ],
                limit=1,
            )
        )
