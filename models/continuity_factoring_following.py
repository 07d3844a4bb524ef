"""When invoices look again where their customer pays: at events, and on the day a
direction begins."""

import logging
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

from .continuity_factoring_assigning import BATCH
from .continuity_factoring_payment import OPEN_PAYMENT

_logger = logging.getLogger(__name__)

CRON = "customer_continuity.cron_factoring_follow"
# What moves a customer from one account to another.
EVENTS = frozenset({"noticed_on", "payment_choice", "released_from"})
CLOSING = frozenset({"continuity_closing_day"})
# So many customers are looked for together; each is a transaction of its own.
DEBTORS = 200


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    follow_on = fields.Date(
        string="Invoices Follow On",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The next day on which this customer pays elsewhere.",
    )

    _guarded_fields = frozenset({"follow_on"})

    def write(self, vals):
        result = super().write(vals)
        if EVENTS.intersection(vals):
            self._follow_direction()
        return result

    def _follow_direction(self):
        """Let the drafts and open invoices of these customers name the account they
        pay to now."""
        debtors = self.sudo().filtered(
            lambda d: d.factoring_id.kind == "notified" and d.plan_state == "running"
        )
        for company, lines in debtors.grouped("company_id").items():
            moves = (
                self.env["account.move"]
                .sudo()
                .with_company(company)
                .search(
                    [
                        ("company_id", "=", company.id),
                        ("move_type", "=", "out_invoice"),
                        ("state", "in", ("draft", "posted")),
                        ("payment_state", "in", OPEN_PAYMENT),
                        ("partner_id", "child_of", lines.partner_id.ids),
                    ],
                    order="id",
                )
            )
            for batch in split_every(BATCH, moves.ids, moves.browse):
                batch._continuity_follow()
        for debtor in debtors:
            debtor._plan_following(debtor._next_direction_day())

    def _next_direction_day(self):
        """Return the next day on which this customer pays elsewhere than today.

        :return: a day after today, or False
        :rtype: date | bool
        """
        self.ensure_one()
        today = self.factoring_id._local_today()
        confirmed = self.factoring_id.direction_ids.filtered("was_confirmed")
        days = [self._effective_from(direction) for direction in confirmed]
        if self.released_from:
            days.append(self.released_from)
        return min((day for day in days if day > today), default=False)

    def _plan_following(self, day):
        """Let the invoices of these customers be looked at on a day.

        :param date day: or False for none
        """
        for debtor in self.filtered(lambda d: d.follow_on != day):
            debtor.follow_on = day
        cron = self.env.ref(CRON, raise_if_not_found=False)
        if not day or not cron:
            return
        for agreement in self.factoring_id:
            zone = pytz.timezone(agreement.company_id.resource_calendar_id.tz or "UTC")
            midnight = zone.localize(datetime.combine(day, time.min))
            at = midnight.astimezone(pytz.utc).replace(tzinfo=None)
            triggers = self.env["ir.cron.trigger"].sudo()
            # Thousands of customers wait for the same day.
            if not triggers.search_count(
                [("cron_id", "=", cron.id), ("call_at", "=", at)], limit=1
            ):
                cron._trigger(at)

    @api.model
    def _cron_follow_directions(self):
        """Let invoices name the account their customer pays to from today on."""
        cron = self.env["ir.cron"]
        # The company's clock decides, at most a day ahead of ours.
        latest = fields.Date.today() + timedelta(days=1)
        due = [("follow_on", "!=", False), ("follow_on", "<=", latest)]
        last_id = 0
        cron._commit_progress(remaining=self.search_count(due))
        while debtors := self.search(
            [*due, ("id", ">", last_id)], order="id", limit=DEBTORS
        ):
            last_id = debtors.ids[-1]
            for debtor_id in debtors.ids:
                debtor = self.browse(debtor_id).try_lock_for_update(
                    allow_referencing=True
                )
                if debtor.follow_on and (
                    debtor.follow_on <= debtor.factoring_id._local_today()
                ):
                    debtor._follow_safely()
                if not cron._commit_progress(1):
                    return

    def _follow_safely(self):
        """Look at the invoices of one customer; what fails holds up no other (I11)."""
        try:
            with self.env.cr.savepoint():
                if self.plan_state == "running":
                    self._follow_direction()
                else:
                    self.follow_on = False
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            _logger.warning("Invoices of %s do not follow", self.id, exc_info=error)
            self.factoring_id._keep_error(error)
            self.follow_on = self.factoring_id._local_today() + timedelta(days=1)

    def _fold_into(self, target):
        """A choice made by one of them counts for both; the target's own first."""
        result = super()._fold_into(target)
        if self.payment_choice and not target.payment_choice:
            names = [name for name in self._fields if name.startswith("payment_choice")]
            target.write({name: self[name] for name in names})
        return result


class ContinuityFactoringAssignment(models.Model):
    _inherit = "continuity.factoring.assignment"

    @api.model_create_multi
    def create(self, vals_list):
        assignments = super().create(vals_list)
        moves = assignments.move_id.filtered(lambda m: not m.continuity_direction_id)
        moves._continuity_follow()
        return assignments


class ContinuityPaymentDirection(models.Model):
    _inherit = "continuity.payment.direction"

    def _confirm(self, call_back):
        result = super()._confirm(call_back)
        for agreement in self.sudo().factoring_id:
            # Thousands of invoices: the scheduler begins within a minute.
            agreement.debtor_ids.filtered(
                lambda d: d.noticed_on and d.state != "out"
            )._plan_following(agreement._local_today())
        return result


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if CLOSING.intersection(vals):
            # Whoever keeps closing days need not see the agreements.
            debtors = self.env["continuity.factoring.debtor"].sudo()
            for agreement, lines in (
                debtors.search(
                    [
                        ("partner_id", "in", self.ids),
                        ("noticed_on", "!=", False),
                        ("factoring_id.state", "=", "running"),
                    ]
                )
                .grouped("factoring_id")
                .items()
            ):
                lines._plan_following(agreement._local_today())
        return result
