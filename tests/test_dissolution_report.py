import base64
import csv
import io
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_transfer import TransferCommon


@tagged("post_install", "-at_install")
class TestClosingReport(TransferCommon):
    """What a campaign led to, in figures that agree with what happened (D9, D10)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._tell(cls.line_1, cls.line_2)

    def setUp(self):
        super().setUp()
        self._dates(decision="2027-02-15", last_service="2027-05-31")

    def _sections(self, user=None, lang="en_US"):
        campaign = self.campaign.with_user(user or self.member).with_context(lang=lang)
        return {s["title"]: s for s in campaign._closing_report_sections()}

    def _text(self, section):
        rows = [" | ".join(row) for row in section.get("rows", [])]
        return "\n".join(rows + section.get("lines", []))

    def _render(self, user, lang="en_US"):
        report = self.env["ir.actions.report"].with_user(user).with_context(lang=lang)
        return report._render_qweb_html(
            "customer_continuity.report_dissolution_closing", self.campaign.ids
        )[0].decode()

    def test_rows_have_the_columns(self):
        for title, section in self._sections().items():
            for row in section.get("rows", []):
                for cell in row:
                    self.assertIsInstance(cell, str, title)
                if section.get("columns"):
                    self.assertEqual(len(row), len(section["columns"]), title)

    def test_summary(self):
        text = self._text(self._sections()["The campaign"])
        self.assertIn("Customers told | 2 of 3 (67 %)", text)
        # From 1 March to 31 May.
        self.assertIn("at least 91, 91 in the middle", text)
        self.assertIn("Decision | 02/15/2027", text)
        self.assertNotIn("credit line", text)

    def test_told_by_tier_and_segment(self):
        rows = self._sections()["How customers were told"]["rows"]
        self.assertEqual(
            [row[:4] for row in rows],
            [
                ["A", "Unfulfilled", "1 of 1 (100 %)", "1"],
                ["B", "Paying", "1 of 1 (100 %)", "1"],
                ["C", "Settled", "0 of 1 (0 %)", "0"],
            ],
        )
        self.assertIn("Visit", rows[0][5])

    def test_nobody_is_forgotten(self):
        text = self._text(self._sections()["Left out or not told"])
        self.assertEqual(text, "Customer 3 | not told yet")
        self.line_3.with_user(self.approver)._leave_out("A sister company")
        text = self._text(self._sections()["Left out or not told"])
        self.assertEqual(text, "Customer 3 | A sister company")

    def test_told_before_it_was_public(self):
        self._dates(decision="2027-02-15", announcement="2027-02-28")
        text = self._text(self._sections()["How customers were told"])
        self.assertIn("0 of 3 (0 %)", text)

    def test_obligations(self):
        rows = self.env["continuity.obligation"].create(
            [
                {"customer_id": self.line_1.id, "kind": kind, "description": kind}
                for kind in ("warranty", "warranty", "data")
            ]
        )
        rows[0].sudo().write(
            {
                "state": "decided",
                "decision": "The maker takes the warranty on.",
                "decided_by_id": self.approver.id,
                "decided_on": "2027-03-01 05:00:00",
            }
        )
        rows[2].sudo().write({"state": "settled", "settled_by_document": False})
        sections = self._sections()
        owed = sections["Obligations and how they ended"]["rows"]
        self.assertEqual(
            {row[0]: row[1:2] + row[3:] for row in owed},
            {
                "Warranty": ["2", "0", "0", "1", "1"],
                "Data we hold": ["1", "0", "1", "0", "0"],
            },
        )
        self.assertIn(
            "Customer 1 | warranty | The maker takes the warranty on. | Leader",
            self._text(sections["Decided by name"]),
        )

    def test_transfers(self):
        sections = self._sections()
        (row,) = sections["Transfers to successors"]["rows"]
        self.assertEqual(row, ["Provider One", "Agreed 1", "Given 1", "Given 1"])
        self.transfer.sudo().write(
            {"state": "returned", "return_reason": "Too far away"}
        )
        text = self._text(self._sections()["Transfers to successors"])
        self.assertIn("Customer 1 came back from Provider One: Too far away", text)

    def test_hours(self):
        self.env["continuity.dissolution.work"].with_user(self.member).create(
            {"dissolution_id": self.campaign.id, "kind": "legal", "minutes": 90}
        )
        text = self._text(self._sections()["Hours"])
        self.assertIn("Legal and authorities | 1.5", text)
        self.assertIn("1.5 hours in all; 0 % of them went to customers.", text)

    def test_proof(self):
        text = self._text(self._sections()["Proof of service"])
        self.assertIn("letters were sent or posted", text)
        self.assertNotIn("alphabetical", text)
        self.notice.attempt_ids.sudo().letter_hash = "ab" * 32
        text = self._text(self._sections()["Proof of service"])
        self.assertRegex(text, "alphabetical order: [0-9a-f]{64}")

    def test_who_reads_it(self):
        for user in (self.member, self.approver, self.user_manager):
            self.assertIn("The campaign", self._sections(user))
        # Who speaks to two of its customers does not learn of the others.
        for user in (self.speaker, self.stranger, self.user_company_b):
            with self.assertRaises(AccessError):
                self._sections(user)
        with self.assertRaises(AccessError):
            self._rpc(self.speaker, self.campaign, "action_closing_report")

    def test_printed(self):
        self.campaign.sudo().report_note = "Two customers moved abroad."
        html = self._render(self.member)
        for text in ("Closing Report", "Two customers moved abroad.", "not closed"):
            self.assertIn(text, html)
        self.campaign.sudo().state = "done"
        self.assertNotIn("The campaign is not closed", self._render(self.member))


@tagged("post_install", "-at_install")
class TestConcernRegister(TransferCommon):
    """What customers of a campaign raised, in one register (D9)."""

    def setUp(self):
        super().setUp()
        self._dates(decision="2027-02-15")
        self.complaint = self._raise(self.customer_1, "complaint", touchpoint=True)
        self.legal = self._raise(self.customer_2, "legal")
        with self._at("2027-02-10 06:00:00"):
            self.before = self._raise(self.customer_2, "question")
        self.stranger_customer = self._create_customer("Somebody else")
        self.elsewhere = self._raise(self.stranger_customer, "question")

    def _raise(self, partner, kind, touchpoint=False):
        concern = self.env["continuity.concern"].create(
            {
                "partner_id": partner.id,
                "company_id": self.company_a.id,
                "kind": kind,
                "question": f"=About {kind}",
                "owner_id": self.speaker.id,
            }
        )
        if touchpoint:
            concern.sudo().touchpoint_id = self.notice
        return concern

    def _rows(self, user):
        action = self.campaign.with_user(user).action_concern_register_csv()
        register_id = int(action["url"].split("/")[4])
        register = self.env["continuity.concern.register"].with_user(user)
        content = base64.b64decode(register.browse(register_id).csv_file)
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))

    def test_what_belongs_to_it(self):
        """What its letters led to, and what its customers raised since the decision."""
        concerns = self.campaign._concerns()
        self.assertEqual(concerns, self.complaint | self.legal)
        self.assertEqual(self.campaign.concern_count, 2)

    def test_csv(self):
        header, *rows = self._rows(self.member)
        self.assertEqual(len(rows), 2)
        row = dict(zip(header, rows[0], strict=True))
        self.assertEqual(row["Customer"], "Customer 1")
        self.assertEqual(row["Kind"], "Complaint")
        self.assertEqual(row["In their words"], "'=About complaint")
        self.assertEqual(row["Status"], "New")

    def test_says_what_it_does_not_show(self):
        self.line_2.user_id = self.user_sales_b
        self.customer_2.user_id = self.user_sales_b
        self.legal.sudo().owner_id = self.user_sales_b
        rows = self._rows(self.speaker)
        self.assertEqual(len(rows), 3)
        self.assertIn("1 more concerns", rows[-1][0])

    def test_nobody_else_opens_it(self):
        action = self.campaign.with_user(self.member).action_concern_register_csv()
        register_id = int(action["url"].split("/")[4])
        register = self.env["continuity.concern.register"].browse(register_id)
        with self.assertRaises(AccessError):
            register.with_user(self.approver).check_access("read")
        with self.assertRaises(AccessError):
            self._rpc(self.stranger, self.campaign, "action_concern_register_pdf")
        with self.assertRaises(AccessError):
            self._rpc(self.member, register, "write", {"hidden_count": 0})

    def test_pdf(self):
        action = self.campaign.with_user(self.member).action_concern_register_pdf()
        html = (
            self.env["ir.actions.report"]
            .with_user(self.member)
            ._render_qweb_html(action["report_name"], action["context"]["active_ids"])[
                0
            ]
            .decode()
        )
        self.assertIn("Register of questions, complaints and letters", html)
        self.assertIn("=About legal", html)

    def test_in_the_report(self):
        with self._at(self.complaint.deadline + timedelta(days=1)):
            sections = self.campaign.with_user(self.member)._closing_report_sections()
        section = next(s for s in sections if s["title"].startswith("Complaints"))
        self.assertEqual(
            [row[1:3] for row in section["rows"]],
            [["Customer 1", "Complaint"], ["Customer 2", "Lawyer's Letter"]],
        )
