"""Contracts are reviewed before a customer is covered; bills stay out."""

import base64

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_credit import CreditCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestContractReview(CreditCommon):
    def _review(self, customer=None, user=None, confirm=True, **values):
        review = (
            self.env["continuity.contract.review"]
            .with_user(user or self.user_manager)
            .with_company(self.company_a)
            .create(
                {
                    "partner_id": (customer or self.customer_1).id,
                    "assignment_clause": "§ 9: Claims may be assigned.",
                    "result": "free",
                    **values,
                }
            )
        )
        if confirm:
            review.action_confirm()
        return review

    def _coverage(self, customer=None, on=None):
        customer = customer or self.customer_1
        return self.env["continuity.contract.review"]._coverage(
            customer, self.company_a, on
        )[customer.commercial_partner_id]

    # === Confirming === #

    def test_confirmed_with_name_day_and_end(self):
        review = self._review()
        self.assertEqual(review.state, "reviewed")
        self.assertEqual(review.reviewer_id, self.user_manager)
        self.assertEqual(str(review.reviewed_on), "2026-06-30")
        self.assertEqual(str(review.expires_on), "2027-06-30")

    def test_says_what_is_missing(self):
        review = self._review(
            confirm=False, assignment_clause=" ", result=False, expires_on="2026-01-01"
        )
        review.jurisdiction_id = False
        with self.assertRaises(UserError) as error:
            review.action_confirm()
        for text in ("clause on assignment", "the law", "the result", "a day to come"):
            self.assertIn(text, str(error.exception))
        review.write(
            {
                "no_contract": True,
                "result": "excluded",
                "expires_on": False,
                "jurisdiction_id": self.env.ref("customer_continuity.jurisdiction_de"),
            }
        )
        with self.assertRaisesRegex(UserError, "reason for the result"):
            review.action_confirm()
        review.reason = "They asked us not to."
        review.action_confirm()
        self.assertEqual(review.state, "reviewed")

    def test_law_of_the_customer_is_proposed(self):
        self.customer_1.country_id = self.env.ref("base.de")
        model = self.env["continuity.contract.review"].with_user(self.user_manager)
        with Form(model) as form:
            form.partner_id = self.customer_1
            self.assertEqual(form.jurisdiction_id.code, "DE")
            self.assertIn("keep paying", form.ban_effect)
            form.no_contract = True
            form.result = "free"

    def test_confirmed_is_not_edited(self):
        review = self._review()
        for vals in ({"result": "excluded"}, {"partner_id": self.customer_2.id}):
            with self.assertRaisesRegex(UserError, "stays as it is"):
                review.write(vals)
        with self.assertRaisesRegex(UserError, "06/30/2026 and stays as it is"):
            review.unlink()
        with self.assertRaisesRegex(UserError, "stays as it is"):
            review.action_confirm()

    def test_nobody_writes_the_reviewer(self):
        draft = self._review(confirm=False)
        for vals in (
            {"reviewed_on": "2026-06-01"},
            {"reviewer_id": self.user_manager.id},
            {"replaced_by_id": draft.id},
        ):
            with self.assertRaises(AccessError):
                draft.write(vals)
        with self.assertRaises(AccessError):
            self._review(confirm=False, reviewed_on="2026-06-01")
        draft = self._review(confirm=False)
        crafted = draft.with_context(default_reviewed_on="2026-06-01")
        self.assertFalse(crafted.create({"partner_id": self.customer_1.id}).reviewed_on)

    # === What holds === #

    def test_unreviewed_customer_is_not_covered(self):
        self.assertEqual(
            self._coverage(),
            (
                self.env["continuity.contract.review"],
                False,
                "The contract has not been reviewed.",
            ),
        )
        self._review(confirm=False)
        self.assertFalse(self._coverage()[1], "a draft counts for nothing")

    def test_free(self):
        review = self._review()
        self.assertEqual(self._coverage(), (review, True, ""))
        self.assertEqual(self._coverage(self.contact_1)[1], True)
        self.assertFalse(self._coverage(self.customer_2)[1])

    def test_expires(self):
        review = self._review(expires_on="2026-07-31")
        self.assertTrue(self._coverage(on=review.expires_on)[1])
        with freeze_time("2026-08-01 08:00:00"):
            review.invalidate_recordset()
            self.assertEqual(review.state, "expired")
            found, covered, text = self._coverage()
            self.assertFalse(found)
            self.assertFalse(covered)
            self.assertIn("expired on 07/31/2026", text, "as the reader writes dates")

    def test_excluded(self):
        self._review(result="excluded", reason="They forbid it.")
        review, covered, text = self._coverage()
        self.assertTrue(review)
        self.assertFalse(covered)
        self.assertIn("They forbid it.", text)

    def test_debtor_may_pay(self):
        self._review(result="debtor_may_pay", reason="HGB 354a")
        _review, covered, text = self._coverage()
        self.assertTrue(covered)
        self.assertIn("HGB 354a", text)

    def test_consent_needs_day_and_paper(self):
        review = self._review(result="consent", reason="§ 9 asks for it.")
        self.assertFalse(self._coverage()[1])
        review.consent_on = "2026-06-29"
        self.assertFalse(self._coverage()[1])
        paper = self.env["ir.attachment"].with_user(self.user_manager)
        paper = paper.create({"name": "consent.pdf", "datas": base64.b64encode(b"x")})
        review.consent_attachment_ids = paper
        self.assertEqual(paper.res_id, review.id, "whoever reads the review reads it")
        self.assertTrue(self._coverage()[1])
        self.assertIn("06/29/2026", self._coverage()[2], "as the reader writes dates")

    def test_later_review_replaces(self):
        first = self._review(result="excluded", reason="They forbid it.")
        action = first.action_review_again()
        second = first.browse(action["res_id"])
        self.assertEqual(second.state, "draft")
        self.assertEqual(second.assignment_clause, first.assignment_clause)
        self.assertFalse(second.result)
        self.assertFalse(self._coverage()[1])
        second.result = "free"
        second.action_confirm()
        self.assertEqual(first.state, "replaced")
        self.assertEqual(first.replaced_by_id, second)
        self.assertEqual(self._coverage()[0], second)

    def test_found_by_state(self):
        expired = self._review(expires_on="2026-06-30")
        replaced = self._review(self.customer_2)
        reviewed = self._review(self.customer_2)
        draft = self._review(self.customer_3, confirm=False)
        records = expired | replaced | reviewed | draft
        with freeze_time("2026-07-01 08:00:00"):
            records.invalidate_recordset()
            for state, found in (
                ("expired", expired),
                ("replaced", replaced),
                ("reviewed", reviewed),
                ("draft", draft),
            ):
                domain = [("state", "=", state), ("id", "in", records.ids)]
                self.assertEqual(records.search(domain), found)
                self.assertEqual(found.state, state)
            domain = [("state", "!=", "draft"), ("id", "in", records.ids)]
            self.assertEqual(records.search(domain), records - draft)

    def test_merged_customers(self):
        review = self._review(self.customer_2)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.customer_1 | self.customer_2).ids, self.customer_1
        )
        review.invalidate_recordset()
        self.assertEqual(review.partner_id, self.customer_1)
        self.assertTrue(self._coverage()[1])

    def test_merged_customers_whose_reviews_expired(self):
        """The later one says since when."""
        with freeze_time("2026-05-01 08:00:00"):
            self._review(self.customer_2, expires_on="2026-05-31")
        with freeze_time("2026-06-01 08:00:00"):
            self._review(self.customer_1, expires_on="2026-06-15")
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.customer_1 | self.customer_2).ids, self.customer_1
        )
        self.assertIn("06/15/2026", self._coverage()[2])

    # === Together with the figures === #

    def test_proposal(self):
        self.company_a.continuity_standing_min_paid = 1
        for customer in (self.customer_1, self.customer_2):
            move = self._bill(customer, 100, "2026-01-10", "2026-02-10")
            self._pay(move, 100, "2026-02-20")
        self._bill(self.customer_2, 500, "2026-06-10", "2026-07-10")
        self._review()
        self._take("2026-06-30")
        customers = self.customer_1 | self.customer_2 | self.customer_3
        proposal = self.env["continuity.credit.standing"]._propose(
            customers, self.company_a
        )
        self.assertEqual(
            [(row["partner"], row["include"]) for row in proposal],
            [
                (self.customer_1, True),
                (self.customer_2, False),
                (self.customer_3, False),
            ],
        )
        self.assertIn("10 days late", proposal[0]["reason"])
        self.assertIn("not been reviewed", proposal[1]["reason"])
        self.assertIn("no invoices", proposal[2]["reason"])
        self.assertTrue(proposal[0]["review"])
        self.assertTrue(proposal[1]["standing"])

    # === Who === #

    def test_accountants(self):
        draft = self._review(user=self.accountant, confirm=False)
        draft.action_confirm()
        self.assertEqual(draft.reviewer_id, self.accountant)
        clerk = self._create_user("clerk", "account.group_account_user")
        draft = self._review(user=clerk, confirm=False)
        with self.assertRaisesRegex(AccessError, "Only a manager"):
            draft.action_confirm()
        partner = self.customer_1.with_user(clerk).with_company(self.company_a)
        self.assertEqual(partner.continuity_contract_text, "May be assigned")

    def test_nobody_else(self):
        review = self._review()
        for user in (
            self.user_sales_a,
            self.user_all,
            self.billing,
            self.user_portal,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                review.with_user(user).read(["result"])
            with self.assertRaises(AccessError):
                self.customer_1.with_user(user).read(["continuity_contract_text"])

    def test_other_company(self):
        review = self._review()
        model = self.env["continuity.contract.review"].with_user(self.user_manager)
        theirs = model.with_context(allowed_company_ids=self.company_b.ids)
        self.assertFalse(theirs.search([("partner_id", "=", self.customer_1.id)]))
        with self.assertRaises(AccessError):
            theirs.browse(review.id).read(["result"])
        self.assertFalse(
            model._coverage(self.customer_1, self.company_b)[self.customer_1][1]
        )
