from odoo import Command, api, fields, models
from odoo.exceptions import UserError

FOUND_LINES = 500


class ContinuityFactoringAssign(models.TransientModel):
    """Assign receivables of invoices, whole or in part, under a running agreement."""

    _name = "continuity.factoring.assign"
    _description = "Assign to the Factor"
    _inherit = ["continuity.guarded.mixin"]

    _guarded_fields = frozenset({"agreement_ids", "move_ids"})

    factoring_id = fields.Many2one(
        "continuity.factoring",
        string="Agreement",
        required=True,
        ondelete="cascade",
        domain="[('id', 'in', agreement_ids)]",
    )
    agreement_ids = fields.Many2many(
        "continuity.factoring",
        "continuity_factoring_assign_agreement_rel",
        string="Agreements in Question",
        readonly=True,
    )
    move_ids = fields.Many2many(
        "account.move",
        "continuity_factoring_assign_move_rel",
        string="Invoices",
        readonly=True,
    )
    line_ids = fields.One2many(
        "continuity.factoring.assign.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        string="Receivables",
    )

    @api.model
    def _open_for(self, moves, agreement=None):
        """Return the action that asks how much of invoices is assigned.

        :param moves: ``account.move``
        :param agreement: ``continuity.factoring``; the running one that covers their
            customers without
        :rtype: dict
        :raise AccessError: for who does not keep the agreement's accounts
        :raise UserError: when no agreement covers all of them, or there are too many
        """
        moves.check_access("read")
        agreements = agreement or moves._continuity_agreements()
        if not agreements:
            raise UserError(
                self.env._(
                    "No running agreement covers %s: add the customer to one, or "
                    "choose other invoices.",
                    ", ".join(moves.commercial_partner_id[:5].mapped("display_name")),
                )
            )
        agreements._check_may_account()
        if len(moves) > FOUND_LINES:
            raise UserError(
                self.env._("Choose %s invoices at most at a time.", FOUND_LINES)
            )
        # Who may do it for which invoices was checked above; no client names them.
        wizard = self.sudo().create(
            {
                "agreement_ids": [Command.set(agreements.ids)],
                "factoring_id": agreements[0].id,
                "move_ids": [Command.set(moves.ids)],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Assign to the Factor"),
        }

    def _check_may_assign(self):
        """Refuse assigning by people who do not keep the agreement's accounts, and of
        invoices they may not read.

        :raise AccessError: for anybody else
        """
        for wizard in self:
            wizard.move_ids.check_access("read")
            wizard.factoring_id._check_may_account()

    @api.depends("factoring_id", "move_ids")
    def _compute_line_ids(self):
        today = fields.Date.context_today(self)
        for wizard in self:
            commands = [Command.clear()]
            if wizard.factoring_id:
                # A client may write the agreement, and stored fields are computed
                # with the app's rights.
                wizard.sudo(False)._check_may_assign()
                agreement = wizard.factoring_id._origin
                # Entries of invoices the user may read, see the check.
                lines = wizard.move_ids._origin.sudo()._continuity_open_receivables()
                refused = agreement._assignment_refusals(lines, today)
                commands += [
                    Command.create(
                        {
                            "move_line_id": line.id,
                            "refusal": refused.get(line, False),
                            "amount": 0
                            if line in refused
                            else line.amount_residual_currency,
                        }
                    )
                    for line in lines.sorted(lambda x: (x.date_maturity or today, x.id))
                ]
            wizard.line_ids = commands

    def action_assign(self):
        """Assign the amounts entered; receivables with nothing entered stay ours.

        :raise AccessError: for who does not keep the agreement's accounts
        :raise UserError: naming what cannot be assigned and why, or for nothing
        """
        self.ensure_one()
        self._check_may_assign()
        chosen = self.line_ids.filtered(lambda line: line.amount and not line.refusal)
        if not chosen:
            raise UserError(self.env._("Enter how much is assigned of a receivable."))
        # Entries of the invoices checked above, whatever a client wrote since.
        entries = chosen.sudo().move_line_id
        if entries.move_id - self.sudo().move_ids:
            raise UserError(self.env._("Assign receivables of these invoices only."))
        self.factoring_id._assign(
            entries,
            amounts={line.sudo().move_line_id: line.amount for line in chosen},
        )
        return {"type": "ir.actions.act_window_close"}


class ContinuityFactoringAssignLine(models.TransientModel):
    """One receivable that may be assigned, and how much of it."""

    _name = "continuity.factoring.assign.line"
    _description = "Receivable to Assign"
    _inherit = ["continuity.guarded.mixin"]

    _guarded_fields = frozenset({"wizard_id", "move_line_id", "refusal"})

    wizard_id = fields.Many2one(
        "continuity.factoring.assign", required=True, index=True, ondelete="cascade"
    )
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Receivable",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    currency_id = fields.Many2one(related="move_line_id.currency_id")
    date_maturity = fields.Date(related="move_line_id.date_maturity")
    open_amount = fields.Monetary(
        related="move_line_id.amount_residual_currency", string="Open Amount"
    )
    refusal = fields.Char(string="Why Not Assigned", readonly=True)
    amount = fields.Monetary(string="To Assign")


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_continuity_assign_part(self):
        """Ask how much of the open receivables of invoices is assigned.

        :rtype: dict
        """
        agreement = self.env["continuity.factoring"].browse(
            self.env.context.get("continuity_factoring_id")
        )
        # Only a proposal: who may do it is checked for the agreement opened.
        return self.env["continuity.factoring.assign"]._open_for(
            self, agreement.exists()
        )
