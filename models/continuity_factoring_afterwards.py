"""What noticed customers hear while factoring lasts, and at its end (X7)."""

from odoo import api, fields, models
from odoo.tools import split_every

from .continuity_factoring_telling import NOTICE, RELEASE, TALK, UPDATE

# Customers planned in one transaction.
UPDATE_BATCH = 500


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    @api.model
    def _cron_plan_updates(self):
        """Plan the updates that are due, in batches; a customer whose update cannot
        be planned keeps the reason and holds up no other (I11)."""
        cron = self.env["ir.cron"]
        lines = self.env["continuity.factoring.debtor"].sudo()
        due = lines._domain_update()
        ids = lines.search(due, order="id").ids
        cron._commit_progress(remaining=len(ids))
        for batch_ids in split_every(UPDATE_BATCH, ids):
            batch = lines.browse(batch_ids).try_lock_for_update(allow_referencing=True)
            # Planned meanwhile by another run, or released.
            batch.filtered_domain(due)._together_or_one_by_one(
                lambda records: records._plan_updates(),
                lambda line, error: line.write({"update_error": str(error)}),
            )
            if not cron._commit_progress(len(batch_ids)):
                return

    @api.model
    def _cron_plan_contacts(self):
        """Plan the contacts of customers who wait for them: of large agreements, and
        of those whose contract was reviewed since."""
        self.env["continuity.factoring.debtor"]._plan_queued()


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    _guarded_fields = frozenset({"next_update_on", "update_error"})

    next_update_on = fields.Date(
        string="Next Update",
        readonly=True,
        copy=False,
        help="When they hear again how things stand.",
    )
    update_error = fields.Char(string="Why No Update", readonly=True, copy=False)
    _update_due = models.Index("(next_update_on) WHERE next_update_on IS NOT NULL")

    # === UPDATES === #

    def _update_state(self):
        """Begin to count with the notice; a notice that came back ends it."""
        result = super()._update_state()
        for line in self:
            months = line.factoring_id.update_months
            if line.state not in ("noticed", "acknowledged") or not months:
                line.next_update_on = False
            elif not line.next_update_on:
                line.next_update_on = fields.Date.add(
                    line._noticed_day(), months=months
                )
        return result

    @api.model
    def _domain_update(self):
        """Return which customers are due for an update.

        :rtype: list
        """
        return [
            ("next_update_on", "<=", fields.Date.context_today(self)),
            ("state", "in", ("noticed", "acknowledged")),
            ("factoring_id.state", "=", "running"),
            ("factoring_id.kind", "=", "notified"),
            ("factoring_id.update_months", ">", 0),
        ]

    def _plan_updates(self):
        """Plan one update for each of these customers, whatever was missed before.

        :return: the touchpoints
        :rtype: continuity.touchpoint
        """
        values = []
        today = fields.Date.context_today(self)
        mail = self.env.ref("customer_continuity.channel_email")
        paper = self.env.ref("customer_continuity.channel_letter")
        template = self[:1]._factoring_template(UPDATE)
        for line in self:
            day = line.next_update_on
            values.append(
                line._prepare_telling(
                    f"{UPDATE}:{day}", mail + paper, template=template
                )
            )
            months = line.factoring_id.update_months
            while day <= today:
                day = fields.Date.add(day, months=months)
            line.write({"next_update_on": day, "update_error": False})
        touchpoints = self.env["continuity.touchpoint"]._plan_bulk(values)
        touchpoints._show()
        return touchpoints

    # === RELEASE === #

    def _release(self, effective_from, signed_on, attachments, buy_back_reason=""):
        heard = self.sudo().filtered(lambda line: line.told_on or line.noticed_on)
        result = super()._release(
            effective_from, signed_on, attachments, buy_back_reason
        )
        debtors = self.sudo()
        debtors._update_state()
        debtors._withdraw_contacts(self.env._("They are released from factoring."))
        heard._plan_release()
        return result

    def _plan_release(self):
        """Tell customers who had heard of the assignment that it ended: by the release
        who had the notice, on the telephone who had not.

        :return: the touchpoints
        :rtype: continuity.touchpoint
        """
        lines = self.filtered(
            lambda x: x.factoring_id.kind == "notified" and x.relationship_id
        )
        values = []
        call = self.env.ref("customer_continuity.channel_call")
        for tier, group in lines.grouped("tier_id").items():
            steps = group[:1]._telling_steps(tier)
            letter = {
                "channels": steps[NOTICE]["channels"],
                "template": group[:1]._factoring_template(RELEASE),
            }
            talk = {"channels": call | steps[TALK]["channels"]}
            values += [
                line._prepare_telling(RELEASE, **letter if line.noticed_on else talk)
                for line in group
            ]
        touchpoints = self.env["continuity.touchpoint"]._plan_again(values)
        self.invalidate_recordset(["touchpoint_ids"])
        touchpoints._show()
        return touchpoints
