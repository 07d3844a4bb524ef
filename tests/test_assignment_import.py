import base64
import io

import openpyxl
import xlsxwriter

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..wizards.continuity_handover_wizard_list import COLUMNS
from .test_handover_wizard import WizardCommon


class AssignmentCommon(WizardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_leader.group_ids += cls.env.ref("base.group_partner_manager")
        cls.other_team.user_id = cls.approver
        cls.customer_1.write({"ref": "007", "vat": "DE 123.456.789"})
        cls.customer_2.email = "office@customer2.example.com"
        cls.country = cls.env.ref("base.de")
        cls.state = cls.env["res.country.state"].create(
            {"name": "Bavaria", "code": "BY2", "country_id": cls.country.id}
        )

    def _wizard(self, mode, user=None, leavers=None, **values):
        user = user or self.approver
        leavers = self.leaver if leavers is None else leavers
        return (
            self.env["continuity.handover.wizard"]
            .with_user(user)
            .with_context(allowed_company_ids=self.company_a.ids)
            .create(
                {
                    "leaver_ids": [Command.set(leavers.ids)],
                    "reason": "reorganisation",
                    "successor_mode": mode,
                    "company_id": self.company_a.id,
                    "approver_id": self.user_manager.id,
                    "date_start": "2027-03-02",
                    "date_end": "2027-03-12",
                    **values,
                }
            )
        )

    def _csv(self, *rows, heading="Reference,Customer,E-Mail,Tax ID,From,To"):
        return base64.b64encode("\n".join([heading, *rows]).encode())

    def _listed(self, *rows, **values):
        heading = values.pop("heading", "Reference,Customer,E-Mail,Tax ID,From,To")
        values.setdefault("list_filename", "list.csv")
        return self._wizard(
            "list", list_file=self._csv(*rows, heading=heading), **values
        )

    def _reasons(self, wizard):
        return {problem.row: problem.reason for problem in wizard.problem_ids}

    def _got(self, wizard):
        return {
            (line.leaver_id, line.partner_id): line.successor_id
            for line in wizard.line_ids
        }


@tagged("post_install", "-at_install")
class TestAssignmentImport(AssignmentCommon):
    """Every bad row is reported with its number, and nothing is half taken over."""

    def test_good_list(self):
        wizard = self._listed(
            "007,,,,continuity_sales_a,continuity_sales_b",
            ",,OFFICE@customer2.example.com,,Sales A,Colleague",
            ",customer  3,,,sales_b@continuity.example.com,colleague",
        )
        wizard.action_what()
        self.assertEqual(wizard.step, "what")
        self.assertFalse(wizard.problem_ids)
        self.assertEqual(wizard.leaver_ids, self.leaver | self.successor)
        self.assertEqual(
            self._got(wizard),
            {
                (self.leaver, self.customer_1): self.successor,
                (self.leaver, self.customer_2): self.colleague,
                (self.successor, self.customer_3): self.colleague,
            },
        )
        wizard.customer_reason = "Our sales are reorganised by region."
        wizard.action_create_draft()
        plan = self._plans()
        self.assertEqual(plan.leaver_ids, self.leaver | self.successor)
        self.assertEqual(plan.reason, "reorganisation")
        self.assertEqual(len(plan.line_ids), 3)
        self.assertEqual(self.customer_1.user_id, self.leaver, "nothing has moved")

    def test_three_bad_rows(self):
        wizard = self._listed(
            "007,,,,Sales A,Sales B",
            ",Nobody Ltd,,,Sales A,Sales B",
            "",
            ",Customer 2,,,Sales A,Nobody",
            ",Customer 3,,,Sales A,Colleague",
        )
        wizard.action_what()
        self.assertEqual(wizard.step, "who")
        self.assertEqual(
            self._reasons(wizard),
            {
                3: "No customer has Nobody Ltd.",
                5: "Nobody is called Nobody.",
                6: "Customer 3 is looked after by Sales B, not by Sales A.",
            },
        )
        self.assertIn("Nobody Ltd", wizard.problem_ids[0].content)
        self.assertFalse(wizard.line_ids, "none half applied")
        self.assertFalse(wizard.list_assignment)
        self.assertFalse(self._plans())
        # Put right and read again.
        wizard.list_file = self._csv("007,,,,Sales A,Sales B")
        wizard.action_what()
        self.assertFalse(wizard.problem_ids)
        self.assertEqual(wizard.line_ids.partner_id, self.customer_1)

    def test_every_reason(self):
        self._create_customer("Twin", self.leaver)
        self._create_customer("Twin", self.leaver)
        gone = self._create_user("gone", "sales_team.group_sale_salesman")
        gone.active = False
        clerk = self._create_user("clerk", "base.group_user")
        self.assertTrue(clerk)
        cases = {
            ",Twin,,,Sales A,Sales B": "2 customers are meant",
            ",,,,Sales A,Sales B": "names no customer",
            "007,,,,Sales A,": "who takes over",
            "007,,,,Sales A,Sales A": "from themself",
            "007,,,,Sales A,Gone": "can no longer log in",
            "007,,,,Sales A,Clerk": "no access to Sales",
            "007,,,,Sales A,continuity_b": "cannot work in Continuity A",
            "007,,,,Portal,Sales B": "Nobody is called Portal",
            "007,,,,Manager,Sales B": "drafted by themself or by their manager",
        }
        for row, reason in cases.items():
            with self.subTest(row=row):
                wizard = self._listed(row)
                wizard.action_what()
                self.assertRegex(self._reasons(wizard).get(2, ""), reason)
                self.assertFalse(wizard.line_ids)

    def test_duplicate_row(self):
        wizard = self._listed(
            "007,,,,Sales A,Sales B", ",Customer 1,,,Sales A,Colleague"
        )
        wizard.action_what()
        self.assertEqual(
            self._reasons(wizard), {3: "Customer 1 stands in row 2 already."}
        )

    def test_name_of_two_is_decided_by_the_predecessor(self):
        self._create_customer("Customer 1", self.successor)
        wizard = self._listed(",Customer 1,,,Sales A,Colleague")
        wizard.action_what()
        self.assertEqual(wizard.line_ids.partner_id, self.customer_1)

    def test_tax_id_and_contact(self):
        for row in (
            ",,,DE123456789,Sales A,Sales B",
            f",{self.contact_1.name},,,Sales A,Sales B",
        ):
            with self.subTest(row=row):
                wizard = self._listed(row)
                wizard.action_what()
                self.assertEqual(wizard.line_ids.partner_id, self.customer_1)

    def test_without_predecessor_column(self):
        wizard = self._listed(
            "Customer 1;Sales B", "Customer 3;Colleague", heading="Customer;Successor"
        )
        wizard.action_what()
        self.assertEqual(wizard.leaver_ids, self.leaver | self.successor)

    def test_spreadsheet_with_empty_rows(self):
        content = io.BytesIO()
        with xlsxwriter.Workbook(content) as book:
            sheet = book.add_worksheet()
            for row, values in (
                (0, ("Reference", "Predecessor", "Successor")),
                (1, ("007", "Sales A", "Sales B")),
                (4, ("008", "Sales A", "Sales B")),
            ):
                sheet.write_row(row, 0, values)
        wizard = self._wizard(
            "list",
            list_file=base64.b64encode(content.getvalue()),
            list_filename="list.xlsx",
        )
        wizard.action_what()
        self.assertEqual(self._reasons(wizard), {5: "No customer has 008."})

    @mute_logger("odoo.addons.base_import.models.base_import")
    def test_files_that_are_no_list(self):
        for name, content, reason in (
            ("list.csv", b"Customer,Successor", "empty"),
            ("list.csv", b"A,B\n1,2", "No column names the customers"),
            ("list.csv", b"Customer,B\n1,2", "needs a column Successor"),
            ("list.pdf", b"%PDF-1.4", "CSV or XLSX"),
            ("list.xlsx", b"nonsense", "."),
            ("list.csv", False, "Choose the file"),
        ):
            wizard = self._wizard(
                "list",
                list_file=content and base64.b64encode(content),
                list_filename=name,
            )
            with (
                self.subTest(name=name, content=content),
                self.assertRaisesRegex(UserError, reason),
            ):
                wizard.action_what()

    def test_template(self):
        wizard = self._wizard("list")
        url = wizard.action_download_template()["url"]
        self.assertIn(f"{wizard.id}/list_template", url)
        book = openpyxl.load_workbook(
            io.BytesIO(base64.b64decode(wizard.list_template))
        )
        rows = list(book.active.iter_rows(values_only=True))
        self.assertEqual(rows[0][0], "Reference")
        self.assertEqual(rows[1][0], "007", "keeps its zeros")
        self.assertEqual(len(rows), 3)
        # Filled in, it is a list.
        for row in range(2, 4):
            book.active.cell(row, 6, "Sales B")
        content = io.BytesIO()
        book.save(content)
        wizard.write(
            {
                "list_file": base64.b64encode(content.getvalue()),
                "list_filename": "customers.xlsx",
            }
        )
        wizard.action_what()
        self.assertEqual(set(self._got(wizard).values()), {self.successor})
        self.assertEqual(len(wizard.line_ids), 2)

    def test_template_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        labels = {"customer": "得意先", "successor": "後任者"}
        self.patch(
            type(self.env["continuity.handover.wizard"]),
            "_list_columns",
            lambda wizard: (
                {name: labels.get(name, name) for name in COLUMNS}
                if wizard.env.lang == "ja_JP"
                else {name: name for name in COLUMNS}
            ),
        )
        wizard = self._listed("Customer 1,Sales B", heading="得意先,後任者")
        wizard.action_what()
        self.assertEqual(wizard.line_ids.partner_id, self.customer_1)

    def test_other_companys_customer_is_unknown(self):
        self._create_customer(
            "Hidden", self.user_company_b, company_id=self.company_b.id
        )
        wizard = self._listed(",Hidden,,,Sales A,Sales B")
        wizard.action_what()
        self.assertEqual(self._reasons(wizard), {2: "No customer has Hidden."})

    def test_each_role(self):
        row = ",Customer 1,,,Sales A,Sales B"
        for user in (self.approver, self.user_manager, self.leaver):
            with self.subTest(user=user.login):
                wizard = self._listed(row, user=user, leavers=self.leaver)
                wizard.action_what()
                self.assertEqual(wizard.line_ids.partner_id, self.customer_1)
        for user in (self.successor, self.colleague, self.user_all):
            with self.subTest(user=user.login):
                wizard = self._listed(row, user=user, leavers=user)
                wizard.action_what()
                self.assertIn("themself or by their manager", wizard.problem_ids.reason)
        with self.assertRaises(AccessError):
            self._listed(row, user=self.user_portal)

    def test_over_rpc(self):
        wizard = self._listed(
            ",Nobody,,,Sales A,Sales B", user=self.leaver, leavers=self.leaver
        )
        wizard.action_what()
        with self.assertRaises(AccessError):
            self._rpc(self.leaver, wizard.problem_ids, "write", {"reason": "None"})
        with self.assertRaises(AccessError):
            self._rpc(self.colleague, wizard, "action_what")
        # Written past the file: the plan's own checks stand.
        wizard.write({"list_assignment": [[self.successor.id, self.customer_3.id, 1]]})
        wizard.leaver_ids = self.successor
        with self.assertRaises(AccessError):
            self._rpc(self.leaver, wizard, "action_preview")

    def test_statements_do_not_grow_with_rows(self):
        for number in range(40):
            self._create_customer(f"Many {number}", self.leaver)
        rows = [f",Many {number},,,Sales A,Sales B" for number in range(40)]
        few, many = self._listed(*rows[:2]), self._listed(*rows)
        few._read_list()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(45):
            many._read_list()
        self.assertEqual(len(many.list_assignment), 40)


@tagged("post_install", "-at_install")
class TestAssignmentRules(AssignmentCommon):
    """“Tier A in Bavaria → Tanaka”: the first rule that fits decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer_1.write({"country_id": cls.country.id, "state_id": cls.state.id})

    def _with_rules(self, *rules, **values):
        return self._wizard(
            "rules",
            rule_ids=[
                Command.create({"sequence": number, **rule})
                for number, rule in enumerate(rules)
            ],
            **values,
        )

    def test_first_that_fits(self):
        wizard = self._with_rules(
            {
                "tier_id": self.tier_a.id,
                "state_id": self.state.id,
                "successor_id": self.colleague.id,
            },
            {"successor_id": self.deputy.id},
            leavers=self.leaver | self.successor,
        )
        wizard.action_what()
        self.assertEqual(
            self._got(wizard),
            {
                (self.leaver, self.customer_1): self.colleague,
                (self.leaver, self.customer_2): self.deputy,
                (self.successor, self.customer_3): self.deputy,
            },
        )
        self.assertEqual(wizard.rule_ids.mapped("count"), [1, 2])
        self.assertIn("Every customer", wizard.rules_text)

    def test_no_rule(self):
        wizard = self._with_rules(
            {"tier_id": self.tier_c.id, "successor_id": self.colleague.id}
        )
        wizard.action_count_rules()
        self.assertEqual(wizard.step, "who")
        self.assertEqual(wizard.rule_ids.count, 1)
        self.assertIn("1 customers", wizard.rules_text)
        self.assertIn("Customer 1", wizard.rules_text)
        wizard.action_what()
        self.assertFalse(self._line(wizard, self.customer_1).successor_id)
        self._assert_refused(wizard, "action_create_draft", "1 customers have no")

    def test_each_condition(self):
        industry = self.env["res.partner.industry"].create({"name": "Optics"})
        self.customer_1.industry_id = industry
        for values in (
            {"country_id": self.country.id},
            {"industry_id": industry.id},
            {"tier_id": self.tier_a.id},
            {"state_id": self.state.id},
        ):
            with self.subTest(rule=values):
                wizard = self._with_rules({**values, "successor_id": self.colleague.id})
                wizard.action_what()
                got = self._got(wizard)
                self.assertEqual(got[self.leaver, self.customer_1], self.colleague)
                self.assertFalse(got[self.leaver, self.customer_2])

    def test_team(self):
        wizard = self._with_rules(
            {"team_id": self.other_team.id, "successor_id": self.colleague.id},
            leavers=self.leaver | self.successor,
        )
        wizard.action_what()
        got = self._got(wizard)
        self.assertEqual(got[self.successor, self.customer_3], self.colleague)
        self.assertFalse(got[self.leaver, self.customer_1])

    def test_rule_gives_to_the_predecessor(self):
        wizard = self._with_rules({"successor_id": self.leaver.id})
        wizard.action_count_rules()
        self.assertIn("2 customers", wizard.rules_text)

    def test_bad_rules(self):
        for rules, reason in (
            ((), "Add a rule"),
            (({"tier_id": self.tier_a.id},), "Name a successor in every rule"),
            (({"successor_id": self.user_company_b.id},), "cannot work in"),
        ):
            wizard = self._with_rules(*rules)
            for method in ("action_count_rules", "action_what"):
                with (
                    self.subTest(reason=reason, method=method),
                    self.assertRaisesRegex(UserError, reason),
                ):
                    getattr(wizard, method)()

    def test_others_customers_are_not_counted(self):
        wizard = self._with_rules(
            {"successor_id": self.colleague.id}, user=self.colleague
        )
        with self.assertRaises(AccessError):
            self._rpc(self.colleague, wizard, "action_count_rules")
        self.assertFalse(wizard.rules_text)

    def test_rules_are_ones_own(self):
        wizard = self._with_rules({"successor_id": self.colleague.id})
        with self.assertRaises(AccessError):
            self._rpc(self.user_manager, wizard.rule_ids, "read", ["successor_id"])
