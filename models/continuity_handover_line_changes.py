"""Who changes what on a customer of a plan, and when."""

from odoo import Command, api, models
from odoo.exceptions import AccessError, UserError, ValidationError

# What those who visit arrange among themselves.
APPOINTMENT = {"contact_ids", "date_visit", "invite_customer"}
# How a customer is told and visited; also while the plan is carried out.
ARRANGED = {
    "manager_attends",
    "advice",
    "contact_ids",
    "date_visit",
    "invite_customer",
    "letter_template_id",
    "tell_when",
    "hold_until",
    "introduce_in_writing",
}
# Who may change what on a line of a plan that is no longer a draft. The manager
# overrules line by line until the plan is approved (H3).
MANAGER_FIELDS = {
    "submitted": ARRANGED | {"mode", "successor_id", "excluded", "exclude_reason"},
    "approved": ARRANGED,
    "running": ARRANGED,
}
PARTICIPANT_FIELDS = {
    "approved": APPOINTMENT,
    "running": APPOINTMENT,
}
# What the touchpoint of the visit has to hear of.
VISIT_FIELDS = {"date_visit", "manager_attends", "contact_ids", "invite_customer"}


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(self._with_customers(vals_list))
        lines._check_draft_author()
        lines._check_subjects()
        lines.sudo()._take_snapshot()
        return lines

    @api.model
    def _with_customers(self, vals_list):
        """Return values in which contacts are replaced by their customers."""
        ids = {vals["partner_id"] for vals in vals_list if vals.get("partner_id")}
        partners = self.env["res.partner"].sudo().browse(ids)
        customers = {p.id: p.commercial_partner_id.id for p in partners}
        return [
            {**vals, "partner_id": customers[vals["partner_id"]]}
            if vals.get("partner_id")
            else vals
            for vals in vals_list
        ]

    def _take_snapshot(self):
        """Keep names, relationship and tier as they are now. With the rights of the
        app: whoever drafts for a colleague may not see the relationship itself."""
        for line in self.filtered("lead_id"):
            line.deal_name = line.lead_id.name
        relationship_model = self.env["continuity.relationship"]
        for company, lines in self.filtered("partner_id").grouped("company_id").items():
            relationships = relationship_model._ensure(company, lines.partner_id)
            by_partner = relationships.grouped("partner_id")
            unseen = self.env["continuity.handover"]._find_unseen(
                lines.partner_id, lines.leaver_id, company
            )
            for line in lines:
                relationship = by_partner[line.partner_id.commercial_partner_id]
                line.relationship_id = relationship
                line.tier_id = line.partner_id not in unseen and relationship.tier_id

    def write(self, vals):
        if not self.env.su:
            self.check_access("write")
            self._check_editable(vals)
        [vals] = self._with_customers([vals])
        if "partner_id" in vals:
            # The people of another customer are nobody to meet here.
            vals = {"contact_ids": [Command.clear()], **vals}
        result = super().write(vals)
        if {"partner_id", "lead_id", "leaver_id"}.intersection(vals):
            self._check_subjects()
            self.sudo()._take_snapshot()
        if VISIT_FIELDS.intersection(vals):
            self._update_visits(vals)
        return result

    def _check_subjects(self):
        """Refuse customers and deals that are none of the predecessor's and that the
        user cannot see either: a line tells the name of a deal and the tier.

        :raise AccessError: naming the first one
        """
        if self.env.su:
            return
        for plan, lines in self.grouped("handover_id").items():
            company = plan.company_id
            customers, deals = plan.sudo()._find_customers(lines.leaver_id, company)
            visible = self.env["continuity.relationship"].search(
                [
                    ("partner_id", "in", lines.partner_id.ids),
                    ("company_id", "=", company.id),
                ]
            )
            readable_leads = lines.lead_id._filtered_access("read")
            for line in lines:
                partner, lead = line.partner_id, line.lead_id
                known = partner.id in customers[line.leaver_id.id]
                deal = lead.id in deals[line.leaver_id.id]
                if partner and not (known or partner in visible.partner_id):
                    self._refuse_subject(line, partner.display_name)
                elif lead and not (deal or lead in readable_leads):
                    self._refuse_subject(line, self.env._("This deal"))

    def _refuse_subject(self, line, name):
        raise AccessError(
            self.env._(
                "%(name)s is nothing %(leaver)s works on in %(company)s.",
                name=name,
                leaver=line.leaver_id.name,
                company=line.handover_id.company_id.name,
            )
        )

    @api.constrains("contact_ids", "partner_id")
    def _check_contacts(self):
        for line in self.sudo():
            strangers = line.contact_ids.filtered(
                lambda p, x=line: p.commercial_partner_id != x.partner_id
            )
            if strangers:
                raise ValidationError(
                    self.env._(
                        "%(person)s does not belong to %(customer)s: name somebody of "
                        "the customer.",
                        person=strangers[0].display_name,
                        customer=line.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _check_draft_author(self):
        """Lines come and go with the draft, by the hand of its authors."""
        if not self.env.su:
            self.handover_id._check_state("draft")
            self.handover_id._check_author()

    def _check_editable(self, vals):
        """Refuse changes that do not fit the state of the plan and the user's role.

        :raise UserError: when the plan is past the state this can be changed in
        :raise AccessError: when only a manager may change it
        """
        # Items have checks of their own, see continuity.handover.check.
        names = set(vals) - {"check_ids"}
        for line in self.sudo():
            state = line.plan_state
            if not names:
                continue
            if vals.get("handover_id", line.handover_id.id) != line.handover_id.id:
                raise UserError(
                    self.env._("A line stays in its plan: add the customer there.")
                )
            if state == "draft":
                line.handover_id.with_env(self.env)._check_author()
                continue
            if line.state != "open" or not names <= MANAGER_FIELDS.get(state, set()):
                raise UserError(
                    self.env._(
                        "%(plan)s is past that point: take it back to draft to "
                        "change “%(line)s”.",
                        plan=line.handover_id.name,
                        line=line.display_name,
                    )
                )
            if line.handover_id._may_manage():
                continue
            is_participant = self.env.user in line.leaver_id | line.successor_id
            if not is_participant or not names <= PARTICIPANT_FIELDS.get(state, set()):
                raise AccessError(
                    self.env._(
                        "Only an approver of %s or a manager can change this now.",
                        line.handover_id.name,
                    )
                )
