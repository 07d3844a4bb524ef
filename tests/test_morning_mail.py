"""The morning list: one mail, on working days, with what there is to do."""

from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_today import TodayCommon


@tagged("post_install", "-at_install")
class TestMorningMail(TodayCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.continuity_morning_hour = 7
        others = cls.env["res.users"].search(
            [("id", "not in", (cls.leaver | cls.successor).ids)]
        )
        others.continuity_morning_mail = False

    def _run(self, moment="2027-03-01 08:00:00"):
        """Run the scheduled action at a moment; return the mails it made."""
        before = self.env["mail.mail"].search([])
        with self._at(moment):
            self._run_cron("morning_mail")
        return self.env["mail.mail"].search([]) - before

    def _to(self, mails, user):
        return mails.filtered(lambda m: user.email in (m.email_to or ""))

    def test_one_mail_with_the_same_list(self):
        mails = self._run()
        mail = self._to(mails, self.leaver)
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.state, "outgoing", "Odoo's queue sends it")
        self.assertEqual(mail.subject, "To contact today: 5")
        for text in ("Overdue", "Was It Held?", "Customer 2", "Three months after"):
            self.assertIn(text, mail.body_html)
        self.assertNotIn("Customer 3", mail.body_html, "somebody else's")
        self.assertIn("action-customer_continuity.action_today", mail.body_html)
        self.assertEqual(len(self._to(mails, self.successor)), 1)

    def test_not_twice_a_day(self):
        self.assertTrue(self._to(self._run(), self.leaver))
        self.assertFalse(self._run())
        self.assertFalse(self._run("2027-03-01 16:00:00"))
        self.assertTrue(self._to(self._run("2027-03-02 08:00:00"), self.leaver))

    def test_nothing_due_no_mail(self):
        (self.all - self.later)._cancel("No.")
        self.assertFalse(self._to(self._run(), self.leaver))

    def test_not_before_the_hour(self):
        self.assertFalse(self._run("2027-03-01 06:59:00"))
        self.assertTrue(self._run("2027-03-01 07:00:00"))

    def test_hour_of_where_they_are(self):
        self.leaver.tz = "Asia/Tokyo"
        mails = self._run("2027-02-28 22:30:00")  # Monday 7:30 in Tokyo
        self.assertTrue(self._to(mails, self.leaver))
        self.assertFalse(self._to(mails, self.successor))

    def test_weekends_and_days_off(self):
        self.assertFalse(self._run("2027-03-06 08:00:00"))
        self._holiday("2027-03-01", user=self.leaver)
        mails = self._run()
        self.assertFalse(self._to(mails, self.leaver))
        self.assertTrue(self._to(mails, self.successor))

    def test_opted_out(self):
        # By themselves, in their preferences.
        self.leaver.with_user(self.leaver).write({"continuity_morning_mail": False})
        self.assertFalse(self._to(self._run(), self.leaver))

    def test_language(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.leaver.lang = "ja_JP"
        with patch.object(
            type(self.env["ir.qweb"]), "_render", autospec=True, return_value="x"
        ) as render:
            self._run()
        langs = [call.args[0].env.lang for call in render.call_args_list]
        self.assertIn("ja_JP", langs)

    def test_one_that_fails_holds_up_no_other(self):
        send = type(self.leaver)._continuity_send_morning_mail

        def fail(user):
            if user == self.leaver:
                raise ValueError("Broken")
            return send(user)

        with (
            patch.object(
                self.registry["res.users"], "_continuity_send_morning_mail", fail
            ),
            self.assertLogs("odoo.addons.customer_continuity", "ERROR"),
        ):
            with self.assertLogs("odoo.addons.base.models.ir_cron", "ERROR"):
                mails = self._run()
        self.assertTrue(self._to(mails, self.successor))
        # Rolled back along with what marks it as sent: the next run makes it.
        self.assertTrue(self._to(self._run("2027-03-01 08:30:00"), self.leaver))

    def test_who_is_not_in_the_app(self):
        (self.leaver | self.successor).continuity_morning_mail = False
        clerk = self._create_user("clerk", "base.group_user")
        self.user_portal.continuity_morning_mail = True
        self.assertTrue(clerk.continuity_morning_mail)
        self.assertFalse(self._run())

    def test_company_walls(self):
        """Nothing of a company they have left."""
        customer = self._create_customer("Of B", company_id=self.company_b.id)
        self.leaver.company_ids |= self.company_b
        self._plan_touchpoint(customer, occurrence="b", company_id=self.company_b.id)
        mail = self._to(self._run(), self.leaver)
        self.assertIn("Of B", mail.body_html)
        self.leaver.company_ids -= self.company_b
        mail = self._to(self._run("2027-03-02 08:00:00"), self.leaver)
        self.assertTrue(mail)
        self.assertNotIn("Of B", mail.body_html)

    def test_customer_who_went_to_another_company(self):
        self.customer_2.company_id = self.company_b
        mail = self._to(self._run(), self.leaver)
        self.assertIn("Customer 1", mail.body_html)
        self.assertNotIn("Customer 2", mail.body_html)

    def test_names_are_escaped(self):
        self.customer_1.name = "<script>alert(1)</script>"
        mail = self._to(self._run(), self.leaver)
        self.assertNotIn("<script>", mail.body_html)

    def test_mark_is_not_written_by_users(self):
        day = fields.Date.to_date("2027-03-01")
        with self.assertRaises(AccessError):
            self._rpc(self.leaver, self.leaver, "write", {"continuity_morning_on": day})
