"""The reasons of follow-up in words."""

from odoo import models
from odoo.tools import format_date

# Rows whose reason stands in the contact they point to.
TOLD = ("planned", "merged", "done", "failed")


class ContinuityFollowupRule(models.Model):
    _inherit = "continuity.followup.rule"

    def _describe(self, since, date_due, document, product):
        """Say why a customer is due, in the language of the environment.

        :param date since: the day it counts from, or False
        :param date date_due: the day it fell due
        :param str document: the name of an order or invoice, or False
        :param product: ``product.template``, possibly empty
        :rtype: str
        """
        self.ensure_one()
        day = format_date(self.env, since or date_due)
        return getattr(self, f"_describe_{self.trigger}")(day, document, product)

    def _describe_delivery(self, day, document, product):
        return self.env._(
            "%(days)s days after delivery: %(document)s, %(day)s",
            days=self.days,
            document=document,
            day=day,
        )

    def _describe_completion(self, day, document, product):
        return self.env._(
            "Order completed: %(document)s, %(day)s", document=document, day=day
        )

    def _describe_first_purchase(self, day, document, product):
        return self.env._("First purchase on %s", day)

    def _describe_silence(self, day, document, product):
        return self.env._("No contact since %s", day)

    def _describe_never(self, day, document, product):
        return self.env._("Never contacted")

    def _describe_quiet(self, day, document, product):
        return self.env._("Gone quiet: neither bought nor in touch since %s", day)

    def _describe_reorder(self, day, document, product):
        return self.env._("Next order is due; the last one was on %s", day)

    def _describe_cycle(self, day, document, product):
        return self.env._(
            "%(product)s needs replacing, delivered %(day)s",
            product=product.display_name,
            day=day,
        )

    def _describe_term(self, day, document, product):
        return self.env._(
            "Contract or warranty ends: %(product)s, delivered %(day)s",
            product=product.display_name,
            day=day,
        )

    def _describe_companion(self, day, document, product):
        return self.env._("%s goes with what they bought", product.display_name)

    def _describe_rising(self, day, document, product):
        return self.env._("Buys more than before, since %s", day)

    def _describe_anniversary(self, day, document, product):
        return self.env._("Trading anniversary: customer since %s", day)

    def _describe_yearly(self, day, document, product):
        return self.env._("Once a year: %s", self.name)


class ContinuityFollowupOccurrence(models.Model):
    _inherit = "continuity.followup.occurrence"

    def _tell_why(self, user=None):
        """Return the reasons of these rows as one text, the one the contact was
        planned for first.

        :param user: ``res.users`` in whose language; that of the context without
        :rtype: str
        """
        reasons = self.with_context(lang=user.sudo().lang) if user else self
        reasons = reasons.sorted(
            lambda row: (
                row.touchpoint_id.origin_id != row.id,
                row.date_due,
                row.id,
            )
        )
        return "; ".join(dict.fromkeys(reasons.mapped("why")))

    def _touchpoint_reasons(self, touchpoints):
        """Tell the reasons from the facts, but for contacts that were called off: their
        reasons have gone on to other contacts."""
        touchpoints = touchpoints.filtered(lambda t: t.state != "cancelled")
        # The contacts of one occurrence's further steps share its reasons.
        together = touchpoints | self._search_steps(touchpoints)
        rows = self.sudo().search(
            [("touchpoint_id", "in", together.ids), ("state", "in", TOLD)]
        )
        reasons = rows.grouped(lambda row: row.touchpoint_id.origin_id)
        return {
            touchpoint.id: reasons[touchpoint.origin_id]._tell_why()
            for touchpoint in touchpoints
            if touchpoint.origin_id in reasons
        }
