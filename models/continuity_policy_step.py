from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ContinuityPolicyStep(models.Model):
    """One step of the contact policy of a tier for a purpose.

    The policy of a tier is the ordered list of its steps: which channels satisfy
    each, how many days after the first one it is due, whether it is required and
    whether the manager takes part. Processes add their purpose, and segments
    where they have any, with ``selection_add``; the kernel knows none by name.
    """

    _name = "continuity.policy.step"
    _description = "Contact Policy Step"
    _order = "purpose, tier_sequence, segment, sequence, id"

    name = fields.Char(compute="_compute_name")
    purpose = fields.Selection([], required=True, index=True)
    tier_id = fields.Many2one(
        "continuity.tier", required=True, ondelete="cascade", index=True
    )
    tier_sequence = fields.Integer(
        related="tier_id.sequence", store=True, string="Tier Sequence"
    )
    segment = fields.Selection(
        [],
        help="Leave empty for every customer of the tier; a step for one segment "
        "is taken before those without a segment.",
    )
    sequence = fields.Integer(default=10)
    channel_ids = fields.Many2many(
        "continuity.channel",
        string="Channels",
        required=True,
        help="Any one of these satisfies the step.",
    )
    channel_id = fields.Many2one(
        "continuity.channel",
        string="Proposed Channel",
        compute="_compute_channel_id",
        store=True,
        readonly=False,
        ondelete="set null",
        domain="[('id', 'in', channel_ids)]",
        help="The one of them that is tried first.",
    )
    offset_days = fields.Integer(
        string="After (days)",
        help="Calendar days after the purpose arises, e.g. after the plan starts.",
    )
    required = fields.Boolean(
        default=True, help="The purpose is not fulfilled before this step is done."
    )
    manager_attends = fields.Boolean(
        help="The manager's presence is proposed. Whether they come stays their "
        "decision."
    )

    _offset_positive = models.Constraint(
        "CHECK(offset_days >= 0)", "A step cannot be due before its purpose arises."
    )

    @api.depends("channel_ids")
    def _compute_channel_id(self):
        for step in self:
            if step.channel_id not in step.channel_ids:
                step.channel_id = step.channel_ids[:1]

    @api.depends("channel_ids.name")
    def _compute_name(self):
        for step in self:
            step.name = " / ".join(step.channel_ids.mapped("name"))

    # The tier stands for creation: an absent many2many alone triggers nothing.
    @api.constrains("channel_ids", "tier_id")
    def _check_channels(self):
        if any(not step.channel_ids for step in self):
            raise ValidationError(
                self.env._("Choose at least one channel for each step of the policy.")
            )

    def _ordered_channels(self):
        """Return the channels of one step, the proposed one first."""
        self.ensure_one()
        return (self.channel_id & self.channel_ids) | self.channel_ids

    @api.model
    def _steps_for(self, purpose, tier, segment=False):
        """Return the steps one customer is owed.

        :param str purpose: technical value of :attr:`purpose`
        :param tier: the customer's ``continuity.tier``
        :param str segment: value of :attr:`segment`, or False
        :return: steps in the order they are to be taken
        :rtype: continuity.policy.step
        """
        steps = self.search(
            [
                ("purpose", "=", purpose),
                ("tier_id", "=", tier.id),
                ("segment", "in", [segment, False] if segment else [False]),
            ]
        )
        return steps.sorted(lambda step: (not step.segment, step.sequence, step.id))
