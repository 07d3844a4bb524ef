"""One digest to each successor, instead of a message per record."""

from collections import defaultdict

from odoo import fields, models
from odoo.tools import SQL

# Customers named in the digest to a successor.
NAMED_CUSTOMERS = 10


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"
    _guarded_fields = frozenset({"successor_informed"})

    successor_informed = fields.Boolean(
        readonly=True, copy=False, help="The line stands in a digest to the successor."
    )

    def _inform_waiting_successors(self):
        """Send the digests of lines the scheduler has moved; those of a successor
        whose other lines are still waiting come with the last of them."""
        cron = self.env["ir.cron"]
        queued = self.search(
            [("state", "=", "queued"), ("handover_id.state", "=", "running")]
        )
        busy = {(line.handover_id, line.successor_id) for line in queued}
        moved = self.search(
            [("state", "=", "moved"), ("successor_informed", "=", False)]
        )
        for key, lines in moved.grouped(
            lambda line: (line.handover_id, line.successor_id)
        ).items():
            if key in busy:
                continue
            # Whoever takes the lines informs; a scheduler beside this one gets none.
            lines = lines.try_lock_for_update(allow_referencing=True)
            lines.filtered(lambda x: not x.successor_informed)._inform_successors()
            cron._commit_progress()

    def _inform_successors(self):
        """Send each successor one message on all they took over, in their language."""
        moved = self.sudo().filtered(
            lambda line: line.state == "moved" and not line.successor_informed
        )
        for (plan, successor), lines in moved.grouped(
            lambda line: (line.handover_id, line.successor_id)
        ).items():
            plan = plan.with_context(lang=successor.lang)
            lines = lines.with_context(lang=successor.lang)
            plan.message_notify(
                subject=plan.env._(
                    "Customers handed over to you: %(count)s (%(plan)s)",
                    count=len(lines),
                    plan=plan.name,
                ),
                body=plan.env["ir.qweb"]._render(
                    "customer_continuity.handover_digest",
                    lines._prepare_digest_values(),
                    minimal_qcontext=True,
                ),
                partner_ids=successor.partner_id.ids,
                email_layout_xmlid="mail.mail_notification_light",
            )
            lines.successor_informed = True

    def _prepare_digest_values(self):
        """Return what the digest to one successor says.

        :return: plan, successor, and per leaver the number and some names of
            customers and the numbers of records by kind
        :rtype: dict
        """
        plan = self.handover_id
        counts = defaultdict(list)
        labels = {mover.model: mover.label for mover in plan._get_movers()}
        for leaver_id, model, count in self.env.execute_query(
            SQL(
                """SELECT old_value_id, model, COUNT(*)
                     FROM continuity_handover_move
                    WHERE line_id = ANY(%s) AND kind = 'write'
                 GROUP BY old_value_id, model""",
                self.ids,
            )
        ):
            counts[leaver_id].append((labels.get(model, model), count))
        return {
            "plan": plan,
            "successor": self.successor_id,
            "leavers": [
                {
                    "name": leaver.name,
                    "customers": lines[:NAMED_CUSTOMERS].mapped("display_name"),
                    "further": max(len(lines) - NAMED_CUSTOMERS, 0),
                    "counts": sorted(counts[leaver.id]),
                }
                for leaver, lines in self.grouped("leaver_id").items()
            ],
        }
