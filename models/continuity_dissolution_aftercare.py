from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date, split_every

from .continuity_touchpoint_facts import fact

AFTERCARE_FACTS = (
    "fact_end_date",
    "fact_data_keeper",
    "fact_aftercare_contact",
    "fact_comeback_offer",
)
# Campaigns whose customers are looked after once they have gone.
AFTERCARE_STATES = ("running", "reported", "done")
# Transfers in which somebody else serves the customer.
SERVED_ELSEWHERE = ("running", "done")
# Customers planned in one transaction.
AFTERCARE_BATCH = 500


class ContinuityPolicyStep(models.Model):
    """How customers are asked, some time after the end, how they are getting on."""

    _inherit = "continuity.policy.step"

    purpose = fields.Selection(
        selection_add=[("aftercare", "Aftercare")], ondelete={"aftercare": "cascade"}
    )


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    fact_end_date = fact("Day of the last service")
    fact_data_keeper = fact("Who keeps the customer's data")
    fact_aftercare_contact = fact("Who answers after the end, with telephone and mail")
    fact_comeback_offer = fact("Offer to customers who return")

    @api.model
    def _letter_facts(self):
        return super()._letter_facts() + AFTERCARE_FACTS


class ContinuityDissolution(models.Model):
    """Aftercare of a dissolution (D10): when its contacts are planned."""

    _inherit = "continuity.dissolution"

    _editable_fields = frozenset({"comeback_offer"})

    comeback_offer = fields.Text(
        string="Offer to Returning Customers",
        translate=True,
        help="What customers are offered who want to work with your people again, in "
        "the words of the letter: who, where, on which terms. Empty: nothing.",
    )

    @api.model
    def _cron_plan_aftercare(self):
        """Plan the aftercare of customers whose service has ended, in batches.

        A batch that fails is tried customer by customer; the campaign keeps why one
        cannot be planned, and the others go on (I11).
        """
        cron = self.env["ir.cron"]
        lines = self.env["continuity.dissolution.customer"]
        ids = []
        for campaign in self.search([("state", "in", AFTERCARE_STATES)]):
            ids += lines.search(campaign._domain_aftercare(), order="id").ids
        cron._commit_progress(remaining=len(ids))
        for batch_ids in split_every(AFTERCARE_BATCH, ids):
            batch = lines.browse(batch_ids).try_lock_for_update(allow_referencing=True)
            batch._together_or_one_by_one(
                lambda records: records._plan_aftercare(),
                lambda line, error: line.dissolution_id._keep_error(error),
            )
            if not cron._commit_progress(len(batch_ids)):
                return

    def _domain_aftercare(self):
        """Return which customers of one campaign are to be given their aftercare now:
        those told, once their service has ended.

        :rtype: list
        """
        self.ensure_one()
        domain = [
            ("dissolution_id", "=", self.id),
            ("state", "in", ("told", "closed")),
            ("aftercare_from", "=", False),
        ]
        last = self._date_of("last_service")
        if not last or last >= self._local_today():
            domain += [
                ("transfer_ids.state", "in", SERVED_ELSEWHERE),
                ("transfer_ids.free_from", "!=", False),
            ]
        return domain


