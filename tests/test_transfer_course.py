from datetime import date

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_transfer import TransferCommon


@tagged("post_install", "-at_install")
class TestProviderMatching(TransferCommon):
    """Who is proposed to whom, and why."""

    def _names(self, line):
        return [m["provider"].partner_id.name for m in line._match_providers()]

    def test_ranked_with_reasons(self):
        # Customer 1 has a transfer to the first one, which is not in the way.
        match = self.line_1._match_providers()[0]
        self.assertEqual(match["provider"], self.provider)
        text = "\n".join(match["reasons"])
        self.assertIn("Knows your industry: Printing", text)
        self.assertIn("Works with Yamato brokers, Osaka", text)
        self.assertNotIn("North Bank", text)
        self.assertEqual(
            self._names(self.line_1),
            ["Provider One", "Provider Two"],
        )

    def test_our_notes_do_not_reach_the_customer(self):
        self.provider.interest = "Our owner holds 10 %"
        match = self.line_1._match_providers()[0]
        text = "\n".join(match["customer_reasons"])
        self.assertNotIn("Clears goods", text)
        self.assertNotIn("preferences", text)
        self.assertIn("preferences", "\n".join(match["reasons"]))

    def test_what_they_bought(self):
        category = self.env["product.category"].create({"name": "Presses"})
        child = category.create({"name": "Spare parts", "parent_id": category.id})
        self.product.categ_id = child
        self._create_order(self.customer_2, 100, "2027-01-10")
        self.provider_2.categ_ids = category
        match = self.line_2._match_providers()[0]
        self.assertEqual(match["provider"], self.provider_2)
        self.assertIn("Offers what you buy from us: Spare parts", match["reasons"])

    def test_country_they_do_not_serve(self):
        self.provider.country_ids = self.env.ref("base.cn")
        self.assertEqual(self._names(self.line_1), ["Provider Two"])

    def test_full(self):
        self.provider.capacity = 1
        self.assertEqual(self.provider.taken_count, 1)
        self.assertEqual(self._names(self.line_2), ["Provider Two"])
        with self.assertRaisesRegex(UserError, "cannot take on Customer 2"):
            self.line_2._propose_transfer(self.provider)

    def test_providers_of_another_company(self):
        self.provider.company_ids = self.company_b
        self.assertEqual(self._names(self.line_2), ["Provider Two"])
        self.provider_2.company_ids = False
        self.assertEqual(self._names(self.line_2), ["Provider Two"])

    def test_choice_in_the_form(self):
        action = self._rpc(self.speaker, self.line_2, "action_choose_provider")
        choice = self.env["continuity.provider.choice"].browse(action["res_id"])
        with Form(choice.with_user(self.speaker)) as form:
            self.assertEqual(len(form.line_ids), 2)
        self.assertEqual(choice.line_ids.mapped("rank"), [1, 2])
        action = self._rpc(self.speaker, choice.line_ids[0], "action_choose")
        transfer = self.env["continuity.transfer"].browse(action["res_id"])
        self.assertEqual(transfer.customer_id, self.line_2)
        self.assertEqual(transfer.state, "proposed")

    def test_strangers_choose_nothing(self):
        for user in (self.stranger, self.user_company_b):
            with self.assertRaises(AccessError):
                self._rpc(user, self.line_2, "action_choose_provider")
            choices = self.env["continuity.provider.choice"].with_user(user)
            with self.assertRaises(AccessError):
                choice = choices.create(
                    {
                        "customer_id": self.line_2.id,
                        "line_ids": [Command.create({"provider_id": self.provider.id})],
                    }
                )
                choice.line_ids.action_choose()

    def test_roles(self):
        for user in (self.stranger, self.user_company_b):
            with self.assertRaises(AccessError):
                self._rpc(user, self.transfer, "read", ["state"])
        self._rpc(self.speaker, self.transfer, "read", ["state", "export_warning"])
        with self.assertRaises(AccessError):
            self._rpc(self.speaker, self.provider, "write", {"interest": False})
        with self.assertRaises(AccessError):
            self._rpc(
                self.speaker, self.commitment, "write", {"expires_on": "2099-01-01"}
            )
        with self.assertRaises(AccessError):
            self._rpc(self.user_company_b, self.commitment, "read", ["signed_on"])


