from odoo import api, fields, models

# What the report of an aftercare contact says.
AFTERCARE_FIELDS = ("returning", "recommended_as", "recommended_whom")


class ContinuityTouchpoint(models.Model):
    """What came of an aftercare contact besides having reached the customer (D10)."""

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset(AFTERCARE_FIELDS)

    returning = fields.Boolean(
        string="Wants to Work with Us Again",
        readonly=True,
        help="The customer would come back: to a branch that goes on, a product line, "
        "or the new business of one of our people.",
    )
    recommended_as = fields.Selection(
        [("customer", "Customer"), ("investor", "Investor"), ("partner", "Partner")],
        readonly=True,
        help="What somebody the customer named, or the customer, could become.",
    )
    recommended_whom = fields.Char(readonly=True)

    @api.model
    def _remembered_fields(self):
        return (*super()._remembered_fields(), *AFTERCARE_FIELDS)


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _aftercare_figures(self):
        """Return what came of the aftercare of one campaign.

        :return: dicts of ``days`` (after the last service), ``planned``, ``reached``
            (contacts), ``returning`` (customers), ``recommended``: tuples (label,
            number); by days
        :rtype: list[dict]
        """
        self.ensure_one()
        touchpoints = self.env["continuity.touchpoint"].sudo()
        contacts = touchpoints.search(
            [
                ("origin_model", "=", self.customer_ids._name),
                ("origin_id", "in", self.sudo().customer_ids.ids),
                ("purpose", "=", "aftercare"),
                ("state", "!=", "cancelled"),
            ]
        )
        steps = self.env["continuity.policy.step"].browse(
            {int(t.occurrence.partition(":")[2]) for t in contacts}
        )
        days = {step.id: step.offset_days for step in steps.exists()}
        labels = touchpoints._fields["recommended_as"]._description_selection(self.env)
        result = []
        for offset, some in sorted(
            contacts.grouped(
                lambda t: days.get(int(t.occurrence.partition(":")[2]), 0)
            ).items()
        ):
            roles = some.mapped("recommended_as")
            result.append(
                {
                    "days": offset,
                    "planned": len(some),
                    "reached": len(some.filtered(lambda t: t.state == "done")),
                    "returning": len(some.filtered("returning").partner_id),
                    "recommended": [
                        (label, roles.count(role))
                        for role, label in labels
                        if role in roles
                    ],
                }
            )
        return result