class ContinuityDissolutionCustomer(models.Model):
    """Aftercare of one customer: contacts after the last service, as the policy of the
    purpose *aftercare* says; shipped are 30 and 90 days."""

    _inherit = "continuity.dissolution.customer"

    _guarded_fields = frozenset({"aftercare_from"})

    aftercare_from = fields.Date(
        readonly=True,
        copy=False,
        help="The last day of service; aftercare is planned so many days after it.",
    )

    def _service_end(self):
        """Return the day on which service to this customer ended: when a successor
        began to serve them, else the last service of all.

        :rtype: datetime.date | False
        """
        self.ensure_one()
        moved = self.sudo().transfer_ids.filtered(
            lambda t: t.state in SERVED_ELSEWHERE and t.free_from
        )
        if moved:
            return min(moved.mapped("free_from"))
        last = self.dissolution_id._date_of("last_service")
        return last if last and last < self.dissolution_id._local_today() else False

    def _plan_aftercare(self):
        """Plan the aftercare contacts of customers whose service has ended.

        :return: the touchpoints
        :rtype: continuity.touchpoint
        """
        policy = self.env["continuity.policy.step"]
        letter = self.env.ref(
            "customer_continuity.letter_aftercare", raise_if_not_found=False
        )
        days, values_list = {}, []
        for (tier, segment), lines in self.grouped(
            lambda line: (line.tier_id, line.segment)
        ).items():
            steps = policy._steps_for("aftercare", tier, segment)
            for line in lines:
                end = line._service_end()
                if not end:
                    continue
                line.sudo().aftercare_from = end
                values_list += [
                    line._prepare_aftercare_values(step, end, letter, days)
                    for step in steps
                ]
        touchpoints = self.env["continuity.touchpoint"]._plan(values_list)
        today = fields.Date.context_today(self)
        touchpoints.filtered(lambda t: t.date_show <= today)._show()
        return touchpoints

    def _aftercare_user(self):
        """Return who looks after the customer once the service has ended.

        :rtype: res.users
        """
        self.ensure_one()
        campaign = self.dissolution_id
        user = campaign.aftercare_user_id or self.user_id or campaign.owner_id
        return user or campaign.create_uid

    def _prepare_aftercare_values(self, step, end, letter, days):
        """Return one aftercare contact of this customer, worded for who makes it.

        :param step: ``continuity.policy.step``
        :param date end: the last day of service
        :param letter: ``mail.template`` for written channels
        :param dict days: working days found so far, by person and date
        :rtype: dict
        """
        self.ensure_one()
        user = self._aftercare_user()
        self = self.with_context(lang=user.lang)
        due = end + timedelta(days=step.offset_days)
        key = (user, due)
        if key not in days:
            days[key] = self.company_id._continuity_working_day(user, due)
        return self._prepare_touchpoint_values(
            f"aftercare:{step.id}",
            step._ordered_channels(),
            name=self.env._(
                "How is %(customer)s %(days)s days after the end?",
                customer=self.display_name,
                days=step.offset_days,
            ),
            purpose="aftercare",
            user_id=user.id,
            why=self.env._(
                "Aftercare: the last service was on %s", format_date(self.env, end)
            ),
            template_id=letter.id if letter else False,
            date_due=days[key],
        )

    # === LETTER === #

    def _prepare_facts(self, touchpoint):
        return {
            **super()._prepare_facts(touchpoint),
            **self._aftercare_facts(touchpoint),
        }

    def _aftercare_facts(self, touchpoint):
        """Return what a letter may say of the time after the end.

        :param touchpoint: ``continuity.touchpoint``
        :rtype: dict[str, str]
        """
        self.ensure_one()
        campaign = self.dissolution_id
        end = self.aftercare_from or campaign._date_of("last_service")
        return {
            "fact_end_date": end and format_date(self.env, end, date_format="long"),
            "fact_data_keeper": campaign.data_keeper_id.name,
            "fact_aftercare_contact": " · ".join(
                part
                for part in (
                    campaign.aftercare_user_id.name,
                    campaign.aftercare_user_id
                    and touchpoint._fact_contact_line(campaign.aftercare_user_id),
                )
                if part
            ),
            "fact_comeback_offer": campaign.comeback_offer,
        }

    def _language_obstacles(self, touchpoint):
        """No offer in another language than the letter."""
        obstacles = super()._language_obstacles(touchpoint)
        lang = touchpoint._letter_language()
        campaign = self.dissolution_id
        used = touchpoint._facts_used(*touchpoint._letter_source(lang))
        if "fact_comeback_offer" in used and campaign._is_text_untranslated(
            "comeback_offer", lang
        ):
            obstacles.append(
                self.env._(
                    "The offer to returning customers is not translated into "
                    "%(language)s: do so on %(campaign)s.",
                    language=dict(self.env["res.lang"].get_installed()).get(lang, lang),
                    campaign=campaign.name,
                )
            )
        return obstacles