@tagged("post_install", "-at_install")
class TestTransferCourse(TransferCommon):
    """From the handing over to the end of the free period, and back."""

    def _begin(self):
        self._export()
        self._rpc(self.speaker, self.transfer, "action_start_service")

    def _cron(self, day):
        with freeze_time(f"{day} 03:00:00"):
            self._run_cron()
        self.transfer.invalidate_recordset()

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("customer_continuity.cron_transfers").method_direct_trigger()

    def _reminders(self):
        return self.line_1.touchpoint_ids.filtered(
            lambda t: t.occurrence.startswith("free_period")
        ).sorted("id")

    def test_free_period(self):
        self._begin()
        self.assertEqual(self.transfer.state, "running")
        self.assertEqual(self.transfer.free_until, date(2027, 6, 1))

    def test_free_period_needs_the_data(self):
        with self.assertRaisesRegex(UserError, "possible only while"):
            self._rpc(self.speaker, self.transfer, "action_start_service")
        with self.assertRaises(AccessError):
            self._rpc(self.stranger, self.transfer, "action_start_service")

    def test_reminders_before_the_end(self):
        self.provider.price_after = "300 a month"
        self._begin()
        self._cron("2027-05-01")
        self.assertFalse(self._reminders())
        self._cron("2027-05-02")
        self._cron("2027-05-03")
        reminder = self._reminders()
        self.assertEqual(len(reminder), 1)
        self.assertEqual(reminder.user_id, self.speaker)
        self.assertEqual(reminder.channel_id, self.channel_call)
        self.assertIn("Provider One", reminder.name)
        self.assertIn("300 a month", reminder.why)
        self._cron("2027-05-25")
        self.assertEqual(len(self._reminders()), 2)
        self._cron("2027-06-01")
        self.assertEqual(self.transfer.state, "running")
        self._cron("2027-06-02")
        self.assertEqual(self.transfer.state, "done")

    def test_reminder_when_the_scheduler_was_down(self):
        self._begin()
        self._cron("2027-05-28")
        self.assertEqual(len(self._reminders()), 1)

    def test_reminder_when_the_speaker_has_left(self):
        self._begin()
        self._archive_user(self.speaker)
        self._cron("2027-05-02")
        self.assertEqual(self._reminders().user_id, self.member)

    def test_papers_that_expire(self):
        self.commitment.expires_on = "2027-03-31"
        self._begin()
        self._cron("2027-03-02")
        self._cron("2027-03-03")
        todo = self.transfer.activity_ids.filtered(lambda a: "Papers" in a.summary)
        self.assertEqual(len(todo), 1)
        self.assertEqual(todo.user_id, self.member)
        self.assertIn("has expired", todo.note)

    def test_comes_back_in_month_two(self):
        self._begin()
        self.line_1.sudo().state = "closed"
        with freeze_time("2027-04-10 06:00:00"):
            self._return("They never answer the telephone")
        self.assertEqual(self.transfer.state, "returned")
        self.assertEqual(self.transfer.returned_on, date(2027, 4, 10))
        following = self.line_1.transfer_id
        self.assertEqual(following.provider_id, self.provider_2)
        self.assertEqual(following.state, "proposed")
        self.assertEqual(following.data_consent, "none", "The next one asks again.")
        self.assertEqual(self.line_1.state, "told", "Looked after again.")
        todo = self.transfer.activity_ids.filtered(lambda a: "came back" in a.summary)
        self.assertEqual(todo.user_id, self.speaker | self.member)
        self.assertIn("They never answer", todo[:1].note)
        self.assertEqual(self.provider.taken_count, 0)
        self._cron("2027-05-02")
        self.assertFalse(self._reminders(), "Nobody reminds of a period that is over.")

    def _return(self, reason, user=None):
        wizards = self.env["continuity.reason.wizard"]
        user = user or self.speaker
        action = self._rpc(user, self.transfer, "action_return")
        wizard = self._rpc(
            user, wizards, "create", [{"reason": reason}], context=action["context"]
        )
        self._rpc(user, wizards.browse(wizard), "action_apply")
        self.env.invalidate_all()

    def test_comes_back_and_nobody_is_left(self):
        self._begin()
        self.provider_2.active = False
        self._return("Too dear")
        self.assertFalse(self.line_1.transfer_id)
        todo = self.transfer.activity_ids.filtered(lambda a: "came back" in a.summary)
        self.assertIn("No other provider fits", todo[:1].note)

    def test_strangers_take_nobody_back(self):
        self._begin()
        with self.assertRaises(AccessError):
            self._return("No", self.stranger)

    def test_one_at_a_time(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.env["continuity.transfer"].sudo().create(
                {"customer_id": self.line_1.id, "provider_id": self.provider_2.id}
            )

    def test_other_provider_once_data_has_left(self):
        self._export()
        with self.assertRaisesRegex(UserError, "possible only while"):
            self.line_1.sudo()._propose_transfer(self.provider_2)

    def test_finishing_with_us_after_all(self):
        self.line_1._record_choice("finish", "Ms Mori")
        self.assertEqual(self.transfer.state, "cancelled")
        self.assertFalse(self.line_1.transfer_id)

    def test_merged_customers(self):
        other = self.line_2.sudo()._propose_transfer(self.provider_2)
        consent = self._answer("contract", "given", other)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.customer_1 | self.customer_2).ids, self.customer_1
        )
        self.env.invalidate_all()
        self.assertEqual(self.line_1.transfer_id, self.transfer)
        self.assertEqual(self.line_1.transfer_ids, self.transfer | other)
        self.assertEqual(other.state, "cancelled")
        self.assertEqual(consent.partner_id, self.customer_1, "Evidence stays.")

    def test_rules_of_the_jurisdictions(self):
        rules = self.env["continuity.data.rule"]
        for code, base, days in (
            ("cn", "cn_pipl_23", 0),
            ("jp", "jp_referral", 0),
            ("de", "eu_running_contract", 0),
            ("gb", "any_data", 0),
        ):
            jurisdiction = self.env.ref(f"customer_continuity.jurisdiction_{code}")
            rule = rules._for(jurisdiction, "base")[:1]
            self.assertEqual(rule.code, base)
            self.assertTrue(rule.needs_data_consent)
            self.assertEqual(rule.objection_days, days)
            self.assertTrue(
                rules._for(jurisdiction, "contract").needs_contract_consent, code
            )
        prospects = self.env.ref("customer_continuity.data_rule_eu_prospects")
        self.assertEqual(prospects.objection_days, 42)

    def test_rules_name_where_they_stand(self):
        for rule in self.env["continuity.data.rule"].search([]):
            self.assertTrue(rule.information, rule.code)
            if rule.certainty != "unverified":
                self.assertTrue(rule.article and rule.source, rule.code)
            self.assertEqual(
                bool(rule.verified_on), rule.certainty == "verified", rule.code
            )

    def test_campaign_in_china_asks_what_its_law_asks(self):
        self.campaign.sudo().jurisdiction_id = self.env.ref(
            "customer_continuity.jurisdiction_cn"
        )
        transfer = self.line_2.sudo()._propose_transfer(self.provider)
        self.assertEqual(transfer.rule_id.code, "cn_pipl_23")
        self.assertEqual(transfer._consent_kinds(), ["contract", "data"])
        transfer.category_ids = [
            Command.link(self.env.ref("customer_continuity.data_category_profile").id)
        ]
        self.assertEqual(transfer._consent_kinds(), ["contract", "data", "sensitive"])

    def test_question_in_the_customers_language(self):
        self.customer_2.lang = "ja_JP" if self._is_installed("ja_JP") else "en_US"
        transfer = self.line_2.sudo()._propose_transfer(self.provider)
        consent = self._answer("data", "given", transfer)
        self.assertTrue(consent.question)
        self.assertEqual(consent.date, fields.Datetime.now())

    def _is_installed(self, lang):
        return lang in dict(self.env["res.lang"].get_installed())
