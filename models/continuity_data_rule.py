from odoo import api, fields, models


class ContinuityDataRule(models.Model):
    """What a law asks for before a customer's contract, or data about people, passes
    to somebody else (D7).

    ==========  ===============================================================
    applies to  means
    ==========  ===============================================================
    base        grounds on which data may be passed on; a transfer rests on one
    contract    before the contract itself passes
    abroad      besides, when the successor is in another country
    sensitive   besides, when sensitive or special data goes along
    bank        besides, when bank details go along
    duty        what else is to be done; bars nothing
    ==========  ===============================================================

    Where consent is needed, silence is refusal. Where there is a period to object in,
    silence until its end is none.
    """

    _name = "continuity.data.rule"
    _description = "Rule on Passing Data On"
    _inherit = ["continuity.legal.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(
        default=10, help="Of several grounds, the first one is proposed."
    )
    active = fields.Boolean(default=True)
    jurisdiction_ids = fields.Many2many(
        "continuity.jurisdiction",
        "continuity_data_rule_jurisdiction_rel",
        "rule_id",
        "jurisdiction_id",
        string="Jurisdictions",
        help="None: wherever a jurisdiction has no rule of its own.",
    )
    applies_to = fields.Selection(
        [
            ("base", "Grounds for passing data on"),
            ("contract", "Passing of the contract"),
            ("abroad", "Another country"),
            ("sensitive", "Sensitive data"),
            ("bank", "Bank details"),
            ("duty", "Duty besides"),
        ],
        required=True,
        default="base",
    )
    needs_contract_consent = fields.Boolean(string="Consent to the Contract Needed")
    needs_data_consent = fields.Boolean(string="Consent to the Data Needed")
    objection_days = fields.Integer(
        string="Time to Object (days)",
        help="From the notice on. Before its end no data leaves; 0: none.",
    )
    information = fields.Text(
        translate=True, help="What people have to be told beforehand."
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "There is a rule of this code.")
    _objection = models.Constraint(
        "CHECK(objection_days >= 0)", "Days are counted from zero up."
    )

    @api.model
    def _for(self, jurisdiction, applies_to):
        """Return the rules of a jurisdiction, else those that hold anywhere.

        :param jurisdiction: ``continuity.jurisdiction``, possibly empty
        :param str applies_to: technical value
        :rtype: continuity.data.rule
        """
        rules = self.search(
            [
                ("applies_to", "=", applies_to),
                ("jurisdiction_ids", "in", [False, *jurisdiction.ids]),
            ]
        )
        own = rules.filtered("jurisdiction_ids")
        return own or rules


class ContinuityDataCategory(models.Model):
    """A kind of data that is, or is not, in the package a successor gets.

    The question for consent names it; what was not named when it was answered does not
    leave. The packages are written by ``continuity.export.package``, which has a method
    for each code.
    """

    _name = "continuity.data.category"
    _description = "Category of Data"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    by_default = fields.Boolean(
        string="Proposed", help="Goes along unless somebody takes it out."
    )
    needs = fields.Selection(
        [("sensitive", "Sensitive data"), ("bank", "Bank details")],
        string="Stricter Rules For",
        help="The law asks for more before this goes along.",
    )
    description = fields.Text(
        translate=True, help="What is in it, in words customers understand."
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "There is a category of this code.")
