from odoo import fields, models
from odoo.exceptions import UserError

OCCURRENCE = "apology"


class ContinuityDissolutionCustomer(models.Model):
    """Whoever learned of it from somebody else gets an apology by telephone the next
    working day (D2)."""

    _inherit = "continuity.dissolution.customer"

    _guarded_fields = frozenset({"learned_on", "learned_how"})

    learned_on = fields.Date(
        string="Learned of It Elsewhere On", readonly=True, copy=False
    )
    learned_how = fields.Text(string="How They Learned", readonly=True, copy=False)

    def _plan_touchpoints(self):
        result = super()._plan_touchpoints()
        # Whoever was left out meanwhile is still owed the apology.
        late = self.filtered(lambda x: x.learned_on and x.relationship_id)
        self.env["continuity.touchpoint"]._plan_again(
            [line._prepare_apology_values() for line in late]
        )
        return result

    def action_learned_elsewhere(self):
        """Ask how customers learned of it."""
        return self.env["continuity.reason.wizard"]._open(self, "learned_elsewhere")

    def _learned_elsewhere(self, how):
        """Record that customers learned of it from somebody else, and plan the call
        that apologises.

        :param str how: from whom or where; for colleagues only
        :raise AccessError: unless who speaks to them, the task force or an approver
        :raise UserError: before the decision, without ``how``, or for customers who
            were told by us
        """
        if not (how or "").strip():
            raise UserError(self.env._("Say how they learned of it."))
        self._check_may_report()
        for line in self:
            campaign = line.sudo().dissolution_id
            if campaign.state != "running":
                raise UserError(
                    self.env._(
                        "%s has not begun: nobody is called before. Tell who decides "
                        "on it that the news is out.",
                        campaign.name,
                    )
                )
            if line.state != "planned" or line.learned_on:
                raise UserError(
                    self.env._(
                        "“%s” has heard of it from us, or an apology is planned "
                        "already.",
                        line.display_name,
                    )
                )
        # Who may report was checked; the call belongs to the ledger.
        lines = self.sudo()
        for line in lines:
            line.learned_on = line.dissolution_id._local_today()
            line.learned_how = how
        self.env["continuity.touchpoint"]._plan(
            [line._prepare_apology_values() for line in lines if line.relationship_id]
        )

    def _prepare_apology_values(self):
        """Return the touchpoint of the call, in the language of who makes it."""
        self.ensure_one()
        campaign = self.dissolution_id
        user = self.user_id or campaign._lead()
        self = self.with_context(lang=user.lang)
        call = self.env.ref("customer_continuity.channel_call")
        closer = self.env.ref("customer_continuity.channel_visit") | self.env.ref(
            "customer_continuity.channel_video"
        )
        tomorrow = campaign.company_id._continuity_working_day(
            user, campaign._local_today(), 1
        )
        return self._prepare_touchpoint_values(
            OCCURRENCE,
            call | closer,
            name=self.env._(
                "Apologise to %s: they learned of it from somebody else",
                self.display_name,
            ),
            purpose="dissolution",
            user_id=user.id,
            date_due=tomorrow,
            date_show=campaign._local_today(),
            opening=self.env._(
                "You should have heard of it from us first, and I am sorry: %s",
                campaign.customer_reason or "",
            ),
        )
