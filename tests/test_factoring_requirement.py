import re

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_factoring_letter import LAWS, FactoringLetterCommon

# Which letter has to satisfy the rows of which contents.
OCCURRENCES = {
    "factoring_courtesy": "courtesy",
    "factoring": "notice",
    "factoring_update": f"update:{fields.Date.today()}",
    "factoring_release": "release",
}
# What counsel and practice ask for, written down without looking at the data.
ASKED = {
    ("factoring", None): """assignor factor debtor receivables assignment effective
        pay_to choice valid_payments disputes unchanged call_back release_by signatory
        language no_waiver contact reference""",
    ("factoring", "US-DE"): "us_payable us_identified us_signed us_proof us_defences",
    ("factoring", "GB"): "gb_written gb_express",
    ("factoring", "FR"): "fr_wording fr_stop fr_payee fr_notice",
    ("factoring", "DE"): "de_creditor de_knowledge de_354a",
    ("factoring", "JP"): "jp_assignor jp_assignment jp_certified jp_restriction",
    ("factoring", "CN"): """cn_notice cn_irrevocable cn_identity cn_changes
        cn_registration""",
    ("factoring_courtesy", None): """reason factor changes choice unchanged disputes
        valid_payments formal_notice call_back no_waiver contact""",
    ("factoring_update", None): "words unchanged call_back contact",
    ("factoring_release", None): """factor signed notice scope still_payable effective
        account crossing call_back thanks contact reference""",
}


@tagged("post_install", "-at_install")
class TestFactoringRequirement(FactoringLetterCommon):
    """Every row of the list, removed from the letter, is missed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = cls.env["ir.model.data"].search(
            [
                ("module", "=", "customer_continuity"),
                ("model", "=", "continuity.notice.requirement"),
                ("name", "=like", "requirement_factoring%"),
            ]
        )
        cls.rows = cls.env["continuity.notice.requirement"].browse(
            rows.mapped("res_id")
        )

    def _know_everything(self):
        """Of this customer everything is known that a row may ask for."""
        self._review(
            self.customer_1,
            result="debtor_may_pay",
            reason="Ban in clause 7",
            jurisdiction_id=self.env.ref("customer_continuity.jurisdiction_de").id,
        )
        agreement = self.agreement.sudo()
        agreement.regime = "dailly"
        agreement.prescribed_wording = "Dans les conditions prévues par …"
        self.debtor.write({"state": "noticed", "noticed_on": "2026-06-10 08:00:00"})
        manager = self.debtor.with_user(self.user_manager)
        day = fields.Date.to_date("2026-06-12")
        manager._certify("registration", day, "2026-77", self._attachment())

    def _released(self):
        self._release_debtor()
        # Its other letters are about the time before.
        self.debtor.write({"released_from": "2026-09-01"})

    def _without(self, letter, requirement):
        """The letter of somebody who took out what a row asks for."""
        _subject, body = letter._letter_source("en_US")
        for name in requirement._facts():
            body = re.sub(
                rf'<t t-out="object\.{name}"\s*(/>|>[^<]*</t>)', "it", str(body)
            )
        letter.sudo().write({"own_subject": "Letter", "own_body": body})
        used = letter._facts_used(*letter._letter_source("en_US"))
        self.assertFalse(set(requirement._facts()) & set(used))

    def _laws(self, requirement):
        """The laws a row is asked under, as the tests name them."""
        if not requirement.jurisdiction_id:
            return LAWS if requirement.contents == "factoring" else ("generic",)
        code = requirement.jurisdiction_id.code.lower().replace("-", "_")
        return (code,)

    def test_every_row_is_missed_when_it_is_taken_out(self):
        """Also those the release of which comes later; none is left out."""
        self._know_everything()
        missed = self.rows.browse()
        by_contents = self.rows.grouped("contents")
        self.assertEqual(set(by_contents), set(OCCURRENCES))
        for contents, rows in by_contents.items():
            if contents == "factoring_release":
                self._released()
            for law in LAWS:
                self._set_law(law)
                asked = rows.filtered(lambda row, law=law: law in self._laws(row))
                if not asked:
                    continue
                letter = self._letter(OCCURRENCES[contents])
                self.env.invalidate_all()
                self.assertEqual(self._contents(letter, contents), "", law)
                for row in asked:
                    with self.subTest(row=row.code, law=law):
                        self._without(letter, row)
                        # As whoever wants to release it is told.
                        problems = self._problems(letter)
                        self.assertIn(row.name, problems)
                        self.assertIn(row.why, problems)
                        missed |= row
                        letter.sudo().write({"own_subject": False, "own_body": False})
        self.assertEqual(missed, self.rows, "a row without such a test")

    def test_nothing_that_is_asked_has_gone_from_the_list(self):
        found = self.rows.grouped(
            lambda row: (row.contents, row.jurisdiction_id.code or None)
        )
        self.assertEqual(
            {key: sorted(rows.mapped("code")) for key, rows in found.items()},
            {key: sorted(codes.split()) for key, codes in ASKED.items()},
        )
        for row in self.rows.filtered("jurisdiction_id"):
            self.assertTrue(row.article, row.code)

    def _contents(self, letter, contents):
        law = self.debtor._governing_law()
        return "\n".join(
            letter._contents_problems(self.rows._requirements_for(contents, law))
        )

    def test_what_is_missing_keeps_the_letter_back(self):
        row = self.env.ref("customer_continuity.requirement_factoring_call_back")
        letter = self._letter("notice")
        self.assertEqual(self._problems(letter), "")
        self._without(letter, row)
        with self.assertRaisesRegex(UserError, row.name):
            letter.with_user(self.user_manager).action_release()

    def test_what_is_not_so_is_not_asked(self):
        """Of rows about a ban, a regime or a registration only where there is one."""
        rows = self.rows.filtered("only_if_fact")
        self.assertEqual(len(rows), 4)
        for row in rows:
            (law,) = self._laws(row)
            self._set_law(law)
            letter = self._letter("notice")
            self._without(letter, row)
            self.assertNotIn(row.why, self._contents(letter, "factoring"))

    def test_prescribed_words_come_from_counsel(self):
        self._set_law("fr")
        letter = self._letter("notice")
        self.assertEqual(self._problems(letter), "")
        self.agreement.sudo().regime = "dailly"
        row = self.env.ref("customer_continuity.requirement_factoring_fr_wording")
        self.assertIn(row.why, self._problems(letter))
        self.agreement.sudo().prescribed_wording = "Dans les conditions prévues par …"
        self.assertEqual(self._problems(letter), "")
        self.assertIn("Dans les conditions", self._body(letter))

    def test_rows_say_where_they_stand_and_how_sure_we_are(self):
        for row in self.rows:
            self.assertTrue(row.name and row.why, row.code)
            if row.certainty == "verified":
                self.assertTrue(row.article and row.verified_on, row.code)

    def test_own_words_of_a_release(self):
        """A release without the factor's account of it is none."""
        self._released()
        letter = self._letter("release")
        row = self.env.ref("customer_continuity.requirement_factoring_release_account")
        self._without(letter, row)
        self.assertIn(row.why, self._problems(letter))
