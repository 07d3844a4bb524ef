from datetime import date

from freezegun import freeze_time

from odoo import Command

from .common import ContinuityCommon

TODAY = date(2026, 6, 30)
FIGURES = {
    "volume": 3_650_000,
    "days_outstanding": 50,
    "invoice_count": 1_200,
    "debtor_count": 40,
}
# 29,200 fee + 24,000 interest + 1,500 set-up + 1,800 + 1,400 = 57,900
PATIENT_OFFER = {
    "fee_rate": 0.8,
    "interest_rate": 6,
    "advance_rate": 80,
    "holdback_rate": 20,
    "setup_fee": 3_000,
    "invoice_fee": 1.5,
    "limit_fee": 35,
    "term": 24,
    "recourse": "none",
    "treatment": "5",
}
# 18,250 fee + 10,950 to the minimum = 29,200; interest 22,500: 51,700
CHEAP_OFFER = {
    "fee_rate": 0.5,
    "minimum_fee": 29_200,
    "minimum_volume": 1_825_000,
    "interest_rate": 5,
    "advance_rate": 90,
    "holdback_rate": 10,
    "notice_months": 6,
    "term": 12,
    "recourse": "full",
    "treatment": "2",
}


class FactorChoiceCommon(ContinuityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-06-30 09:00:00"))
        cls.accountant = cls._create_user(
            "accountant", "base.group_user", "account.group_account_invoice"
        )
        cls.factor_1 = cls._create_customer("First Factor")
        cls.factor_2 = cls._create_customer("Second Factor")
        cls.choice = cls._create_choice(**FIGURES)
        cls.first = cls._create_offer(cls.factor_1, **PATIENT_OFFER)
        cls.second = cls._create_offer(cls.factor_2, **CHEAP_OFFER)

    @classmethod
    def _create_choice(cls, user=None, **values):
        return (
            cls.env["continuity.factor.choice"]
            .with_user(user or cls.user_manager)
            .with_context(allowed_company_ids=cls.company_a.ids)
            .create({"name": "2027", "company_id": cls.company_a.id, **values})
        )

    @classmethod
    def _create_offer(cls, factor, choice=None, **values):
        document = (
            cls.env["ir.attachment"]
            .with_user(cls.user_manager)
            .create({"name": "offer.pdf", "raw": b"%PDF"})
        )
        choice = choice or cls.choice
        return choice.offer_ids.create(
            {
                "choice_id": choice.id,
                "factor_id": factor.id,
                "valid_until": "2026-07-31",
                "document_ids": [Command.set(document.ids)],
                "term": 12,
                **values,
            }
        )

    def decide(self, offer, reason="Speaks well to our customers.", user=None):
        offer = offer.with_user(user or self.user_manager)
        action = offer.action_choose()
        wizard = self.env["continuity.reason.wizard"].with_user(offer.env.user)
        wizard.with_context(**action["context"]).create(
            {"reason": reason}
        ).action_apply()
