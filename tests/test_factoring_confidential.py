"""A confidential agreement leaves nothing a customer can see (I12, X8)."""

import difflib
import json
import re

from odoo import Command
from odoo.tests import tagged

from .common_factoring_silence import SilenceCommon, normalised

# What would tell a customer, in the languages of the addon.
WORDS = re.compile(
    r"factoring|\b(?:a|the|our|this) factor\b|turn(?:ed)? over to|"
    r"(?:invoice|receivable|claim)s?[^.]{0,30} (?:assigned|sold)|"
    r"ファクタリング|債権譲渡|債権の譲渡|保理|应收账款转让|应收账款已转让",
    re.I,
)


@tagged("post_install", "-at_install")
class TestFactoringConfidential(SilenceCommon):
    def _traces(self, found):
        """Return what says it, and what the twin has not got, by where it is."""
        secrets = (
            self.secret_factor.name,
            self.secret_factor.email,
            self.secret_account.acc_number,
            self.secret_account.sanitized_acc_number,
            self.agreement.name,
            self.agreement.internal_reason,
        )
        covered, twin = found[self.covered], found[self.twin]
        traces = {label: "one has it" for label in covered.keys() ^ twin.keys()}
        for label in covered.keys() & twin.keys():
            text = covered[label]
            said = [secret for secret in secrets if secret in text]
            said += [match[0] for match in WORDS.finditer(text)]
            if difference := self._differences(text, twin[label]):
                said.append(difference)
            if said:
                traces[label] = "\n".join(said)
        return traces

    @staticmethod
    def _differences(text, other):
        lines = [
            [line.strip() for line in normalised(t).splitlines() if line.strip()]
            for t in (text, other)
        ]
        return "\n".join(
            line[:400]
            for line in difflib.unified_diff(*lines, lineterm="", n=0)
            if not line.startswith(("---", "+++", "@@"))
        )

    def test_everything_a_customer_can_get(self):
        self._live()
        found = self._collect()
        self._assert_found(found[self.covered])
        for label, trace in self._traces(found).items():
            with self.subTest(label):
                self.fail(trace)

    def _assert_found(self, found):
        """What is looked through is there, or silence proves nothing."""
        number = self.invoices[self.covered][1].name
        for label in ("invoice 1", "UBL 1", "/my/invoices", "link 1"):
            self.assertIn(number, found[label])
        own = self.own_account.acc_number
        self.assertIn(own, found["QR code 1"])
        self.assertIn(own, found["invoice 1"])
        self.assertIn("Thank you for your patience", found["chatter"])
        mails = [text for label, text in found.items() if label.startswith("mail")]
        for said in (
            number,
            "Thank you for your patience",
            "A word to Customer",
            "VEVENT",
        ):
            self.assertTrue(any(said in text for text in mails), said)
        self.assertIn("rows account.move", found)

    def test_a_leak_is_noticed(self):
        """The proof of the proof: each of these is found."""
        self._live()
        move = self.invoices[self.covered][1]
        account = move.partner_bank_id
        said = {"invoice 1", "UBL 1"}
        for leak, labels in (
            ({}, set()),
            ({"narration": "<p>Sold to Quiet Capital</p>"}, said),
            ({"narration": "<p>Pay as ever.</p>"}, said),
            ({"narration": False}, set()),
            ({"partner_bank_id": self.secret_account.id}, {*said, "QR code 1"}),
            ({"partner_bank_id": account.id}, set()),
            ({"payment_reference": "QC"}, {*said, "QR code 1"}),
        ):
            with self.subTest(leak):
                # Whoever writes it, by whatever way.
                move.sudo().write(leak)
                self.env.flush_all()
                found = {c: self._papers(c) for c in (self.covered, self.twin)}
                self.assertEqual(set(self._traces(found)), labels)

    def test_brief_for_the_next_salesperson(self):
        """Who takes the customer over learns what a customer may learn from them."""
        self._live()
        plan = self.env["continuity.handover"].create(
            {
                "company_id": self.company_a.id,
                "leaver_ids": [Command.set(self.user_sales_a.ids)],
                "reason": "transfer",
                "customer_reason": "Our colleague takes over the region.",
                "date_start": self._day(),
                "date_end": self._day(20),
                "line_ids": [
                    Command.create(
                        {
                            "leaver_id": self.user_sales_a.id,
                            "successor_id": self.user_sales_b.id,
                            "partner_id": customer.id,
                        }
                    )
                    for customer in (self.covered, self.twin)
                ],
            }
        )
        briefs = self.env["continuity.handover.brief"]
        briefs._ensure(plan.line_ids)
        briefs._build(plan.line_ids)
        found = {}
        for line in plan.line_ids:
            content = line.sudo().brief_ids.content
            self.assertIn(self.invoices[line.partner_id][2].name, str(content))
            found[line.partner_id] = {"brief": json.dumps(content, indent=1)}
        self.assertFalse(self._traces(found))
