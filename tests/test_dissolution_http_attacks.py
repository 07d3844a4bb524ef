from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .test_dissolution_attacks import AttackCommon

WHY_INSIDE = "The bank has cut the credit line."


@tagged("post_install", "-at_install")
class TestDissolutionHttpAttacks(AttackCommon, HttpCase):
    """Odoo's own addresses for files and reports, called by who has no part in it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(
            cls.env,
            "portal_of_customer_1",
            "base.group_portal",
            partner_id=cls.env["res.partner"]
            .create({"name": "Clerk", "parent_id": cls.customer_1.id})
            .id,
        )
        cls.accountant = cls._create_user("books", "account.group_account_manager")
        for user in cls.outsiders | cls.accountant | cls.speaker:
            user.password = user.login
        cls.attackers = [None, cls.portal, cls.accountant, *cls.outsiders]

    def setUp(self):
        super().setUp()
        for name in ("odoo.http", "odoo.addons.base.models.ir_binary"):
            self.enterContext(mute_logger(name))
        self.enterContext(mute_logger("odoo.addons.base.models.ir_actions_report"))

    def _get(self, user, path):
        login = user and user.login
        self.authenticate(login, login)
        if not user:
            self.opener.cookies.pop("session_id", None)
        return self.url_open(path, timeout=30)

    def test_reports(self):
        report = "/report/html/customer_continuity.report_dissolution_"
        paths = (
            f"{report}plan/{self.secret_line.id}",
            f"{report}closing/{self.secret.id}",
            f"/report/text/customer_continuity.report_dissolution_closing/{self.secret.id}",
        )
        for user in self.attackers:
            for path in paths:
                with self.subTest(user=user and user.login, path=path):
                    text = self._get(user, path).text
                    for told in (WHY_INSIDE, self.secret.name, "Customer 3"):
                        self.assertNotIn(told, text)

    def test_report_of_all_for_who_speaks_to_one(self):
        path = "/report/html/customer_continuity.report_dissolution_closing/"
        text = self._get(self.speaker, f"{path}{self.campaign.id}").text
        self.assertNotIn("Customer 3", text)
        path = "/report/html/customer_continuity.report_dissolution_plan/"
        lines = f"{self.line_1.id},{self.line_3.id}"
        self.assertNotIn("Customer 3", self._get(self.speaker, path + lines).text)
        # The control: it is served to who may have it.
        self.assertIn(
            "Provider One", self._get(self.speaker, f"{path}{self.line_1.id}").text
        )

    def _files(self, record):
        return self.env["ir.attachment"].search(
            [
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
                ("res_field", "!=", False),
            ]
        )

    def test_files(self):
        package = self._export()
        attachments = self._files(package) | self._files(self.commitment)
        self.assertTrue(attachments)
        documents = f"/web/content/{self.commitment._name}/{self.commitment.id}"
        paths = [
            f"{documents}/file",
            f"/web/content/{package._name}/{package.id}/file",
            f"/web/content/{package._name}/{package.id}/content",
            f"/web/image/{package._name}/{package.id}/content",
        ]
        for attachment in attachments:
            paths += [
                f"/web/content/{attachment.id}",
                f"/web/content/{attachment.id}?access_token=guessed",
                f"/web/content/ir.attachment/{attachment.id}/raw",
            ]
        for user in self.attackers:
            if user == self.chief:
                # A manager reads what the provider of a campaign in the open signed.
                continue
            for path in paths:
                with self.subTest(user=user and user.login, path=path):
                    content = self._get(user, path).content
                    self.assertFalse(content.startswith((b"PK", b"%PDF")))
        for path in paths[1:]:
            if str(self.commitment._name) not in path and "/web/content/" in path:
                content = self._get(self.chief, path).content
                self.assertFalse(content.startswith(b"PK"), path)
