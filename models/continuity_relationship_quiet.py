from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# From so many purchases on a customer has a rhythm; so many times its own interval
# without another one is out of it.
RHYTHM_PURCHASES = 3
QUIET_FACTOR = 1.5


class ContinuityRelationship(models.Model):
    """Who has gone quiet against their own rhythm (F4)."""

    _inherit = "continuity.relationship"

    gone_quiet = fields.Boolean(
        compute="_compute_gone_quiet",
        search="_search_gone_quiet",
        help="Bought regularly, and has neither bought nor been in touch for one and a "
        "half times their usual interval.",
    )

    @api.depends("last_purchase_date", "last_contact_date", "reorder_interval")
    def _compute_gone_quiet(self):
        quiet = self.search([("id", "in", self.ids), ("gone_quiet", "=", True)])
        for relationship in self:
            relationship.gone_quiet = relationship in quiet

    @api.model
    def _search_gone_quiet(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                """COALESCE(%(purchases)s >= %(least)s AND %(interval)s > 0
                   AND GREATEST(%(bought)s, %(spoken)s)
                     + CEIL(%(interval)s * %(factor)s)::int < %(today)s, FALSE)""",
                purchases=SQL.identifier(alias, "purchase_count"),
                interval=SQL.identifier(alias, "reorder_interval"),
                bought=SQL.identifier(alias, "last_purchase_date"),
                spoken=SQL.identifier(alias, "last_contact_date"),
                least=RHYTHM_PURCHASES,
                factor=QUIET_FACTOR,
                today=today,
            )
        )
