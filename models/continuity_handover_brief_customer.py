from odoo import api, fields, models
from odoo.tools import SQL

from .continuity_handover_brief import BriefColumn, BriefSection


class ContinuityHandoverBrief(models.Model):
    """Who the customer is: people, figures, profile, agreed prices."""

    _inherit = "continuity.handover.brief"

    @api.model
    def _get_sections(self):
        return super()._get_sections() + [
            BriefSection(
                "contacts",
                self.env._("Contacts"),
                [
                    BriefColumn("name", self.env._("Name")),
                    BriefColumn("function", self.env._("Function")),
                    BriefColumn("phone", self.env._("Telephone"), "phone"),
                    BriefColumn("email", self.env._("E-mail")),
                    BriefColumn("channel", self.env._("Preferred Channel")),
                ],
            ),
            BriefSection(
                "organisation",
                self.env._("Organisation and Business"),
                [
                    BriefColumn("industry", self.env._("Industry")),
                    BriefColumn("country", self.env._("Country")),
                    BriefColumn("lang", self.env._("Language"), "lang"),
                    BriefColumn("website", self.env._("Website")),
                    BriefColumn("business", self.env._("Organisation and Business")),
                    BriefColumn("equipment", self.env._("Equipment They Own")),
                    BriefColumn("problems", self.env._("Current Problems")),
                    BriefColumn("decision_makers", self.env._("Decision-Makers")),
                ],
                card=True,
            ),
            BriefSection(
                "profile",
                self.env._("Profile and Preferences"),
                [
                    BriefColumn("buying_reason", self.env._("Why They Buy")),
                    BriefColumn("preferences", self.env._("Preferences")),
                    BriefColumn("channel", self.env._("Preferred Channel")),
                    BriefColumn(
                        "dislikes", self.env._("Dislikes a Change of Contact"), "flag"
                    ),
                    BriefColumn(
                        "no_courtesy", self.env._("No Courtesy Contacts"), "flag"
                    ),
                    BriefColumn("focus", self.env._("Focus Account"), "flag"),
                    BriefColumn("payment_term", self.env._("Payment Terms")),
                ],
                card=True,
            ),
            BriefSection(
                "figures",
                self.env._("Figures"),
                [
                    BriefColumn("tier", self.env._("Tier")),
                    BriefColumn(
                        "revenue", self.env._("Revenue of the Window"), "money"
                    ),
                    BriefColumn("peak", self.env._("Best Year"), "money"),
                    BriefColumn("first_purchase", self.env._("First Purchase"), "date"),
                    BriefColumn("last_purchase", self.env._("Last Purchase"), "date"),
                    BriefColumn(
                        "last_contact", self.env._("Last True Contact"), "date"
                    ),
                    BriefColumn("open_amount", self.env._("Open Invoices"), "money"),
                    BriefColumn("overdue_amount", self.env._("Overdue"), "money"),
                ],
                card=True,
            ),
            BriefSection(
                "prices",
                self.env._("Price Agreements"),
                [
                    BriefColumn("pricelist", self.env._("Pricelist")),
                    BriefColumn("product", self.env._("Product"), "product"),
                    BriefColumn("min_quantity", self.env._("From Quantity"), "number"),
                    BriefColumn("price", self.env._("Price"), "money"),
                    BriefColumn("discount", self.env._("Discount"), "percent"),
                    BriefColumn("until", self.env._("Until"), "date"),
                ],
            ),
        ]

    @api.model
    def _section_contacts(self, lines):
        """The customer and its people; of a deal without a customer whom it names."""
        found = SQL(
            """
        SELECT person.line_id, p.name, p.function, p.phone, p.email,
               channel.name AS channel, p.id = person.partner_id AS main
          FROM person
          JOIN res_partner p ON p.id = person.person_id AND p.active
     LEFT JOIN continuity_channel channel ON channel.id = p.continuity_channel_id
         WHERE p.name IS NOT NULL
     UNION ALL
        SELECT line.line_id,
               concat_ws(', ', NULLIF(l.contact_name, ''), NULLIF(l.partner_name, '')),
               l.function, l.phone, l.email_from, NULL, TRUE
          FROM line
          JOIN crm_lead l ON l.id = line.lead_id"""
        )
        order = SQL("main DESC, (phone IS NULL AND email IS NULL), name")
        keys = ("name", "function", "phone", "email", "channel")
        return self._query(lines, found, order, keys=keys)

    @api.model
    def _section_organisation(self, lines):
        """What the company is and does."""
        found = SQL(
            """
        SELECT line.line_id, industry.name AS industry, country.name AS country,
               p.lang, p.website, p.continuity_business AS business,
               p.continuity_equipment AS equipment, p.continuity_problems AS problems,
               p.continuity_decision_makers AS decision_makers
          FROM line
          JOIN res_partner p ON p.id = line.partner_id
     LEFT JOIN res_partner_industry industry ON industry.id = p.industry_id
     LEFT JOIN res_country country ON country.id = p.country_id"""
        )
        return self._query(lines, found, SQL("line_id"))

    @api.model
    def _section_profile(self, lines):
        """What they are like, and how they want to be treated."""
        found = SQL(
            """
        SELECT line.line_id, p.continuity_buying_reason AS buying_reason,
               p.continuity_preferences AS preferences, channel.name AS channel,
               p.continuity_dislikes_change AS dislikes,
               p.continuity_no_courtesy AS no_courtesy,
               p.continuity_focus_account AS focus,
               CASE WHEN line.seen THEN term.name END AS payment_term
          FROM line
          JOIN res_partner p ON p.id = line.partner_id
     LEFT JOIN continuity_channel channel ON channel.id = p.continuity_channel_id
     LEFT JOIN account_payment_term term
            ON term.id = (p.property_payment_term_id
                          ->> line.company_id::text)::int"""
        )
        return self._query(lines, found, SQL("line_id"))

    @api.model
    def _section_figures(self, lines):
        """What the customer is worth, and what they owe today."""
        found = SQL(
            """
        SELECT line.line_id, tier.name AS tier, NULLIF(r.revenue, 0) AS revenue,
               NULLIF(r.peak_revenue, 0) AS peak,
               r.first_purchase_date AS first_purchase,
               r.last_purchase_date AS last_purchase,
               r.last_contact_date AS last_contact,
               due.open_amount, due.overdue_amount, c.currency_id
          FROM line
          JOIN res_company c ON c.id = line.company_id
     LEFT JOIN continuity_relationship r
            ON r.partner_id = line.partner_id AND r.company_id = line.company_id
     LEFT JOIN continuity_tier tier ON tier.id = r.tier_id
     LEFT JOIN (
            SELECT person.line_id,
                   NULLIF(SUM(m.amount_residual_signed), 0) AS open_amount,
                   NULLIF(SUM(m.amount_residual_signed)
                          FILTER (WHERE m.invoice_date_due < %(today)s), 0)
                       AS overdue_amount
              FROM person
              JOIN account_move m ON m.partner_id = person.person_id
               AND m.company_id = person.company_id
             WHERE m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund')
               AND %(theirs)s
          GROUP BY person.line_id
          ) due ON due.line_id = line.line_id
         WHERE line.seen""",
            today=fields.Date.today(),
            theirs=self._sql_theirs(SQL("m.invoice_user_id")),
        )
        return self._query(lines, found, SQL("line_id"))

    @api.model
    def _section_prices(self, lines):
        """The pricelist made for the customer and what is agreed in it."""
        found = SQL(
            """
        SELECT line.line_id, list.name AS pricelist,
               COALESCE(template.name, variant_template.name,
                        to_jsonb(category.complete_name)) AS product,
               %(variant)s AS variant,
               NULLIF(item.min_quantity, 0) AS min_quantity,
               CASE WHEN item.compute_price = 'fixed' THEN item.fixed_price END
                   AS price,
               CASE item.compute_price WHEN 'percentage' THEN item.percent_price
                                       WHEN 'formula' THEN item.price_discount END
                   AS discount,
               item.date_end AS until,
               COALESCE(list.currency_id, c.currency_id) AS currency_id,
               item.applied_on, item.id AS item_id
          FROM line
          JOIN res_company c ON c.id = line.company_id
          JOIN res_partner p ON p.id = line.partner_id
          JOIN product_pricelist list
            ON list.id = (p.specific_property_product_pricelist
                          ->> line.company_id::text)::int
           AND (list.company_id IS NULL OR list.company_id = line.company_id)
     LEFT JOIN product_pricelist_item item ON item.pricelist_id = list.id
           AND (item.date_end IS NULL OR item.date_end >= %(now)s)
     LEFT JOIN product_template template ON template.id = item.product_tmpl_id
     LEFT JOIN product_product variant ON variant.id = item.product_id
     LEFT JOIN product_template variant_template
            ON variant_template.id = variant.product_tmpl_id
     LEFT JOIN product_category category ON category.id = item.categ_id
         WHERE line.seen""",
            variant=self._sql_variant(SQL("item.product_id")),
            now=fields.Datetime.now(),
        )
        order = SQL("applied_on, item_id")
        keys = (
            "pricelist",
            "product",
            "variant",
            "min_quantity",
            "price",
            "discount",
            "until",
            "currency_id",
        )
        return self._query(lines, found, order, keys=keys)
