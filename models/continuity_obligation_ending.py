"""How obligations end: settled, decided by name, or open again."""

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .continuity_obligation import OPEN_CAMPAIGN_STATES


class ContinuityObligation(models.Model):
    _inherit = "continuity.obligation"

    def action_settle(self):
        """Record that typed obligations have ended.

        :raise UserError: for those the books keep, without the customer's acceptance
            of an export, and for refunds while the claim period bars them
        """
        self._check_may_arrange()
        rows = self.filtered(lambda row: row.state != "settled")
        for row in rows:
            if row.origin_id:
                raise UserError(
                    self.env._(
                        "“%(item)s” ends when its document does (%(document)s): enter "
                        "the delivery, the invoice or the payment there. If it ends "
                        "otherwise, decide it with a reason.",
                        item=row.description,
                        document=row.origin_name,
                    )
                )
            if row.kind == "export_help" and not (row.accepted_on and row.accepted_by):
                raise UserError(
                    self.env._(
                        "Helping to export data ends when the customer says that it "
                        "works: enter who accepted “%s”, and when.",
                        row.description,
                    )
                )
        rows._check_refund_bar()
        rows.sudo().write(
            {
                "state": "settled",
                "settled_on": fields.Date.context_today(self),
                "settled_by_id": self.env.uid,
            }
        )

    def action_decide(self):
        """Ask for the reason of a decision on these obligations."""
        return self.env["continuity.reason.wizard"]._open(self, "decide_obligation")

    def _decide(self, reason):
        """Decide by name how open obligations end that their documents do not settle.

        :param str reason: how, and why that is right for the customer
        :raise AccessError: unless an author or who decides on the campaign
        :raise UserError: without a reason or how it ends, and for refunds while the
            claim period bars them
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say how it ends, and why."))
        self.check_access("read")
        for campaign in self.dissolution_id:
            campaign._check_state(*OPEN_CAMPAIGN_STATES)
            campaign._check_author()
        if settled := self.filtered(lambda row: row.state == "settled"):
            raise UserError(
                self.env._("“%s” is settled already.", settled[0].description)
            )
        if unclear := self.filtered(lambda row: not row.resolution):
            raise UserError(
                self.env._(
                    "Choose how it ends first: %s.",
                    ", ".join(unclear.mapped("description")),
                )
            )
        self._check_refund_bar()
        for row in self.sudo():
            row.write(
                {
                    "state": "decided",
                    "decision": reason,
                    "decided_by_id": self.env.uid,
                    "decided_on": fields.Datetime.now(),
                    "decided_amount": row.amount,
                    "decided_quantity": row.quantity,
                }
            )

    def action_reopen(self):
        """Take a decision, or that a typed obligation has ended, back."""
        self._check_may_arrange()
        for row in self.filtered(lambda row: row.state != "open"):
            if row.settled_by_document:
                raise AccessError(
                    self.env._(
                        "The books say that “%s” has ended: correct the document.",
                        row.description,
                    )
                )
            row.sudo().write(
                {
                    "state": "open",
                    "settled_on": False,
                    "settled_by_id": False,
                    "decision": False,
                    "decided_by_id": False,
                    "decided_on": False,
                }
            )

    def _check_refund_bar(self):
        """Refuse to settle by a refund what the claim period still bars.

        :raise UserError: naming the article and the day
        """
        for row in self.sudo().filtered(lambda row: row.resolution == "refund"):
            if bar := row.dissolution_id._payment_bar_message():
                raise UserError(bar)
