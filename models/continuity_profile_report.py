from odoo import fields, models
from odoo.tools import SQL

from .res_partner import PROFILE_FIELDS


class ContinuityProfileReport(models.Model):
    """How complete the customers' profiles are, by salesperson, all year round (T6).

    One row per customer and required item, as the customers are now: what is missing
    most can be counted beside how many are complete.
    """

    _name = "continuity.profile.report"
    _description = "Profile Completeness"
    _auto = False
    _order = "completeness, relationship_id, item_id"
    _rec_name = "relationship_id"
    _depends = {
        "continuity.relationship": ["partner_id", "company_id", "tier_id", "active"],
        "res.partner": ["user_id", *PROFILE_FIELDS],
        "res.users": ["sale_team_id"],
    }

    relationship_id = fields.Many2one(
        "continuity.relationship", string="Customer", readonly=True
    )
    partner_id = fields.Many2one("res.partner", string="Contact", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    owner_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", readonly=True)
    tier_id = fields.Many2one("continuity.tier", readonly=True)
    item_id = fields.Many2one(
        "continuity.profile.item", string="Required Item", readonly=True
    )
    missing = fields.Integer(
        readonly=True, help="1 where the item is not filled in; summed up, how often."
    )
    completeness = fields.Float(
        string="Profile Complete (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
    )
    customers = fields.Integer(readonly=True, aggregator="count_distinct")
    complete = fields.Integer(
        string="Complete Profiles", readonly=True, aggregator="count_distinct"
    )

    @property
    def _table_query(self):
        companies = self.env.companies.sudo().filtered("continuity_profile_item_ids")
        if not companies:
            return SQL("%s AND FALSE", self._select_of(self.env.company))
        return SQL(" UNION ALL ").join(map(self._select_of, companies))

    def _select_of(self, company):
        """Return the SELECT of one company's customers and required items.

        :rtype: SQL
        """
        relationships = self.env["continuity.relationship"].sudo()
        partners = self.env["res.partner"]
        values = [
            SQL(
                "(%s, %s)",
                item.id,
                relationships._refresh_sql_filled(partners._fields[name]),
            )
            for item in company.sudo().continuity_profile_item_ids
            for name in item._partner_field_names()
        ]
        return SQL(
            """SELECT r.id::bigint * 10000 + item.id AS id, r.id AS relationship_id,
                      r.partner_id, r.company_id, r.tier_id, p.user_id AS owner_id,
                      owner.sale_team_id AS team_id, item.id AS item_id,
                      (NOT item.filled)::int AS missing, score.completeness,
                      r.id AS customers,
                      CASE WHEN score.completeness >= %(required)s THEN r.id END
                          AS complete
                 FROM continuity_relationship r
                 JOIN res_partner p ON p.id = r.partner_id
            LEFT JOIN res_users owner ON owner.id = p.user_id
           CROSS JOIN LATERAL (VALUES %(items)s) AS item (id, filled)
           CROSS JOIN LATERAL (SELECT %(completeness)s) AS score (completeness)
                WHERE r.active AND r.company_id = %(company)s""",
            required=company.sudo().continuity_completeness_required,
            items=SQL(", ").join(values) or SQL("(0, TRUE)"),
            completeness=relationships._refresh_sql_completeness(company.sudo()),
            company=company.id,
        )
