from odoo import api, fields, models


class ContinuityJurisdiction(models.Model):
    """A body of law whose periods and notices a company is bound by.

    Legal data, such as timetables and the contents of notices, hangs on it. All of it
    is a starting point that counsel must check, never advice.
    """

    _name = "continuity.jurisdiction"
    _description = "Jurisdiction"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        help="Of the country, with the state behind a hyphen where the law is the "
        "state's: CN, US-DE. XX for what holds anywhere.",
    )
    sequence = fields.Integer(
        default=10,
        help="Of several for the same country, the first one is proposed.",
    )
    country_ids = fields.Many2many(
        "res.country",
        "continuity_jurisdiction_country_rel",
        "jurisdiction_id",
        "country_id",
        string="Countries",
        help="Companies with an address there are proposed this jurisdiction. None: "
        "proposed to everybody for whom there is no other.",
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint(
        "UNIQUE(code)", "There is a jurisdiction of this code."
    )

    @api.model
    def _for_country(self, country):
        """Return the jurisdiction to propose for an address.

        :param country: ``res.country``, possibly empty
        :return: one record; empty when none fits and no general one is left
        :rtype: continuity.jurisdiction
        """
        jurisdictions = self.search([("country_ids", "in", [False, *country.ids])])
        own = jurisdictions.filtered(lambda j: country and country in j.country_ids)
        return (own or jurisdictions.filtered(lambda j: not j.country_ids))[:1]
