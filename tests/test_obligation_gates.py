from datetime import date
from types import SimpleNamespace
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common_obligation import ObligationCommon


@tagged("post_install", "-at_install")
class TestObligationGates(ObligationCommon):
    """What is owed keeps a campaign from closing; claims keep refunds from leaving."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice(
            cls.customer_1, 100, "2027-02-01", refund=True
        )
        cls._start()
        cls._tell(*cls.lines)
        cls.campaign.sudo().write(
            {
                "data_keeper_id": cls.customer_3.id,
                "data_keeper_note": "With the consent of each customer.",
                "aftercare_user_id": cls.member.id,
            }
        )

    # === Closing === #

    def _closing_text(self):
        return "\n".join(self.campaign.sudo()._closing_errors())

    def test_open_obligations_keep_it_from_closing(self):
        """Also those the register has not met yet."""
        self.assertIn(self.invoice.name, self._closing_text())
        with self.assertRaisesRegex(UserError, "obligations are open"):
            self.campaign.with_user(self.author).action_report_result()

    def test_each_is_decided_by_name(self):
        self.campaign._refresh_obligations()
        self.campaign.obligation_ids.with_user(self.author)._decide("They waive it.")
        self.assertNotIn("obligations", self._closing_text())

    def test_what_the_books_settle_is_no_obstacle(self):
        self._pay_out(self.invoice)
        self.assertNotIn("obligations", self._closing_text())

    def test_what_opens_after_the_report_keeps_it_from_closing(self):
        self._pay_out(self.invoice)
        self.campaign.sudo().state = "reported"
        self._order(self.customer_2, (1, 0, 10))
        with self.assertRaisesRegex(UserError, "obligations are open"):
            self.campaign.with_user(self.author).action_close()

    def test_who_is_owed_and_not_listed_keeps_it_from_closing(self):
        self._pay_out(self.invoice)
        self._receive(self._create_customer("Forgotten"), 10)
        self.assertIn("Forgotten", self._closing_text())

    # === Refunds === #

    def _bar(self, until):
        rule = SimpleNamespace(article="Company Law 235")
        patcher = patch.object(
            type(self.campaign), "_payment_bar", lambda campaign: (until, rule)
        )
        self.startPatcher(patcher)

    def _pay_out(self, refund):
        return self._pay(refund)

    def test_no_refund_while_claims_may_be_filed(self):
        self._bar(date(2027, 4, 15))
        with self.assertRaisesRegex(
            ValidationError, r"April 15, 2027 \(Company Law 235\)"
        ):
            self._pay_out(self.invoice)

    def test_no_refund_before_the_period_has_begun(self):
        self._bar(date.max)
        with self.assertRaisesRegex(ValidationError, "has not begun"):
            self._pay_out(self.invoice)

    def test_by_whatever_way_it_leaves_draft(self):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": self.contact_1.id,
                "amount": 100,
                "journal_id": self.journals[self.company_a]["cash"].id,
                "company_id": self.company_a.id,
            }
        )
        self._bar(date(2027, 4, 15))
        for method in ("action_post", "action_validate"):
            with self.assertRaises(ValidationError):
                getattr(payment, method)()
                payment.flush_recordset()
        with self.assertRaises(ValidationError):
            payment.state = "paid"
        self.assertEqual(payment.state, "draft")

    def test_the_last_day_is_barred_and_the_next_is_not(self):
        self._bar(date(2027, 3, 1))
        with self.assertRaises(ValidationError):
            self._pay_out(self.invoice)
        self._bar(date(2027, 2, 28))
        self.assertIn(self._pay_out(self.invoice).state, ("in_process", "paid"))

    def test_others_are_paid(self):
        self._bar(date(2027, 4, 15))
        stranger = self._create_customer("Not concerned")
        self._pay_out(self._create_invoice(stranger, 5, "2027-02-01", refund=True))
        self._receive(self.customer_1, 10)
        self._pay_out(
            self._create_invoice(
                self.customer_1, 5, "2027-02-01", company=self.company_b, refund=True
            )
        )

    def test_nothing_is_barred_before_the_approval(self):
        self.campaign.sudo().state = "submitted"
        self._bar(date(2027, 4, 15))
        self._pay_out(self.invoice)

    def test_an_obligation_is_not_settled_by_a_refund_either(self):
        self._bar(date(2027, 4, 15))
        typed = self.env["continuity.obligation"].create(
            {
                "customer_id": self.line_1.id,
                "kind": "other",
                "description": "The deposit",
                "resolution": "refund",
            }
        )
        with self.assertRaisesRegex(UserError, "Company Law 235"):
            typed.with_user(self.author).action_settle()
        with self.assertRaisesRegex(UserError, "Company Law 235"):
            typed.with_user(self.author)._decide("In cash")
        typed.with_user(self.author).resolution = "release"
        typed.with_user(self.author).action_settle()
