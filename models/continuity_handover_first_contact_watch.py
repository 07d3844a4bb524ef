"""Watching the clocks of the first contact (H9): the manager hears once of each
customer who waits longer.
"""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .continuity_handover_undo import NAMED, UNDO_STATES


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    first_contact_late_count = fields.Integer(
        compute="_compute_first_contact_late_count", string="First Contacts Late"
    )

    @api.depends("line_ids.first_contact_due", "line_ids.first_contact_on")
    def _compute_first_contact_late_count(self):
        for plan in self:
            late = plan.line_ids.filtered(lambda x: x.first_contact_state == "late")
            plan.first_contact_late_count = len(late)

    def action_view_late_first_contacts(self):
        """Open the customers of this plan whose first contact is late."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_first_contact"
        )
        action["domain"] = [("handover_id", "=", self.id)]
        action["context"] = {"search_default_late": 1}
        return action

    @api.model
    def _cron_first_contacts(self):
        """Note the first contacts that came about, and bring late ones to the manager;
        one plan at a time."""
        waiting = self.env["continuity.handover.line"].sudo()
        plans = self.sudo().search(
            [
                ("state", "in", UNDO_STATES),
                ("line_ids", "any", waiting._domain_waiting_for_contact()),
            ],
            order="id",
        )
        plans._run_each(lambda plan: plan._watch_first_contacts())

    def _watch_first_contacts(self):
        """Bring the clocks of one plan up to date; nothing on no plan."""
        for plan in self:
            lines = self.env["continuity.handover.line"].search(
                Domain("handover_id", "=", plan.id)
                & self.env["continuity.handover.line"]._domain_waiting_for_contact()
            )
            lines._note_first_contacts()
            today = plan.company_id._continuity_now().date()
            late = lines.filtered(
                lambda x, today=today: (
                    not x.first_contact_on
                    and x.first_contact_due < today
                    and not x.first_contact_escalated_on
                )
            )
            plan._escalate_first_contacts(late, today)

    def _escalate_first_contacts(self, lines, today):
        """Give the manager one to-do on customers whose first contact is late, each
        named once.

        :raise UserError: when nobody manages the plan any more
        """
        self.ensure_one()
        by_manager = defaultdict(lines.browse)
        for successor, own in lines.grouped("successor_id").items():
            manager = self.manager_id
            # A successor is not asked to watch themself.
            if manager == successor or not manager._is_continuity_colleague(
                self.company_id
            ):
                manager = successor._continuity_manager(self.company_id)
            if not manager:
                raise UserError(
                    self.env._(
                        "Nobody manages %s: name a leader of the sales team.",
                        successor.name,
                    )
                )
            by_manager[manager] |= own
        for manager, own in by_manager.items():
            names = [
                f"{line.display_name} ({line.successor_id.name})"
                for line in own.sorted("first_contact_due")
            ]
            further = len(names) - NAMED
            self._remind(
                manager,
                lambda env, own=own: env._(
                    "First contact is late with %s customers", len(own)
                ),
                "\n".join(names[:NAMED] + ([f"+ {further}"] if further > 0 else [])),
            )
            own.first_contact_escalated_on = today
