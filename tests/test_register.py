import base64
import csv
import io

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_letter import LetterCommon


@tagged("post_install", "-at_install")
class TestRegister(LetterCommon):
    """Proof of service: who was told what, when, how and with what result (N7)."""

    def _register(self, action, user=None):
        register_id = int(action["url"].split("/")[4])
        return (
            self.env["continuity.register"]
            .with_user(user or self.leaver)
            .browse(register_id)
        )

    def _rows(self, register):
        content = base64.b64decode(register.csv_file)
        self.assertTrue(content.startswith(b"\xef\xbb\xbf"))
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))

    def test_of_a_selection(self):
        self.mail.with_user(self.leaver).action_release()
        self.mail.sudo().write({"ack_date": "2027-03-01 06:00:00", "ack_name": "Jane"})
        self._attempt(self.mail, "sent")
        letters = self.paper | self.mail
        register = self._register(letters.with_user(self.leaver).action_register_csv())
        header, *rows = self._rows(register)
        self.assertEqual(len(rows), 2)
        row = dict(zip(header, rows[0], strict=True))
        self.assertEqual(row["Customer"], "Customer 1")
        self.assertEqual(row["What"], "How is Customer 1?")
        self.assertEqual(row["Sent to"], "jane@buyer.example.com")
        self.assertEqual(row["Fingerprint (SHA-256)"], self.mail.letter_hash)
        self.assertEqual(row["Result"], "Sent")
        self.assertEqual(row["When (UTC)"], "2027-03-01 06:00")
        self.assertEqual(row["Acknowledged"], "2027-03-01 06:00 Jane")
        self.assertEqual(rows[1][header.index("Result")], "")
        self.assertEqual(rows[1][header.index("Status")], "Owed")

    def test_of_a_plan(self):
        plan = self._running_plan()
        expected = plan.line_ids.touchpoint_ids
        self.assertTrue(expected)
        register = self._register(plan.with_user(self.leaver).action_register_csv())
        self.assertEqual(register.touchpoint_ids, expected)
        self.assertEqual(len(self._rows(register)), len(expected) + 1)

    def test_says_what_it_does_not_show(self):
        """Who may read the plan sees their own customers, and the number of the
        others."""
        approvals = [
            Command.create({"user_id": user.id})
            for user in (self.approver, self.deputy)
        ]
        plan = self._submit(self._create_plan(approval_ids=approvals))
        self._approve(self._approve(plan), self.deputy)
        hidden = len(plan.line_ids.touchpoint_ids)
        visible = self._plan_touchpoint(
            self.customer_1,
            origin_model="continuity.handover.line",
            origin_id=plan.line_ids[0].id,
            user_id=self.deputy.id,
        )
        action = plan.with_user(self.deputy).action_register_csv()
        register = self._register(action, self.deputy)
        self.assertEqual(register.touchpoint_ids, visible)
        self.assertIn(f"{hidden} more contacts", self._rows(register)[-1][0])

    def test_no_formulas(self):
        for name in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"):
            self.customer_1.name = name
            self.mail.sudo().name = name
            register = self._register(
                self.mail.with_user(self.leaver).action_register_csv()
            )
            for cell in self._rows(register)[1]:
                self.assertNotRegex(cell, r"^[=+\-@\t＝]")

    def test_stable_order(self):
        letters = self.mail | self.paper | self._plan_letter(self.customer_2)
        one, two = (
            self._rows(
                self._register(some.with_user(self.leaver).action_register_csv())
            )
            for some in (letters, letters.browse(reversed(letters.ids)))
        )
        self.assertEqual(one, two)

    def test_pdf(self):
        action = self.mail.with_user(self.leaver).action_register_pdf()
        self.assertEqual(action["report_name"], "customer_continuity.report_register")
        register = self.env["continuity.register"].search([], order="id desc", limit=1)
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "customer_continuity.action_report_register", register.ids
        )
        self.assertIn("Customer 1", html.decode())

    def test_who_may(self):
        with self.assertRaises(AccessError):
            self._rpc(self.colleague, self.mail, "action_register_csv")
        plan = self._running_plan()
        for user in (self.colleague, self.user_company_b):
            with self.assertRaises(AccessError):
                self._rpc(user, plan, "action_register_csv")
        register = self._register(
            self.mail.with_user(self.leaver).action_register_csv()
        )
        with self.assertRaises(AccessError):
            register.with_user(self.user_manager).read(["csv_file"])

    def test_nothing_to_list(self):
        with self.assertRaises(UserError):
            self._create_plan().with_user(self.leaver).action_register_csv()

    def test_queries_do_not_grow_with_the_rows(self):
        letters = self.mail
        for number in range(20):
            customer = self._create_customer(f"Many {number}", self.leaver)
            letters |= self._plan_letter(customer)
        small = self._register(letters[:3].with_user(self.leaver).action_register_csv())
        large = self._register(letters.with_user(self.leaver).action_register_csv())

        def count(register):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            register._rows()
            return self.env.cr.sql_log_count - before

        count(large)
        self.assertLessEqual(count(large), count(small) + 3)

    def test_title_and_completeness_are_ours(self):
        registers = self.env["continuity.register"]
        letters = [Command.set(self.mail.ids)]
        for values in (
            {"name": "All of them", "touchpoint_ids": letters},
            {"hidden_count": 0, "touchpoint_ids": letters},
        ):
            with self.assertRaises(AccessError):
                self._rpc(self.leaver, registers, "create", [values])
        register = self._register(
            self.mail.with_user(self.leaver)
            .with_context(default_hidden_count=7)
            .action_register_csv()
        )
        self.assertEqual(register.hidden_count, 0)
        self.assertEqual(register.create_uid, self.leaver)
