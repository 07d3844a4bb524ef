from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.continuity_handover_reaction import REACTIONS


class ContinuityHandoverReaction(models.TransientModel):
    """Note how a customer took the change of their contact."""

    _name = "continuity.handover.reaction"
    _description = "Customer's Reaction"
    _inherit = ["continuity.readable.links.mixin"]

    line_id = fields.Many2one("continuity.handover.line", required=True, readonly=True)
    reaction = fields.Selection(
        REACTIONS,
        compute="_compute_reaction",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
    )
    words = fields.Text(string="In the Customer's Words")

    @api.depends("line_id")
    def _compute_reaction(self):
        for wizard in self:
            wizard.reaction = wizard.line_id.reaction

    def action_apply(self):
        """Note the reaction.

        :raise AccessError: unless predecessor, successor, approver or manager
        :raise UserError: when none is chosen
        """
        self.ensure_one()
        if not self.reaction:
            raise UserError(self.env._("Say how the customer took it."))
        self.line_id._record_reaction(self.reaction, self.words)
        return {"type": "ir.actions.act_window_close"}


class ContinuityReportContact(models.TransientModel):
    """Asks for the reaction with the report of a contact about a handover."""

    _inherit = "continuity.report.contact"

    asks_reaction = fields.Boolean(compute="_compute_asks_reaction")
    reaction = fields.Selection(REACTIONS, string="Reaction to the Change")
    reaction_words = fields.Text(string="In the Customer's Words")

    @api.depends("touchpoint_id", "outcome")
    def _compute_asks_reaction(self):
        for wizard in self:
            touchpoint = wizard.touchpoint_id
            wizard.asks_reaction = (
                touchpoint.origin_model == "continuity.handover.line"
                and wizard.outcome == "held"
            )

    def action_apply(self):
        result = super().action_apply()
        if self.reaction and self.asks_reaction:
            line = self.env["continuity.handover.line"].browse(
                self.touchpoint_id.origin_id
            )
            line._record_reaction(self.reaction, self.reaction_words)
        return result


class ContinuityHandoverSuccessor(models.TransientModel):
    """Name another successor for one customer: before the cut-over in the same plan,
    afterwards by a new one."""

    _name = "continuity.handover.successor"
    _description = "Name Another Successor"
    _inherit = ["continuity.readable.links.mixin"]

    line_id = fields.Many2one("continuity.handover.line", required=True, readonly=True)
    line_state = fields.Selection(related="line_id.state", string="Status")
    former_id = fields.Many2one(
        related="line_id.successor_id", string="Successor Until Now"
    )
    words = fields.Text(related="line_id.reaction_words")
    successor_id = fields.Many2one(
        "res.users", domain="[('share', '=', False), ('id', '!=', former_id)]"
    )
    reason = fields.Text()

    def action_apply(self):
        """Let the other one take over, or open a new handover.

        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: without a successor or reason, or when it is too late
        """
        self.ensure_one()
        line = self.line_id
        line.handover_id._check_may_manage()
        if not self.successor_id:
            raise UserError(self.env._("Name the successor."))
        if line.state != "moved":
            line._replace_successor(self.successor_id, self.reason)
            return {"type": "ir.actions.act_window_close"}
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_handover_wizard"
        )
        action["context"] = {
            "default_company_id": line.company_id.id,
            "default_leaver_ids": [Command.set(line.successor_id.ids)],
            "default_successor_id": self.successor_id.id,
            "default_internal_reason": self.reason or line.reaction_words,
            "default_only_partner_ids": [Command.set(line.partner_id.ids)],
            "dialog_size": "extra-large",
        }
        return action


class ContinuityHandoverWizard(models.TransientModel):
    _inherit = "continuity.handover.wizard"

    only_partner_ids = fields.Many2many(
        "res.partner",
        "continuity_handover_wizard_only_rel",
        string="Only These Customers",
    )

    def _get_proposals(self):
        proposals = super()._get_proposals()
        if not self.only_partner_ids:
            return proposals
        wanted = set(self.only_partner_ids.ids)
        return [p for p in proposals if p.get("partner_id") in wanted]
