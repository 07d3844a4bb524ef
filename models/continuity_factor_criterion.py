from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.factor_cost import points_for_cost, points_on_scale

# What earns no point and what earns all of them, unless somebody says otherwise.
SCALES = {
    "cost": (0, 0),
    "recourse": (0, 2),
    "notice": (12, 0),
    "holdback": (50, 0),
    "customers": (1, 5),
    "minimum": (100, 0),
}

# How much of the risk that a customer cannot pay the factor takes over.
RECOURSE = {"full": 0, "limited": 1, "none": 2}


class ContinuityFactorCriterion(models.Model):
    """What counts in one choice of a factor, how much, and how it is scored.

    Cost is compared with the cheapest offer that can be chosen: that one earns 100
    points, one that costs twice as much 50. Everything else has a scale of its own,
    so that the points of one offer do not depend on which others were asked for.

    A new kind needs ``selection_add``, a line in ``SCALES`` and :meth:`_value`.
    """

    _name = "continuity.factor.criterion"
    _description = "Criterion for a Factor"
    _inherit = ["continuity.factor.choice.part"]
    _order = "choice_id, sequence, id"

    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("cost", "All-in cost"),
            ("recourse", "Recourse"),
            ("notice", "Notice period"),
            ("holdback", "Holdback"),
            ("customers", "Treatment of our customers"),
            ("minimum", "Minimum volume"),
        ],
        string="Criterion",
        required=True,
    )
    name = fields.Char(string="Called", help="Leave empty to use the usual name.")
    weight = fields.Float(
        digits=(6, 1), help="How much it counts, compared with the other weights."
    )
    weight_share = fields.Float(
        string="Weight (%)", compute="_compute_weight_share", digits=(6, 1)
    )
    zero_at = fields.Float(
        string="0 Points at",
        compute="_compute_scale",
        store=True,
        readonly=False,
        precompute=True,
        copy=True,
        digits=(6, 1),
        help="Notice in months; holdback in per cent; treatment from 1 to 5; minimum "
        "volume in per cent of what you would assign; recourse from 0 (full) over 1 "
        "(limited) to 2 (none). Exchange both ends to score the other way round.",
    )
    full_at = fields.Float(
        string="100 Points at",
        compute="_compute_scale",
        store=True,
        readonly=False,
        precompute=True,
        copy=True,
        digits=(6, 1),
    )
    scoring = fields.Char(string="How It Is Scored", compute="_compute_scoring")

    _kind_uniq = models.Constraint(
        "UNIQUE(choice_id, kind)", "Each criterion counts once."
    )
    _weight_positive = models.Constraint(
        "CHECK (weight >= 0)", "A weight cannot be negative."
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for criterion in self:
            criterion.display_name = criterion.name or labels.get(criterion.kind, "")

    @api.depends("weight", "choice_id.criterion_ids.weight")
    def _compute_weight_share(self):
        for criterion in self:
            total = sum(criterion.choice_id.criterion_ids.mapped("weight"))
            criterion.weight_share = total and criterion.weight / total * 100

    @api.depends("kind")
    def _compute_scale(self):
        for criterion in self:
            scale = SCALES.get(criterion.kind, (0, 100))
            criterion.zero_at, criterion.full_at = scale

    @api.depends("kind", "zero_at", "full_at")
    @api.depends_context("lang")
    def _compute_scoring(self):
        number = self.env["continuity.factor.choice"]._show_number
        for criterion in self:
            if criterion.kind == "cost":
                criterion.scoring = self.env._(
                    "100 points for the cheapest, 50 for twice as much"
                )
                continue
            if criterion.kind == "recourse":
                criterion.scoring = self.env._(
                    "points: full %(full)s, limited %(limited)s, none %(none)s",
                    **{
                        recourse: number(criterion._points_of(value))
                        for recourse, value in RECOURSE.items()
                    },
                )
                continue
            scale = {
                "zero": number(criterion.zero_at),
                "full": number(criterion.full_at),
            }
            if criterion.kind == "notice":
                criterion.scoring = self.env._(
                    "0 points at %(zero)s months, 100 at %(full)s", **scale
                )
            elif criterion.kind == "holdback":
                criterion.scoring = self.env._(
                    "0 points at %(zero)s %%, 100 at %(full)s %%", **scale
                )
            elif criterion.kind == "minimum":
                criterion.scoring = self.env._(
                    "0 points at %(zero)s %% of what is assigned, 100 at %(full)s %%",
                    **scale,
                )
            else:
                criterion.scoring = self.env._(
                    "0 points at %(zero)s, 100 at %(full)s", **scale
                )

    # === CONSTRAINT METHODS === #

    @api.constrains("kind", "zero_at", "full_at")
    def _check_scale(self):
        for criterion in self:
            if criterion.kind != "cost" and criterion.zero_at == criterion.full_at:
                raise ValidationError(
                    self.env._(
                        "%s: what earns 0 points cannot earn 100 points as well.",
                        criterion.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    def _value(self, offer):
        """Return what of an offer is scored; an extension adds its own kinds.

        :param offer: ``continuity.factor.offer``
        :return: None where the offer does not say
        :rtype: float | None
        """
        self.ensure_one()
        if self.kind == "cost":
            return offer.total_cost or None
        if self.kind == "recourse":
            return RECOURSE.get(offer.recourse)
        if self.kind == "notice":
            return offer.notice_months
        if self.kind == "holdback":
            return offer.holdback_rate
        if self.kind == "customers":
            return int(offer.treatment) if offer.treatment else None
        volume = offer.choice_id.assigned_volume
        return offer.minimum_volume / volume * 100 if volume else None

    def _points(self, offer, cheapest):
        """Return what an offer earns for this criterion.

        :param offer: ``continuity.factor.offer``
        :param float cheapest: all-in cost of the cheapest offer that can be chosen
        :return: from 0 to 100; 0 where the offer does not say
        :rtype: float
        """
        value = self._value(offer)
        if value is None:
            return 0.0
        if self.kind == "cost":
            return points_for_cost(value, cheapest)
        return self._points_of(value)

    def _points_of(self, value):
        """Return what a value earns on the scale.

        :rtype: float
        """
        self.ensure_one()
        if self.zero_at == self.full_at:
            # Not saved yet: the form will be refused.
            return 0.0
        return points_on_scale(value, self.zero_at, self.full_at)
