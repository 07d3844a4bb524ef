import base64
import csv
import hashlib
import io
import json
import zipfile

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_transfer import TransferCommon, blank_pdf, scanned_pdf, text_pdf


@tagged("post_install", "-at_install")
class TestTransferGate(TransferCommon):
    """No customer's data leaves unless everything the law and the customer ask for is
    there, at that moment."""

    def _assert_barred(self, regex):
        self.assertRegex(self._problems(), regex)
        with self.assertRaisesRegex(UserError, regex):
            self._export()
        self.assertFalse(self.env["continuity.export.package"].search([]))

    def test_all_in_order(self):
        self.assertEqual(self._problems(), "")
        package = self._export()
        self.assertEqual(len(package), 1)
        self.assertEqual(self.transfer.state, "exported")

    # === The decision, and who === #

    def test_before_the_decision(self):
        self._dates(decision="2027-03-02")
        self._assert_barred("decision to dissolve is not recorded")

    def test_not_running(self):
        self.campaign.sudo().state = "cancelled"
        self._assert_barred("not being carried out")

    def test_only_named_people(self):
        for user in (self.user_manager, self.user_sales_a, self.user_leader):
            with self.assertRaisesRegex(UserError, "not among those who may export"):
                self._export(user)

    def test_strangers(self):
        for user in (self.colleague, self.user_company_b):
            with self.assertRaises(AccessError):
                self._export(user)

    def test_exporter_who_is_no_longer_named(self):
        self.campaign.sudo().export_user_ids = self.user_sales_b
        self._assert_barred("not among those who may export")

    # === Papers === #

    def test_without_agreement(self):
        self.provider.document_ids.filtered(
            lambda d: d.kind == "confidentiality"
        ).unlink()
        self._assert_barred("signed no “Confidentiality agreement”")

    def test_without_continuation_clause(self):
        self.provider.document_ids.filtered(lambda d: d.kind == "continuation").unlink()
        self._assert_barred("signed no “Continuation clause”")

    def test_blank_agreement(self):
        agreement = self.provider.document_ids.filtered(
            lambda d: d.kind == "confidentiality"
        )
        for content in (blank_pdf(), scanned_pdf()):
            agreement.file = base64.b64encode(content)
            self._assert_barred("is blank")
        agreement.file = base64.b64encode(scanned_pdf("Signed: K. Mori"))
        self.assertEqual(self._problems(), "")

    def test_agreement_that_is_no_pdf(self):
        agreement = self.provider.document_ids.filtered(
            lambda d: d.kind == "confidentiality"
        )
        agreement.file = base64.b64encode(b"Signed, honestly.")
        self._assert_barred("is no PDF")
        agreement.file = base64.b64encode(b"%PDF-1.4 and nothing else")
        self._assert_barred("cannot be read")

    def test_agreement_not_signed(self):
        self.provider.document_ids.filtered(
            lambda d: d.kind == "confidentiality"
        ).signed_on = False
        self._assert_barred("is not signed")

    def test_expired_agreement(self):
        agreement = self.provider.document_ids.filtered(
            lambda d: d.kind == "confidentiality"
        )
        agreement.expires_on = "2027-03-01"
        self.assertEqual(self._problems(), "", "The last day counts.")
        agreement.expires_on = "2027-02-28"
        self._assert_barred("has expired")

    def test_agreement_not_valid_yet(self):
        self.provider.document_ids.filtered(
            lambda d: d.kind == "confidentiality"
        ).starts_on = "2027-03-02"
        self._assert_barred("is not valid yet")

    def test_agreement_with_another_company_of_ours(self):
        self.provider.document_ids.filtered(
            lambda d: d.kind == "confidentiality"
        ).company_id = self.company_b
        self._assert_barred("signed no “Confidentiality agreement”")

    def test_letter_addressed_to_another_customer(self):
        self.commitment.partner_id = self.customer_2
        self._assert_barred("addressed to somebody else than Customer 1")

    def test_letter_that_names_another_customer(self):
        self.commitment.file = base64.b64encode(
            text_pdf("Letter of commitment\nfor Customer Nine, with all our might")
        )
        self._assert_barred("does not name Customer 1")
        with self.assertRaises(AccessError):
            self._rpc(self.exporter, self.commitment, "action_confirm_addressee")
        self._rpc(self.user_manager, self.commitment, "action_confirm_addressee")
        self.assertEqual(self._problems(), "")
        self.commitment.file = base64.b64encode(
            text_pdf("Another letter of commitment\nfor Customer Ten, once more")
        )
        self._assert_barred("does not name Customer 1")

    def test_one_letter_for_two_customers(self):
        file = base64.b64encode(scanned_pdf("To whom it may concern"))
        self.commitment.file = file
        self.assertEqual(self._problems(), "")
        self._create_document(
            "commitment", self.customer_2, scanned_pdf("x")
        ).file = file
        self._assert_barred("same file as the letter to another customer")

    def test_verdict_on_a_file_cannot_be_written(self):
        agreement = self.provider.document_ids.filtered(
            lambda d: d.kind == "confidentiality"
        )
        agreement.file = base64.b64encode(blank_pdf())
        for vals in ({"content": "readable"}, {"sha256": "0"}, {"confirmed_on": "x"}):
            with self.assertRaises(AccessError):
                self._rpc(self.user_manager, agreement, "write", vals)

    def test_file_exchanged_behind_the_form(self):
        agreement = self.provider.document_ids.filtered(
            lambda d: d.kind == "confidentiality"
        )
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", agreement._name),
                ("res_id", "=", agreement.id),
                ("res_field", "=", "file"),
            ]
        )
        attachment.raw = text_pdf("Something else altogether, never looked at")
        self.env.invalidate_all()
        self._assert_barred("is not the file that was added")

    # === Consent === #

    def test_silence_is_refusal(self):
        transfer = self.line_2.sudo()._propose_transfer(self.provider)
        self.assertRegex(
            self._problems(transfer=transfer),
            "has not answered: “Contract passes over”. Silence is refusal",
        )
        self.assertRegex(
            self._problems(transfer=transfer), "has not answered: “Data passes over”"
        )

    def test_consent_to_the_contract_is_none_to_the_data(self):
        transfer = self.line_2.sudo()._propose_transfer(self.provider)
        self._answer("contract", "given", transfer)
        self.assertEqual(transfer.state, "agreed")
        self.assertRegex(
            self._problems(transfer=transfer), "has not answered: “Data passes over”"
        )

    def test_refused(self):
        for kind in ("contract", "data"):
            self._answer(kind, "refused")
            self._assert_barred("has refused or withdrawn")
            self._answer(kind, "given")

    def test_withdrawn(self):
        self._export()
        self._answer("data", "withdrawn")
        with self.assertRaisesRegex(UserError, "has refused or withdrawn"):
            self._export()
        self.assertEqual(
            self.env["continuity.export.package"].search_count([]),
            1,
            "What had left before stays in the log.",
        )
        todo = self.transfer.activity_ids.filtered(lambda a: "delete" in a.summary)
        self.assertEqual(todo.user_id, self.speaker | self.member)

    def test_consent_is_for_one_provider(self):
        transfer = self.line_1.sudo()._propose_transfer(self.provider_2)
        self.assertEqual(self.transfer.state, "cancelled")
        self.assertEqual(transfer.data_consent, "none")

    def test_grounds_with_time_to_object(self):
        rule = self.env.ref("customer_continuity.data_rule_eu_prospects")
        transfer = self.line_1.sudo()._propose_transfer(self.provider_2)
        transfer.rule_id = rule
        self._answer("contract", "given", transfer)
        # Told on 1 March: six weeks to object, the last day is theirs.
        with freeze_time("2027-04-12 06:00:00"):
            self.assertRegex(
                self._problems(transfer=transfer), "may object until 04/12/2027"
            )
        with freeze_time("2027-04-13 06:00:00"):
            self.assertNotIn("object", self._problems(transfer=transfer))
            self._answer("data", "refused", transfer)
            self.assertRegex(self._problems(transfer=transfer), "has refused")

    def test_abroad_asks_for_a_consent_of_its_own(self):
        self.provider.partner_id.country_id = self.env.ref("base.cn")
        self._assert_barred("has not answered: “Data goes to another country”")
        self._answer("abroad", "given")
        self.assertEqual(self._problems(), "")

    def test_bank_details_ask_for_a_consent_of_their_own(self):
        self.transfer.category_ids |= self.env.ref(
            "customer_continuity.data_category_bank"
        )
        self._assert_barred("has not answered: “Bank details go along”")

    def test_answers_are_evidence(self):
        consent = self.transfer.consent_ids[:1]
        for user in (self.user_manager, self.member):
            with self.assertRaises(UserError):
                self._rpc(user, consent, "write", {"answer": "given"})
            with self.assertRaises(UserError):
                self._rpc(user, consent, "unlink")
            with self.assertRaises(AccessError):
                self._rpc(user, consent.browse(), "create", [{"answer": "given"}])
        with self.assertRaises(UserError):
            consent.sudo().write({"answer": "refused"})
        self.assertEqual(
            consent.question_sha256,
            hashlib.sha256(consent.question.encode()).hexdigest(),
        )

    def test_question_names_what_the_law_asks_for(self):
        self.provider.contact_id = self._create_customer(
            "Ms Kato", parent_id=self.provider.partner_id.id, phone="+81 3 1234"
        )
        question = self.transfer._consent_question("data")
        for part in (
            "Provider One",
            "Ms Kato",
            "+81 3 1234",
            "go on with the services",
        ):
            self.assertIn(part, question)
        self.assertIn("Contact persons", question)

    def test_address_without_a_state(self):
        partner = self.provider.partner_id
        china = self.env.ref("base.cn")
        china.address_format = "%(country_name)s, %(state_name)s, %(city)s\n%(street)s"
        partner.write(
            {"country_id": china.id, "city": "Shanghai", "street": "1 Nanjing Road"}
        )
        self.assertEqual(
            self.transfer._consent_facts()["recipient"],
            f"Provider One, {china.name}, Shanghai, 1 Nanjing Road",
        )

    def test_no_yes_to_a_question_that_does_not_say_what_for(self):
        for field, words in (
            ("data_purpose", "what Provider One uses the data for"),
            ("data_method", "how Provider One handles the data"),
        ):
            before = self.provider[field]
            self.provider[field] = False
            with self.assertRaisesRegex(UserError, words):
                self._answer("data", "given")
            # A no needs no reasons.
            self._answer("data", "refused")
            self.provider[field] = before
        self.provider.partner_id.phone = False
        with self.assertRaisesRegex(UserError, "whom to ask at Provider One"):
            self._answer("data", "given")

    def test_approval_of_the_plan(self):
        line = self.line_1.sudo()
        self.assertEqual(line._plan_approval_text(), "")
        self.provider.price_after = "EUR 90 a month"
        consent = self._answer("plan", "given")
        self.assertIn("EUR 90 a month", consent.question)
        self.assertEqual(self.transfer.plan_consent, "given")
        self.assertIn("Approved by Ms Mori", line._plan_approval_text())
        self.assertEqual(self._problems(), "")
        # What they approved was another price.
        self.provider.price_after = "EUR 180 a month"
        self.assertEqual(line._plan_approval_text(), "")

    def test_refused_plan(self):
        self._answer("plan", "refused")
        self._assert_barred("refused or withdrawn: “Service transition plan”")
        activity = self.transfer.activity_ids
        self.assertIn("does not approve the transition plan", activity[:1].summary)

    def test_state_and_consents_cannot_be_written(self):
        for vals in (
            {"state": "agreed"},
            {"data_consent": "given"},
            {"contract_consent": "given"},
            {"provider_id": self.provider_2.id},
            {"free_until": "2030-01-01"},
        ):
            with self.assertRaises(AccessError):
                self._rpc(self.user_manager, self.transfer, "write", vals)

    def test_grounds_are_chosen_by_who_decides(self):
        rule = self.env.ref("customer_continuity.data_rule_jp_succession")
        with self.assertRaises(AccessError):
            self._rpc(self.speaker, self.transfer, "write", {"rule_id": rule.id})
        self._rpc(self.user_manager, self.transfer, "write", {"rule_id": rule.id})
        self.assertEqual(self.transfer.rule_id, rule)

    def test_recording_an_answer(self):
        values = {
            "transfer_id": self.transfer.id,
            "kind": "data",
            "answer": "withdrawn",
            "answered_by": "Ms Mori",
            "how": "spoken",
        }
        wizards = self.env["continuity.consent.wizard"]
        for user in (self.stranger, self.user_company_b):
            with self.assertRaises(AccessError):
                wizard = wizards.browse(self._rpc(user, wizards, "create", [values]))
                self._rpc(user, wizard, "action_confirm")
        wizard = wizards.browse(self._rpc(self.speaker, wizards, "create", [values]))
        with self.assertRaisesRegex(UserError, "who was present"):
            self._rpc(self.speaker, wizard, "action_confirm")
        wizard.evidence = "Visit of today, with Mr Abe"
        self._rpc(self.speaker, wizard, "action_confirm")
        self.assertEqual(self.transfer.data_consent, "withdrawn")
        last = self.transfer.consent_ids[:1]
        self.assertEqual(last.user_id, self.speaker)
        self.assertEqual(last.how, "spoken")

    # === The notice === #

    def test_without_notice(self):
        self.notice.attempt_ids.unlink()
        self._assert_barred("No notice in writing has gone out")

    def test_talk_is_no_notice(self):
        self.notice.attempt_ids.sudo().unlink()
        self._deliver(self.notice, "held")
        self._assert_barred("No notice in writing has gone out")

    def test_bounced_notice(self):
        self._deliver(self.notice, "bounced")
        self._assert_barred("came back")
        self._deliver(self.notice, "sent")
        self.assertEqual(self._problems(), "")

    # === Terms === #

    def test_key_accounts_get_a_free_period(self):
        self.transfer.free_months = 0
        self._assert_barred("key accounts get one")


