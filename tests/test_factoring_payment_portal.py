"""The customer's own pages say the same as paper and letter."""

from freezegun import freeze_time
from lxml import html

from odoo.tests import HttpCase, new_test_user, tagged

from .common_factoring_payment import FactoringPaymentCommon


@tagged("post_install", "-at_install")
class TestFactoringPaymentPortal(FactoringPaymentCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clerk = cls.env["res.partner"].create(
            {"name": "Clerk", "parent_id": cls.customer_1.id, "email": "c@example.com"}
        )
        cls.portal = new_test_user(
            cls.env, "clerk_of_customer_1", "base.group_portal", partner_id=clerk.id
        )

    def _page(self, path):
        self.env.flush_all()
        response = self.url_open(path, timeout=60)
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.content)

    def _invoice(self, **kwargs):
        move = self._draft(**kwargs)
        move.action_post()
        return move

    def _look(self, move, account):
        """Compare all a customer sees of an invoice with where it is to be paid."""
        move.message_subscribe(self.portal.partner_id.ids)
        url = f"/my/invoices/{move.id}"
        paper = self._page(f"{url}?report_type=html")
        self.assertPaysTo(move, account, paper)
        self.assertPaysTo(move, account)
        page, listed = self._page(url), self._page("/my/invoices")
        told = bool(move.continuity_direction_id)
        self.assertEqual(self._said(page), self._said(paper))
        rows = listed.xpath(f"//tr[.//a[contains(@href, '/my/invoices/{move.id}?')]]")
        self.assertEqual(account.acc_number in self._text(rows[0]), told)
        buttons = page.xpath("//a[@data-bs-target='#pay_with']")
        self.assertEqual(bool(buttons), not told)
        links = rows[0].xpath(".//a[contains(@href, 'portal_pay')]")
        self.assertEqual(bool(links), not told)
        return paper

    def test_paper_portal_and_letter_agree(self):
        """For every situation an invoice can be in."""
        self.authenticate(self.portal.login, self.portal.login)
        with freeze_time("2026-06-30 08:00:00"):
            agreement = self._run_agreement(
                self.customer_1, noticed=False, customer_may_choose=True
            )
            debtor = agreement.debtor_ids
            before = self._invoice(day="2026-06-20")
            dollars = self._invoice(day="2026-06-20", currency=self.dollar)
        # The pages are made by the clock of the machine, well after June 2026.
        self._look(before, self.own_account)
        self._notice(agreement)
        new = self._invoice(day="2026-06-29")
        self._look(dollars, self.own_account)
        for move in (before, new):
            _kind, account = agreement._direction_on(debtor, move.invoice_date)
            self.assertEqual(account, self.factor_account)
            self._look(move, account)
        debtor._choose_payment("as_before", "On the page", self.portal.partner_id)
        for move in (before, new):
            self._look(move, self.own_account)

    def test_overdue_invoices_are_not_collected_by_us(self):
        self._run_agreement(self.customer_1)
        move = self._invoice(day="2026-06-01")
        move.message_subscribe(self.portal.partner_id.ids)
        self.authenticate(self.portal.login, self.portal.login)
        response = self.url_open("/my/invoices/overdue", timeout=60)
        self.assertTrue(response.url.endswith("/my/invoices"))
        answer = self.make_jsonrpc_request_error(move)
        self.assertIn("bank transfer", answer)

    def make_jsonrpc_request_error(self, move):
        response = self.url_open(
            f"/invoice/transaction/{move.id}",
            json={
                "jsonrpc": "2.0",
                "method": "call",
                "params": {
                    "access_token": move._portal_ensure_token(),
                    "provider_id": 1,
                    "payment_method_id": 1,
                    "token_id": None,
                    "amount": 100,
                    "flow": "direct",
                    "tokenization_requested": False,
                    "landing_route": "/my/invoices",
                },
            },
        )
        return response.text
