"""Odoo's own addresses for files, reports and exports, called by who has no part."""

import json

from odoo import Command, http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common_factoring_access import SECRET_REASON, FactoringAccessCommon

PAPER = b"%PDF-1.4 signed"


@tagged("post_install", "-at_install")
class TestFactoringHttpAttacks(FactoringAccessCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.outsiders - cls.public:
            user.password = user.login
        cls.choice = (
            cls.env["continuity.factor.choice"]
            .with_user(cls.user_manager)
            .with_context(allowed_company_ids=cls.company_a.ids)
            .create(
                {
                    "name": "Choice 2027",
                    "company_id": cls.company_a.id,
                    "volume": 1000,
                    "days_outstanding": 30,
                }
            )
        )
        cls.offer = cls.choice.offer_ids.create(
            {
                "choice_id": cls.choice.id,
                "factor_id": cls.secret_factor.id,
                "document_ids": [Command.create({"name": "o.pdf", "raw": PAPER})],
            }
        )
        cls.contract = (
            cls.env["continuity.contract.review"]
            .with_user(cls.user_manager)
            .with_company(cls.company_a)
            .create(
                {
                    "partner_id": cls.customer_1.id,
                    "attachment_ids": [Command.create({"name": "c.pdf", "raw": PAPER})],
                }
            )
        )

    def setUp(self):
        super().setUp()
        for name in (
            "odoo.http",
            "odoo.addons.base.models.ir_binary",
            "odoo.addons.base.models.ir_actions_report",
            "odoo.addons.base.models.ir_rule",
            "odoo.addons.base.models.ir_model",
            "odoo.addons.web.controllers.export",
        ):
            self.enterContext(mute_logger(name))

    def _log_in(self, user):
        login = user and user.login
        self.authenticate(login, login)
        if not user:
            self.opener.cookies.pop("session_id", None)

    def _release_paper(self):
        """The release the factor signed, where the agreement keeps it."""
        paper = (
            self.env["ir.attachment"]
            .with_user(self.user_manager)
            .create({"name": "release.pdf", "raw": PAPER})
        )
        debtor = self.secret.debtor_ids.with_user(self.user_manager)
        self.secret.sudo().turnover_ids.with_user(
            self.user_manager
        ).action_turned_over()
        debtor._release(self.invoice_3.date, self.invoice_3.date, paper, "It ended.")
        copies = self.env["ir.attachment"].search(
            [("name", "=", "release.pdf"), ("id", "!=", paper.id)]
        )
        self.assertTrue(copies)
        return paper | copies

    def test_files(self):
        release = self._release_paper()
        wizard = (
            self.env["continuity.factoring.list"]
            .with_user(self.user_manager)
            .create({"factoring_id": self.secret.id})
        )
        files = release | self.offer.document_ids | self.contract.attachment_ids
        self.assertEqual(len(files), len(release) + 2)
        csv = f"/web/content/{wizard._name}/{wizard.id}/csv_file/x.csv?download=1"
        strangers = [
            None,
            self.user_portal,
            self.user_sales_a,
            self.user_sales_b,
            self.user_company_b,
        ]
        for user in strangers:
            self._log_in(user)
            for file in files:
                for path in (
                    f"/web/content/{file.id}",
                    f"/web/content/{file.id}?access_token=guessed",
                    f"/web/content/ir.attachment/{file.id}/raw",
                    f"/web/image/{file.id}",
                ):
                    with self.subTest(user=user and user.name, path=path):
                        content = self.url_open(path, timeout=30).content
                        self.assertFalse(content.startswith(b"%PDF"))
            with self.subTest(user=user and user.name, path=csv):
                self.assertNotIn("Customer 3", self.url_open(csv, timeout=30).text)
        # Accountants and managers read contracts and offers, not what is secret.
        for user in self.chief | self.accountant:
            self._log_in(user)
            for file in release:
                content = self.url_open(f"/web/content/{file.id}", timeout=30).content
                self.assertFalse(content.startswith(b"%PDF"), user.name)
            path = f"/web/content/{self.contract.attachment_ids.id}"
            self.assertTrue(self.url_open(path).content.startswith(b"%PDF"), user.name)
            self.assertNotIn("Customer 3", self.url_open(csv, timeout=30).text)

    def test_reports(self):
        report = "customer_continuity.report_factor_choice"
        for user in (
            None,
            self.user_portal,
            self.user_sales_b,
            self.user_company_b,
            self.elsewhere,
        ):
            self._log_in(user)
            for kind in ("html", "text"):
                path = f"/report/{kind}/{report}/{self.choice.id}"
                if user == self.elsewhere:
                    context = json.dumps({"allowed_company_ids": self.company_b.ids})
                    path += f"?context={context}"
                with self.subTest(user=user and user.name, path=path):
                    text = self.url_open(path, timeout=60).text
                    self.assertNotIn(self.secret_factor.name, text)
        self._log_in(self.chief)
        text = self.url_open(f"/report/html/{report}/{self.choice.id}", timeout=60).text
        self.assertIn(self.secret_factor.name, text)

    def test_export_of_a_list(self):
        for user in (self.chief, self.accountant, self.user_sales_b):
            self._log_in(user)
            for model, names in (
                ("continuity.factoring", ["name", "factor_id/name", "internal_reason"]),
                ("continuity.factoring.debtor", ["partner_id/name"]),
                ("continuity.factoring.assignment", ["partner_id/name", "amount"]),
                (
                    "account.move",
                    ["name", "continuity_assignment_text", "continuity_turnover_count"],
                ),
            ):
                data = {
                    "model": model,
                    "fields": [{"name": n, "label": n} for n in names],
                    "ids": False,
                    "domain": [],
                    "import_compat": False,
                    "context": {"allowed_company_ids": user.company_ids.ids},
                }
                with self.subTest(user=user.name, model=model):
                    answer = self.url_open(
                        "/web/export/csv",
                        data={
                            "data": json.dumps(data),
                            "csrf_token": http.Request.csrf_token(self),
                        },
                        timeout=60,
                    )
                    for secret in (self.secret_factor.name, SECRET_REASON):
                        self.assertNotIn(secret, answer.text)
                    if model != "account.move":
                        self.assertNotIn("Customer 3", answer.text)