@tagged("post_install", "-at_install")
class TestExportPackage(TransferCommon):
    """What left, and the log of it."""

    def _files(self, package):
        content = base64.b64decode(package.with_user(self.exporter).file)
        self.assertEqual(hashlib.sha256(content).hexdigest(), package.sha256)
        archive = zipfile.ZipFile(io.BytesIO(content))
        return {name: archive.read(name) for name in archive.namelist()}

    def _rows(self, data):
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))

    def test_contents(self):
        self._create_order(self.customer_1, 1000, "2027-01-15")
        self._create_order(self.customer_2, 2000, "2027-01-15")
        self._create_invoice(self.customer_1, 300, "2027-01-20")
        self._create_invoice(self.customer_1, 444, "2027-01-20", company=self.company_b)
        files = self._files(self._export())
        self.assertEqual(
            set(files),
            {
                "customer.csv",
                "contacts.csv",
                "orders.csv",
                "invoices.csv",
                "open_items.csv",
                "manifest.json",
            },
        )
        self.assertEqual(self._rows(files["customer.csv"])[1][0], "Customer 1")
        self.assertEqual(len(self._rows(files["orders.csv"])), 2)
        invoices = self._rows(files["invoices.csv"])
        self.assertEqual(len(invoices), 2)
        self.assertNotIn("444", str(invoices))
        manifest = json.loads(files["manifest.json"])
        self.assertEqual(
            manifest["files"]["customer.csv"],
            hashlib.sha256(files["customer.csv"]).hexdigest(),
        )
        self.assertIn("Ms Mori", manifest["grounds"])

    def test_nothing_internal(self):
        text = b"".join(self._files(self._export()).values()).decode("utf-8", "replace")
        for secret in (
            "Yamato",
            "unfulfilled",
            "tier",
            "bank has cut",
        ):
            self.assertNotIn(secret, text)

    def test_what_was_not_asked_for_stays(self):
        interactions = self.env.ref("customer_continuity.data_category_interactions")
        self.transfer.category_ids |= interactions
        package = self._export()
        self.assertNotIn("interactions.csv", self._files(package))
        self.assertIn("not named when the customer agreed", package.contents)

    def test_no_formula_reaches_a_spreadsheet(self):
        self.customer_1.street = '=HYPERLINK("http://evil.example")'
        files = self._files(self._export())
        self.assertIn("'=HYPERLINK", files["customer.csv"].decode("utf-8-sig"))

    def test_only_named_people_get_the_file(self):
        package = self._export()
        for user in (self.user_manager, self.user_leader, self.speaker):
            mine = package.with_user(user)
            self.assertFalse(mine.file)
            self.assertEqual(mine.sha256, package.sha256)
            with self.assertRaises(AccessError):
                mine.read(["content"])
            attachment = (
                self.env["ir.attachment"]
                .sudo()
                .search(
                    [
                        ("res_model", "=", package._name),
                        ("res_id", "=", package.id),
                        ("res_field", "=", "content"),
                    ]
                )
            )
            self.assertEqual(len(attachment), 1)
            with self.assertRaises(AccessError):
                attachment.with_user(user).read(["raw"])
        with self.assertRaises(AccessError):
            package.with_user(self.user_company_b).read(["sha256"])

    def test_another_choice_after_the_data_has_left(self):
        """The data is somewhere else: somebody has to call it back."""
        self._export()
        self.line_1.sudo()._record_choice("refund", "Ms Mori")
        self.assertEqual(self.transfer.state, "exported")
        said = self.transfer.activity_ids.mapped("summary")
        self.assertTrue([text for text in said if "call the data back" in text])

    def test_nobody_gets_the_file_after_a_withdrawal(self):
        package = self._export()
        self.assertTrue(package.with_user(self.exporter).file)
        self._answer("data", "withdrawn")
        package.invalidate_recordset()
        self.assertFalse(package.with_user(self.exporter).file)

    def test_log_is_for_good(self):
        package = self._export()
        for user in (self.user_manager, self.exporter):
            with self.assertRaises(UserError):
                self._rpc(user, package, "write", {"recipient": "Nobody"})
            with self.assertRaises(UserError):
                self._rpc(user, package, "unlink")
            with self.assertRaises(AccessError):
                self._rpc(user, package.browse(), "create", [{"recipient": "Me"}])
        with self.assertRaises(UserError):
            package.sudo().unlink()
        self.assertEqual(package.made_by_id, self.exporter)
        self.assertIn("Provider One", package.recipient)
        self.assertEqual(package.made_on, fields.Datetime.now())
