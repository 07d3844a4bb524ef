"""Since when a campaign is decided, and until when creditors may not be paid (D4)."""

from datetime import date

from odoo import models
from odoo.tools import format_date

from ..tools import legal_dates

# While it is one of these, a decided campaign bars payments and stops quotations.
DECIDED_STATES = ("approved", "running", "reported", "done")


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _is_decided(self):
        """Tell whether the campaign is approved and its decision taken.

        :rtype: bool
        """
        self.ensure_one()
        decided = self._date_of("decision", done=True)
        return bool(
            self.state in DECIDED_STATES and decided and decided <= self._local_today()
        )

    def _payments_barred_until(self):
        """Return the last day on which creditors may not be paid (D4).

        From the decision on: whoever is paid before creditors are called has an
        advantage over them. As long as the period for claims has not begun, there is
        no such day yet.

        :return: ``date.max`` while there is no such day; False where nothing bars
            payments, or no longer
        :rtype: datetime.date | False
        """
        until, _rule = self._payment_bar()
        return until

    def _payment_bar(self):
        """Return until when payments are barred, and by which period.

        :return: see :meth:`_payments_barred_until`, and the
            ``continuity.timetable.rule``
        :rtype: tuple
        """
        self.ensure_one()
        # The bar holds for everybody, also for who may not see the campaign.
        campaign = self.sudo()
        no_rule = self.env["continuity.timetable.rule"]
        if not campaign._is_decided():
            return False, no_rule
        today = campaign._local_today()
        works = campaign._workday_test()
        until, narrowest = False, no_rule
        rules = campaign.timetable_id._all_rules().filtered(lambda r: r.bound == "bar")
        for bound in rules._bounds():
            anchor = campaign._milestone(bound.anchor)
            # Also where it was added to the route later: nobody has called creditors.
            end = date.max
            if anchor and (
                anchor.done_on or (anchor.date_planned or date.min) >= today
            ):
                end = bound.limit(anchor.done_on or anchor.date_planned, works)
                # The safe side: a period that ends on a day off goes on.
                end = legal_dates.roll_forward(end, works)
            if not until or end > until:
                until, narrowest = end, bound.key
        if until and until != date.max:
            # The company may have granted a longer period than it had to.
            until = max(until, campaign._date_of("claims_end") or until)
        return (until, narrowest) if until and until >= today else (False, no_rule)

    def _payment_bar_message(self):
        """Say until when creditors may not be paid, and by which article.

        :return: empty where payments are not barred
        :rtype: str
        """
        until, rule = self._payment_bar()
        if not until:
            return ""
        if until == date.max:
            return self.env._(
                "Creditors may not be paid yet: the period for their claims has not "
                "begun (%(where)s). Record “%(anchor)s” once it has happened.",
                where=rule._source_note(),
                anchor=rule.anchor_id.name,
            )
        return self.env._(
            "Creditors may not be paid until %(day)s has passed: until then claims can "
            "be filed (%(where)s).",
            day=format_date(self.env, until),
            where=rule._source_note(),
        )
