import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("contract", "Contract passes over"),
    ("data", "Data passes over"),
    ("abroad", "Data goes to another country"),
    ("sensitive", "Sensitive data goes along"),
    ("bank", "Bank details go along"),
    # Not about what passes over but about how: silence bars nothing, a no does.
    ("plan", "Service transition plan"),
]
ANSWERS = [
    ("given", "Given"),
    ("refused", "Refused by the Customer"),
    ("withdrawn", "Withdrawn by the Customer"),
]


class ContinuityConsent(models.Model):
    """One answer of a customer to one question for consent (D7): written once and
    neither edited nor deleted. What holds is the last answer to a question about the
    same successor.

    Evidence: it keeps the words the customer was asked in, who answered, and how.
    """

    _name = "continuity.consent"
    _description = "Consent"
    _order = "id desc"
    _rec_name = "kind"

    transfer_id = fields.Many2one(
        "continuity.transfer",
        string="Transfer to a Successor",
        required=True,
        index=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(
        related="transfer_id.partner_id", store=True, index=True, string="Customer"
    )
    company_id = fields.Many2one(related="transfer_id.company_id", store=True)
    provider_id = fields.Many2one(
        "continuity.provider", required=True, ondelete="restrict"
    )
    kind = fields.Selection(KINDS, string="Question", required=True)
    answer = fields.Selection(ANSWERS, required=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    answered_by = fields.Char(
        string="Who Answered", required=True, help="The person at the customer."
    )
    how = fields.Selection(
        [
            ("portal", "On the customer's page"),
            ("written", "In writing"),
            ("spoken", "In a talk"),
        ],
        required=True,
    )
    evidence = fields.Text(
        help="Where it can be seen: the letter, the mail, the talk and who was present."
    )
    user_id = fields.Many2one(
        "res.users",
        string="Recorded By",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    question = fields.Text(string="What Was Asked", required=True)
    question_sha256 = fields.Char(string="Fingerprint of the Question")
    category_ids = fields.Many2many(
        "continuity.data.category",
        "continuity_consent_category_rel",
        "consent_id",
        "category_id",
        string="Data Asked For",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            question = vals.get("question") or ""
            vals["question_sha256"] = hashlib.sha256(question.encode()).hexdigest()
        return super().create(vals_list)

    def write(self, vals):
        """Refuse: an answer is evidence. A later answer is a row of its own.

        :raise UserError: for any value
        """
        if vals:
            raise UserError(
                self.env._("An answer is never changed: record what was said later.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("An answer of a customer is evidence: it stays."))
