import hashlib

from odoo import api, fields, models


class ContinuityFactoringList(models.TransientModel):
    """What is assigned under an agreement at the end of a day, as CSV for the factor.

    The check sum of each list handed out is kept on the agreement: both sides can
    tell later whether a file is the one that was sent.
    """

    _name = "continuity.factoring.list"
    _description = "List of Assigned Receivables"
    _inherit = ["continuity.register.mixin"]

    name = fields.Char(default=lambda self: self.env._("Assigned receivables"))
    factoring_id = fields.Many2one(
        "continuity.factoring", string="Agreement", required=True, ondelete="cascade"
    )
    day = fields.Date(
        string="At the End Of", required=True, default=fields.Date.context_today
    )

    @api.model
    def _columns(self):
        return [
            self.env._("Customer"),
            self.env._("Invoice"),
            self.env._("Invoice Date"),
            self.env._("Due Date"),
            self.env._("Assigned On"),
            self.env._("Currency"),
            self.env._("Assigned"),
            self.env._("Open Amount"),
            self.env._("Disputed"),
            self.env._("News"),
        ]

    def _rows(self):
        """Return one row per receivable, by customer and invoice."""
        self.ensure_one()
        assignments = self.env["continuity.factoring.assignment"]
        day = fields.Date.to_string
        return [
            [
                assignment.partner_id.display_name or "",
                assignment.move_id.name or "",
                day(assignment.invoice_date) or "",
                day(assignment.date_maturity) or "",
                day(assignment.assigned_on),
                assignment.currency_id.name,
                self._figure(assignment.currency_id, assignment.amount),
                self._figure(assignment.currency_id, open_amount),
                assignment._disputed_on(self.day) and assignment.dispute_reason or "",
                assignment.news or "",
            ]
            for assignment, open_amount in assignments._as_of(
                self.factoring_id, self.day
            ).items()
        ]

    def _figure(self, currency, amount):
        """Return an amount as a spreadsheet of any language reads it."""
        return f"{amount:.{currency.decimal_places}f}"

    def action_csv(self):
        """Hand the list out, and keep its check sum on the agreement."""
        self.ensure_one()
        self.factoring_id._check_may_account()
        agreement, rows = self.factoring_id, self._rows()
        content = self._render_csv(rows)
        # The file itself is kept: payments that are matched later change the list.
        # Who may hand it out was checked above; reading the agreement is enough.
        handed_out = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": f"{agreement.name.replace('/', '-')}-{self.day}.csv",
                    "raw": content,
                    "mimetype": "text/csv",
                    "res_model": agreement._name,
                    "res_id": agreement.id,
                }
            )
        )
        agreement.sudo()._message_log(
            body=self.env._(
                "List of assigned receivables as of %(day)s: %(count)s, SHA-256 "
                "%(sum)s.",
                day=self.day,
                count=len(rows),
                sum=hashlib.sha256(content).hexdigest(),
            ),
            attachment_ids=handed_out.ids,
        )
        return {
            "type": "ir.actions.act_url",
            "target": "download",
            "url": f"/web/content/{handed_out.id}?download=true",
        }
