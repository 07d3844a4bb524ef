from odoo import api, models
from odoo.exceptions import AccessError

from .continuity_export_guard import ExportRestriction

PROTECTING_STATES = ("submitted", "approved", "running", "reported")
# A company that is gone still has its data.
PROTECTING_FOR_GOOD = "company"


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    @api.model
    def _export_restrictions(self, user, companies):
        restrictions = super()._export_restrictions(user, companies)
        campaigns = self.search(
            [
                ("company_id", "in", companies.ids),
                "|",
                ("state", "in", PROTECTING_STATES),
                "&",
                ("state", "=", "done"),
                ("kind", "=", PROTECTING_FOR_GOOD),
            ]
        )
        for campaign in campaigns:
            decided = campaign._date_of("decision", done=True)
            if decided and decided <= campaign._local_today():
                restrictions.append(
                    ExportRestriction(
                        campaign,
                        campaign.company_id,
                        user in campaign.export_user_ids,
                        # A company that goes on keeps its other customers' lists.
                        campaign.customer_ids.partner_id
                        if campaign.kind != PROTECTING_FOR_GOOD
                        else None,
                    )
                )
        return restrictions

    def _exported(self, log):
        result = super()._exported(log)
        campaign = self.sudo()
        # Whoever leads learns of it from somebody else: not of their own exports.
        people = campaign._lead() | campaign.owner_id
        people -= log.user_id
        if not people:
            people = campaign.approval_ids[:1].user_id - log.user_id
        campaign._remind(
            people,
            lambda env: env._(
                "%(user)s exported %(count)s records: %(model)s",
                user=log.user_id.name,
                count=log.count,
                model=log.model_name,
            ),
            log.field_names,
        )
        return result

    def write(self, vals):
        if "export_user_ids" not in vals or self.env.su:
            return super().write(vals)
        before = {campaign: campaign.export_user_ids for campaign in self}
        result = super().write(vals)
        for campaign, known in before.items():
            campaign._check_named_exporters(campaign.export_user_ids - known)
        return result

    def _check_named_exporters(self, added):
        """Refuse that somebody names themself once the campaign is submitted, and
        keep who named whom.

        :param added: ``res.users``
        :raise AccessError: unless an approver or a manager names somebody else
        """
        self.ensure_one()
        if not added or self.state == "draft":
            return
        self._check_may_manage()
        if self.env.user in added:
            raise AccessError(
                self.env._(
                    "Nobody names themself for exports: ask another approver or "
                    "manager."
                )
            )
        self.sudo().message_post(
            body=self.env._(
                "%(user)s named for exports of customer data: %(names)s",
                user=self.env.user.name,
                names=", ".join(added.mapped("name")),
            )
        )
