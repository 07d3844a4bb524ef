from unittest.mock import patch

from lxml import html

from .common_factoring import FactoringCommon


class FactoringPaymentCommon(FactoringCommon):
    """What a customer sees of where to pay: on paper, in the QR code, on the portal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.qr_code = True
        cls.company_a.link_qr_code = True
        cls.accounts_by_number = {
            account.acc_number: account
            for account in cls.factor_account | cls.own_account
        }
        cls.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", "True"
        )

    def setUp(self):
        super().setUp()
        # No country's QR code is installed: this one carries the number in clear.
        model = type(self.env["res.partner.bank"])
        for name, value in (
            ("_get_available_qr_methods", lambda account: [("clear", "Clear", 1)]),
            ("_get_error_messages_for_qr", lambda account, *args: None),
            (
                "_get_qr_code_base64",
                lambda account, **kwargs: f"data:,{account.sanitized_acc_number}",
            ),
        ):
            self.enterContext(patch.object(model, name, value))

    @classmethod
    def _debtor(cls, agreement, customer=None):
        customer = customer or cls.customer_1
        return agreement.debtor_ids.filtered(lambda d: d.partner_id == customer)

    def _draft(self, customer=None, amount=100, day="2026-06-30", **kwargs):
        return self._create_invoice(
            customer or self.customer_1, amount, day, post=False, **kwargs
        )

    def _notice(self, agreement, moment="2026-06-10 08:00:00"):
        agreement.debtor_ids.write({"state": "noticed", "noticed_on": moment})

    def _follow_nightly(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(
                "customer_continuity.cron_factoring_follow"
            ).method_direct_trigger()
        self.env.invalidate_all()

    @classmethod
    def _create_approved(cls, *customers, **values):
        agreement = cls._create_agreement(*customers, **values)
        agreement.sudo().state = "approved"
        return agreement

    # === Looking === #

    def _printed(self, move):
        # Each page is made in a transaction of its own.
        self.env.flush_all()
        self.env.invalidate_all()
        body, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "account.report_invoice_with_payments", move.ids
        )
        return html.fromstring(body)

    @staticmethod
    def _text(page):
        return " ".join(page.text_content().split())

    @staticmethod
    def _said(page):
        found = page.xpath("//div[@name='continuity_payment_note']")
        return " ".join(found[0].text_content().split()) if found else ""

    @staticmethod
    def _qr_payload(page):
        found = page.xpath("//div[@id='qrcode']//img/@src")
        return found[0].removeprefix("data:,") if found else ""

    def assertPaysTo(self, move, account, page=None):
        """Field, paper, QR code and text name this account and no other one."""
        self.assertEqual(move.partner_bank_id, account)
        page = self._printed(move) if page is None else page
        text = self._text(page)
        if move.state == "posted" or move.continuity_direction_id:
            # Odoo prints no account on drafts.
            self.assertIn(account.acc_number, text)
        for number in set(self.accounts_by_number) - {account.acc_number}:
            self.assertNotIn(number, text)
        self.assertEqual(self._qr_payload(page), account.sanitized_acc_number)
