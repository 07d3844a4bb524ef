from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Purchases on record from which on a customer has a rhythm of their own.
RHYTHM_PURCHASES = 3
# Shorter reorder intervals are daily business, not something to call about.
RHYTHM_DAYS = 14
# So many times their own interval without a sign of life is out of it.
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
                "COALESCE(%s AND %s <= %s, FALSE)",
                self._rhythm_sql(alias),
                self._quiet_day_sql(alias, QUIET_FACTOR),
                today,
            )
        )

    @api.model
    def _rhythm_sql(self, alias):
        """Return the condition that a customer has a rhythm of their own.

        :param str alias: of the table of relationships
        :rtype: SQL
        """
        return SQL(
            "%s >= %s AND %s >= %s",
            SQL.identifier(alias, "purchase_count"),
            RHYTHM_PURCHASES,
            SQL.identifier(alias, "reorder_interval"),
            RHYTHM_DAYS,
        )

    @api.model
    def _last_sign_sql(self, alias):
        """Return the day a customer last bought or was in touch."""
        return SQL(
            "GREATEST(%s, %s)",
            SQL.identifier(alias, "last_purchase_date"),
            SQL.identifier(alias, "last_contact_date"),
        )

    @api.model
    def _quiet_day_sql(self, alias, factor):
        """Return the day from which on a customer counts as gone quiet.

        :param float factor: how many times their own interval may pass
        """
        return SQL(
            "%s + CEIL(%s * %s::numeric)::int",
            self._last_sign_sql(alias),
            SQL.identifier(alias, "reorder_interval"),
            factor,
        )
