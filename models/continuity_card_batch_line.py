from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .continuity_card_batch import GIFTS


class ContinuityCardBatchLine(models.Model):
    """One customer who gets a card or a gift."""

    _name = "continuity.card.batch.line"
    _description = "Customer in a Card Batch"
    _inherit = ["continuity.subject.mixin", "continuity.guarded.mixin"]
    _order = "batch_id, id"

    _guarded_fields = frozenset(
        {"company_id", "relationship_id", "tier_id", "touchpoint_id", "touchpoint_ids"}
    )

    batch_id = fields.Many2one(
        "continuity.card.batch", required=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(related="batch_id.state")
    company_id = fields.Many2one(
        related="batch_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(required=True)
    contact_id = fields.Many2one(
        "res.partner",
        string="Addressed To",
        ondelete="set null",
        index="btree_not_null",
        domain="[('id', 'child_of', partner_id)]",
    )
    left_out = fields.Boolean(help="Gets nothing this time.")
    address = fields.Text(compute="_compute_address")
    problem = fields.Char(
        compute="_compute_problem", help="Why this customer gets nothing."
    )
    touchpoint_id = fields.Many2one(
        "continuity.touchpoint",
        string="Contact",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _batch_partner_uniq = models.Constraint(
        "UNIQUE(batch_id, partner_id)", "A customer gets one card of a batch."
    )

    @api.depends("partner_id", "contact_id", "company_id")
    def _compute_address(self):
        for line in self:
            recipient = line.contact_id or line.partner_id
            if not recipient:
                line.address = False
                continue
            person = recipient if not recipient.is_company else recipient.browse()
            lang = recipient.lang or line.partner_id.lang or self.env.lang or "en_US"
            recipient = recipient.with_company(line.company_id)
            line.address = recipient._continuity_postal_address(person, lang)

    @api.depends(
        "partner_id",
        "contact_id",
        "batch_id.kind",
        "batch_id.date_post",
        "batch_id.company_id",
    )
    @api.depends_context("lang", "uid")
    def _compute_problem(self):
        """List what speaks against it; the address the postman needs first."""
        # Only of customers the user may see: a reason may tell of a complaint.
        rows = self.env["continuity.relationship"].search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.batch_id.company_id.ids),
            ]
        )
        refusals = rows.sudo()._contact_refusals(False)
        by_pair = {(r.partner_id, r.company_id): refusals.get(r.id) for r in rows}
        for line in self:
            customer = line.partner_id.sudo()
            recipient = line.contact_id or line.partner_id
            batch = line.batch_id
            problems = []
            if not (recipient.street and (recipient.zip or recipient.city)):
                problems.append(self.env._("No complete address"))
            people = customer | line.contact_id.sudo()
            until = max(
                filter(None, people.mapped("continuity_mourning_until")), default=None
            )
            if batch.kind == "newyear" and until and until >= batch.date_post:
                problems.append(self.env._("In mourning"))
            if batch.kind in GIFTS and any(people.mapped("continuity_no_gifts")):
                problems.append(self.env._("Declines gifts"))
            if reason := by_pair.get((line.partner_id, batch.company_id)):
                problems.append(reason)
            line.problem = "; ".join(problems)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_draft()
        lines._take_snapshot()
        return lines

    def write(self, vals):
        if not self.env.su:
            self._check_draft()
        result = super().write(vals)
        if not self.env.su and "partner_id" in vals:
            self._take_snapshot()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_owed(self):
        self._check_draft()

    def _check_draft(self):
        if any(line.batch_id.state != "draft" for line in self):
            raise UserError(
                self.env._("Who gets a card is decided: go back to the draft first.")
            )

    def _take_snapshot(self):
        """Note the relationship; only of customers the user may see.

        :raise AccessError: for a customer of somebody else
        """
        for company, lines in self.grouped("company_id").items():
            relationships = self.env["continuity.relationship"]._ensure(
                company, lines.partner_id
            )
            relationships.check_access("read")
            by_partner = {r.partner_id: r for r in relationships.sudo()}
            for line in lines:
                relationship = by_partner.get(line.partner_id.commercial_partner_id)
                if not relationship:
                    raise UserError(
                        self.env._(
                            "%(partner)s is no customer of %(company)s.",
                            partner=line.partner_id.display_name,
                            company=company.name,
                        )
                    )
                line.sudo().write(
                    {
                        "relationship_id": relationship.id,
                        "tier_id": relationship.tier_id.id,
                        # A card settles a contact of the same customer only.
                        "touchpoint_id": False,
                    }
                )

    # === CARDS === #

    def _plan_touchpoints(self):
        """Owe these customers their card, unless they are owed one already."""
        channel = self.batch_id._channel()
        missing = self.filtered(lambda line: not line.touchpoint_id)
        touchpoints = self.env["continuity.touchpoint"]._plan(
            [
                line._prepare_touchpoint_values(
                    "card",
                    channel,
                    name=line.batch_id.name,
                    user_id=line.batch_id.user_id.id,
                    contact_ids=[Command.set(line.contact_id.ids)],
                    date_due=line.batch_id.date_post,
                )
                for line in missing
            ]
        )
        for line, touchpoint in zip(missing, touchpoints, strict=True):
            line.sudo().touchpoint_id = touchpoint

    def _post(self):
        """Record on each contact that is still open that its card was posted."""
        self._plan_touchpoints()
        touchpoints = self.touchpoint_id
        is_open = touchpoints.filtered_domain(touchpoints._domain_open())
        by_channel = is_open.filtered(
            lambda t: self.batch_id._channel() in t.sudo().channel_ids
        )
        if by_channel:
            by_channel.log_attempt("posted", channel_id=self.batch_id._channel().id)
            by_channel._refresh_relationships()
