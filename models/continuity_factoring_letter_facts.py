"""What a letter on factoring may say (X5), besides the facts every letter has."""

from odoo import api, fields, models

from .continuity_touchpoint_facts import fact, html_fact

FACTORING_FACTS = (
    "fact_assignor",
    "fact_factor",
    "fact_factor_name",
    "fact_debtor",
    "fact_told_before",
    "fact_assignment",
    "fact_factoring_contract",
    "fact_supply_contract",
    "fact_receivables",
    "fact_receivables_class",
    "fact_what_changes",
    "fact_effective",
    "fact_pay_to",
    "fact_payment_choice",
    "fact_may_pay_us",
    "fact_stop_paying",
    "fact_valid_payments",
    "fact_disputes",
    "fact_unchanged",
    "fact_call_back",
    "fact_release_by",
    "fact_signatory",
    "fact_notice_language",
    "fact_no_waiver",
    "fact_factoring_contact",
    "fact_formal_notice",
    "fact_certified_post",
    "fact_registration",
    "fact_proof",
    "fact_after_notice",
    "fact_regime",
    "fact_prescribed_wording",
    "fact_update",
    "fact_notice_reference",
    "fact_release_scope",
    "fact_release_from",
    "fact_release_signed",
    "fact_still_payable",
    "fact_own_account",
    "fact_crossing",
    "fact_thanks",
)


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    fact_assignor = fact("Assignor: our company with its numbers and address")
    fact_factor = fact("Factor, with its numbers and address")
    fact_factor_name = fact("Name of the factor")
    fact_debtor = fact("Customer with their numbers")
    fact_told_before = fact("That we told them in person, and when")
    fact_assignment = fact("Declaration of assignment, as the law words it")
    fact_factoring_contract = fact("Factoring contract: number and date")
    fact_supply_contract = fact("Our contract with the customer")
    fact_receivables = html_fact("Table of the receivables assigned")
    fact_receivables_class = fact("Class of receivables assigned, future ones too")
    fact_what_changes = fact("What changes in how the customer pays")
    fact_effective = fact("Day from which the customer pays there")
    fact_pay_to = html_fact("Account to pay to")
    fact_payment_choice = fact("Whether the customer may choose where to pay")
    fact_may_pay_us = fact("That the law lets the customer keep paying us")
    fact_stop_paying = fact("Order to stop paying us")
    fact_valid_payments = fact("Which earlier payments remain valid")
    fact_disputes = fact("Who settles complaints and credit notes")
    fact_unchanged = fact("What stays as it is")
    fact_call_back = fact("Call back on a number already known")
    fact_release_by = fact("Who alone may withdraw the notice")
    fact_signatory = fact("Who signs for the assignor")
    fact_notice_language = fact("Language of the notice and of the contract")
    fact_no_waiver = fact("That receiving it waives nothing")
    fact_factoring_contact = fact("Whom to ask about payments")
    fact_formal_notice = fact("How the formal notice follows")
    fact_certified_post = fact("How the notice gets its certified date")
    fact_registration = fact("Where and when the assignment is registered")
    fact_proof = fact("Proof of the assignment on request")
    fact_after_notice = fact("What changes to the contract mean after the notice")
    fact_regime = fact("Regime of the assignment, where the law prescribes words")
    fact_prescribed_wording = html_fact("Words the law prescribes, from counsel")
    fact_update = html_fact("How things stand, in the words approved")
    fact_notice_reference = fact("Our notice of assignment: number and day")
    fact_release_scope = fact("What the release covers")
    fact_release_from = fact("Day from which the customer pays us again")
    fact_release_signed = fact("Day on which the factor signed the release")
    fact_still_payable = fact("What is still payable to the factor")
    fact_own_account = html_fact("Our own account")
    fact_crossing = fact("What becomes of payments that cross the letter")
    fact_thanks = fact("Thanks for paying elsewhere meanwhile")

    @api.model
    def _letter_facts(self):
        return super()._letter_facts() + FACTORING_FACTS


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    contract_reference = fields.Char(
        string="Factor's Contract No.", help="As it stands on the factoring contract."
    )
    contract_date = fields.Date(
        string="Contract Signed On",
        help="Stands on notices, except under English law, where a wrong date spoils "
        "them. Empty: no date stands on them; it is never guessed.",
    )
    regime = fields.Selection(
        [
            ("ordinary", "Ordinary assignment"),
            ("dailly", "Dailly (France)"),
        ],
        required=True,
        default="ordinary",
        help="Dailly: the law prescribes the words of the notice. Your counsel "
        "supplies them.",
    )
    prescribed_wording = fields.Text(
        translate=True,
        help="The text counsel supplies, with the articles of the regime; it stands in "
        "the notice word for word.",
    )
