from babel.dates import format_skeleton

from odoo import api, fields, models
from odoo.tools import get_lang
from odoo.tools.misc import babel_locale_parse

from .continuity_concern import FORMAL_KINDS, OPEN_STATES

# A complaint is over when it is answered, a letter from a lawyer when it is closed.
HOLDING_UNTIL_CLOSED = FORMAL_KINDS
HOLDING_UNTIL_ANSWERED = ("complaint",)


class ContinuityConcern(models.Model):
    _inherit = "continuity.concern"

    @api.model
    def _courtesy_refusals(self, relationships):
        """Say which customers get no courtesy contacts because of what they raised.

        Whether it holds others back does not depend on who may see the concern.

        :param relationships: ``continuity.relationship``
        :return: reasons for people, by relationship id
        :rtype: dict[int, str]
        """
        concerns = self.sudo().search_fetch(
            [
                ("relationship_id", "in", relationships.ids),
                ("state", "!=", "closed"),
                "|",
                ("kind", "in", HOLDING_UNTIL_CLOSED),
                "&",
                ("kind", "in", HOLDING_UNTIL_ANSWERED),
                ("state", "in", OPEN_STATES),
            ],
            ["relationship_id", "kind", "name", "raised_on"],
            order="raised_on, id",
        )
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        refusals = {}
        for concern in concerns:
            refusals.setdefault(
                concern.relationship_id.id,
                self.env._(
                    "Open: %(kind)s %(reference)s since %(date)s",
                    kind=kinds[concern.kind],
                    reference=concern.name,
                    date=concern._format_day(concern.raised_on),
                ),
            )
        return refusals

    def _format_day(self, moment):
        """Return the day of a moment (UTC) as people say it: 3 March, 3月3日."""
        day = fields.Datetime.context_timestamp(self, moment)
        skeleton = "MMMMd" if day.year == fields.Date.today().year else "yMMMMd"
        locale = babel_locale_parse(get_lang(self.env).code)
        return format_skeleton(skeleton, day, locale=locale)


class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    concern_ids = fields.One2many("continuity.concern", "relationship_id")
    concern_count = fields.Integer(
        string="Open Concerns", compute="_compute_concern_count"
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_concern_count(self):
        counts = self._count_concerns("relationship_id", self)
        for relationship in self:
            relationship.concern_count = counts.get(relationship, 0)

    @api.model
    def _count_concerns(self, name, records):
        """Count the unsettled concerns the user sees, by what they belong to.

        :param str name: field of the concern that points to ``records``
        :rtype: dict
        """
        return dict(
            self.env["continuity.concern"]._read_group(
                [(name, "in", records.ids), ("state", "!=", "closed")],
                [name],
                ["__count"],
            )
        )

    def _contact_refusals(self, purpose, courtesy=True):
        refusals = super()._contact_refusals(purpose, courtesy=courtesy)
        if courtesy:
            concerns = self.env["continuity.concern"]._courtesy_refusals(self)
            refusals = concerns | refusals
        return refusals

    def _repoint_touchpoints(self):
        result = super()._repoint_touchpoints()
        for relationship in self:
            self.env["continuity.concern"].sudo().search(
                [
                    ("relationship_id", "=", relationship.id),
                    ("partner_id", "!=", relationship.partner_id.id),
                ]
            ).partner_id = relationship.partner_id
        return result

    def action_open_concerns(self):
        """Open what this customer raised."""
        self.ensure_one()
        return self.env["continuity.concern"]._action_open(
            [("relationship_id", "=", self.id)], self.partner_id
        )

    def action_log_concern(self):
        """Write down what this customer raised."""
        self.ensure_one()
        return self.env["continuity.concern"]._action_log(
            self.partner_id, self.company_id
        )


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    concern_ids = fields.One2many("continuity.concern", "touchpoint_id")
    concern_count = fields.Integer(
        string="Raised Because of It", compute="_compute_concern_count"
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_concern_count(self):
        counts = self.relationship_id._count_concerns("touchpoint_id", self)
        for touchpoint in self:
            touchpoint.concern_count = counts.get(touchpoint, 0)

    def action_open_concerns(self):
        """Open what the customer raised because of this contact."""
        self.ensure_one()
        return self.env["continuity.concern"]._action_open(
            [("touchpoint_id", "=", self.id)], self.partner_id
        )


class ResPartner(models.Model):
    _inherit = "res.partner"

    continuity_concern_count = fields.Integer(
        string="Open Concerns",
        compute="_compute_continuity_concern_count",
        groups="customer_continuity.group_user",
    )

    @api.depends("commercial_partner_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_continuity_concern_count(self):
        customers = self.commercial_partner_id
        counts = self.env["continuity.relationship"]._count_concerns(
            "partner_id", customers
        )
        for partner in self:
            partner.continuity_concern_count = counts.get(
                partner.commercial_partner_id, 0
            )

    def action_open_continuity_concerns(self):
        """Open what this customer raised."""
        self.ensure_one()
        customer = self.commercial_partner_id
        return self.env["continuity.concern"]._action_open(
            [("partner_id", "=", customer.id)], self
        )

    def action_log_continuity_concern(self):
        """Write down what this customer, or one of its people, raised."""
        self.ensure_one()
        return self.env["continuity.concern"]._action_log(self, self.env.company)
