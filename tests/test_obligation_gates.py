from freezegun import freeze_time

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

    def _pay_out(self, refund):
        return self._pay(refund)


@tagged("post_install", "-at_install")
class TestRefundBar(ObligationCommon):
    """In China nobody is paid until 45 days after the announcement, here 10 May."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refund = cls._create_invoice(cls.customer_1, 100, "2027-02-01", refund=True)
        timetable = cls.env.ref("customer_continuity.timetable_cn_ordinary")
        cls.campaign.sudo().timetable_id = timetable
        cls.campaign.sudo()._set_milestones(
            {
                "decision": "2027-03-01",
                "creditors_notified": "2027-03-12",
                "announcement": "2027-03-22",
                "claims_end": "2027-05-10",
                "customers_told": "2027-03-20",
                "last_service": "2027-08-31",
            }
        )
        cls._start()
        cls._decided(True)

    @classmethod
    def _decided(cls, done):
        milestone = cls.campaign.sudo()._milestone("decision").sudo()
        milestone.done_on = "2027-03-01" if done else False

    def test_no_refund_while_claims_may_be_filed(self):
        with self.assertRaisesRegex(ValidationError, "05/10/2027.*235"):
            self._pay(self.refund)

    def test_no_refund_before_the_period_has_begun(self):
        self.campaign.sudo()._milestone("announcement").sudo().date_planned = False
        with self.assertRaisesRegex(ValidationError, "not begun"):
            self._pay(self.refund)

    def test_the_last_day_is_barred_and_the_next_is_not(self):
        milestones = self.campaign.sudo().milestone_ids.filtered(
            lambda m: m.code in ("announcement", "creditors_notified")
        )
        for milestone in milestones:
            milestone.done_on = milestone.date_planned
        with freeze_time("2027-05-10 12:00:00"), self.assertRaises(ValidationError):
            self._pay(self.refund)
        with freeze_time("2027-05-11 06:00:00"):
            self.assertIn(self._pay(self.refund).state, ("in_process", "paid"))

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
        for method in ("action_post", "action_validate"):
            with self.assertRaises(ValidationError):
                getattr(payment, method)()
                payment.flush_recordset()
        with self.assertRaises(ValidationError):
            payment.state = "paid"
        self.assertEqual(payment.state, "draft")

    def test_an_accountant_who_sees_no_campaign_is_held_too(self):
        accountant = self._create_user("accountant", "account.group_account_invoice")
        self.assertFalse(
            self.env["continuity.dissolution"].with_user(accountant).has_access("read")
        )
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": self.customer_1.id,
                "amount": 100,
                "journal_id": self.journals[self.company_a]["cash"].id,
                "company_id": self.company_a.id,
            }
        )
        with self.assertRaisesRegex(ValidationError, "235"):
            payment.with_user(accountant).action_post()

    def test_creditors_who_are_not_listed_wait_too(self):
        newcomer = self._create_customer("Newcomer")
        refund = self._create_invoice(newcomer, 5, "2027-02-01", refund=True)
        with self.assertRaisesRegex(ValidationError, "235"):
            self._pay(refund)

    def test_others_are_paid(self):
        self.campaign.sudo().kind = "branch"
        stranger = self._create_customer("Not concerned")
        self._pay(self._create_invoice(stranger, 5, "2027-02-01", refund=True))
        self._receive(self.customer_1, 10)
        elsewhere = self._create_invoice(
            self.customer_1, 5, "2027-02-01", company=self.company_b, refund=True
        )
        self._pay(elsewhere)

    def test_nothing_is_barred_before_the_decision(self):
        self._decided(False)
        self._pay(self.refund)

    def test_an_obligation_is_not_settled_by_a_refund_either(self):
        typed = self.env["continuity.obligation"].create(
            {
                "customer_id": self.line_1.id,
                "kind": "other",
                "description": "The deposit",
                "resolution": "refund",
            }
        )
        row = typed.with_user(self.author)
        with self.assertRaisesRegex(UserError, "235"):
            row.action_settle()
        with self.assertRaisesRegex(UserError, "235"):
            row._decide("In cash")
        row.resolution = "release"
        row.action_settle()
        with self.assertRaisesRegex(UserError, "has ended"):
            self._rpc(self.author, typed, "write", {"resolution": "refund"})
        self._rpc(self.author, typed, "write", {"note": "She was pleased."})


@tagged("post_install", "-at_install")
class TestCustomersClosed(ObligationCommon):
    """Told, owed nothing, decided: nothing is left to do for this customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.credit = cls._create_invoice(cls.customer_1, 100, "2027-02-01", refund=True)
        cls._start()
        cls._tell(*cls.lines)
        cls.campaign.sudo()._refresh_obligations()
        cls.line = cls.lines.filtered(lambda x: x.partner_id == cls.customer_1)

    def test_owed_something(self):
        self.line._record_choice("finish", "Ms Mori")
        self.assertEqual(self.line.state, "told")

    def test_undecided(self):
        self._pay(self.credit)
        self.campaign.sudo()._refresh_obligations()
        self.line.sudo().segment = "paying"
        self.line._update_closed()
        self.assertEqual(self.line.state, "told")

    def test_closed_and_open_again(self):
        self.line._record_choice("finish", "Ms Mori")
        self._pay(self.credit)
        self.campaign.sudo()._refresh_obligations()
        self.assertEqual(self.line.state, "closed")
        self._order(self.customer_1, (1, 0, 10))
        self.campaign.sudo()._refresh_obligations()
        self.assertEqual(self.line.state, "told", "Owed something again.")

    def test_decided_by_name(self):
        self.line._record_choice("finish", "Ms Mori")
        self.campaign.obligation_ids.with_user(self.author)._decide("They waive it.")
        self.assertEqual(self.line.state, "closed")
