from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_dissolution import DissolutionCommon


@tagged("post_install", "-at_install")
class TestAftercare(DissolutionCommon):
    """Contacts 30 and 90 days after the last service, and what came of them (D10)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign.sudo().aftercare_user_id = cls.member
        cls._start()
        cls._tell(*cls.lines)

    def _aftercare(self, line=None):
        contacts = (line or self.lines).touchpoint_ids
        return contacts.filtered(lambda t: t.purpose == "aftercare").sorted("date_due")

    def _plan(self, last_service="2027-01-29"):
        self._dates(decision="2027-01-04", last_service=last_service)
        self._run_cron("plan_aftercare")
        return self._aftercare()

    def test_thirty_and_ninety_days(self):
        """30 days after 29 January is a Sunday: the Monday; 90 days a Thursday."""
        self.assertEqual(len(self._plan()), 6)
        for line in self.lines:
            contacts = self._aftercare(line)
            self.assertEqual(
                contacts.mapped("date_due"), [date(2027, 3, 1), date(2027, 4, 29)]
            )
            self.assertEqual(contacts.user_id, self.member)
            self.assertEqual(line.aftercare_from, date(2027, 1, 29))
        self.assertEqual(
            self._aftercare(self.line_1)[0].name,
            "How is Customer 1 30 days after the end?",
        )
        self.assertEqual(self._aftercare(self.line_1).channel_id, self.channel_call)
        self.assertEqual(self._aftercare(self.line_3).channel_id, self.channel_email)
        first, second = self._aftercare(self.line_1)
        self.assertTrue(first.activity_id)
        self.assertFalse(second.activity_id)

    def test_planned_once(self):
        contacts = self._plan()
        self._run_cron("plan_aftercare")
        self.assertEqual(self._aftercare(), contacts)

    def test_not_before_the_last_service_is_over(self):
        self.assertFalse(self._plan("2027-03-01"))
        self.assertTrue(self._plan("2027-02-28"))

    def test_of_whom(self):
        self.line_2.sudo().state = "planned"
        self.line_3.sudo().write({"state": "out", "out_reason": "Sister company"})
        self.assertEqual(self._plan().partner_id, self.customer_1)

    def test_goes_on_after_the_campaign_is_closed(self):
        self.campaign.sudo().state = "done"
        self.assertEqual(len(self._plan()), 6)

    def test_given_up_has_none(self):
        self.campaign.sudo().state = "cancelled"
        self.assertFalse(self._plan())

    def test_without_a_person_for_it(self):
        self.campaign.sudo().aftercare_user_id = False
        self._plan()
        self.assertEqual(self._aftercare(self.line_1).user_id, self.speaker)
        self.assertEqual(self._aftercare(self.line_3).user_id, self.user_sales_b)

    def test_one_failure_holds_up_nobody(self):
        line_class = type(self.line_1)
        prepare = line_class._prepare_aftercare_values

        def failing(line, *args):
            if line == self.line_2:
                raise ValueError("No calendar")
            return prepare(line, *args)

        with (
            patch.object(line_class, "_prepare_aftercare_values", failing),
            mute_logger("odoo.addons.customer_continuity.models"),
            self.assertLogs(
                "odoo.addons.customer_continuity.models.continuity_batch_mixin",
                "WARNING",
            ),
        ):
            contacts = self._plan()
        self.assertEqual(contacts.partner_id, self.customer_1 | self.customer_3)
        self.assertIn("No calendar", str(self.campaign.message_ids[:1].body))
        self._run_cron("plan_aftercare")
        self.assertEqual(len(self._aftercare(self.line_2)), 2)

    def test_what_came_of_it(self):
        self._plan()
        contact = self._aftercare(self.line_1)[0].with_user(self.member)
        form = Form(
            self.env["continuity.report.contact"]
            .with_user(self.member)
            .with_context(default_touchpoint_id=contact.id)
        )
        form.outcome = "held"
        form.returning = True
        form.recommended_as = "investor"
        form.recommended_whom = "Ms Wu, Wu Capital"
        form.problem = "The last spare part never came."
        form.problem_kind = "complaint"
        form.save().action_apply()
        self.assertEqual(contact.state, "done")
        self.assertTrue(contact.returning)
        self.assertEqual(contact.recommended_as, "investor")
        concern = self.env["continuity.concern"].search(
            [("touchpoint_id", "=", contact.id)]
        )
        self.assertEqual(concern.kind, "complaint")
        first, second = self.campaign._aftercare_figures()
        self.assertEqual(
            first,
            {
                "days": 30,
                "planned": 3,
                "reached": 1,
                "returning": 1,
                "recommended": [("Investor", 1)],
            },
        )
        self.assertEqual((second["days"], second["reached"]), (90, 0))

    def test_outcome_is_nobodys_to_type(self):
        contact = self._plan()[0]
        for name, value in (("returning", True), ("recommended_as", "partner")):
            with self.assertRaises(AccessError):
                self._rpc(self.member, contact, "write", {name: value})

    def test_asked_of_no_other_contact(self):
        other = self._plan_touchpoint(self.customer_1)
        wizard = self.env["continuity.report.contact"].create(
            {"touchpoint_id": other.id, "outcome": "held", "returning": True}
        )
        self.assertFalse(wizard.is_aftercare)
        wizard.with_user(self.speaker).sudo().action_apply()
        self.assertFalse(other.returning)

    # === LETTER === #

    def _letter(self, lang="en_US"):
        self.env["res.lang"]._activate_lang(lang)
        self.customer_3.write({"email": "c3@example.com", "lang": lang})
        self._plan()
        return self._aftercare(self.line_3)[0]

    def test_letter(self):
        offer = "Our former head of service has founded a workshop and takes you on."
        self.campaign.with_user(self.approver).comeback_offer = offer
        keeper = self.env["res.partner"].create({"name": "Keeper Ltd"})
        self.campaign.sudo().data_keeper_id = keeper
        letter = self._letter()
        self.assertFalse(letter._letter_problems()[letter.id])
        body = letter._render_letters()[letter.id].body
        self.assertIn("January 29, 2027", body)
        self.assertIn(offer, body)
        self.assertIn("all@continuity.example.com", body)
        for internal in ("settled", "Settled", "credit line"):
            self.assertNotIn(internal, letter._render_letters()[letter.id].subject)
        self.assertEqual(
            letter.with_context(lang="en_US").fact_data_keeper, keeper.name
        )

    def test_offer_in_the_letters_language(self):
        self.campaign.sudo().comeback_offer = "We go on in Suzhou."
        letter = self._letter("zh_CN")
        template = self.env.ref("customer_continuity.letter_aftercare")
        template.with_context(lang="zh_CN").write(
            {
                "subject": "{{ object.fact_company }}：近况如何？",
                "body_html": template.body_html.replace("Thank you", "感谢"),
            }
        )
        problems = "\n".join(letter._letter_problems()[letter.id])
        self.assertIn("offer to returning customers is not translated", problems)
        self.campaign.sudo().with_context(
            lang="zh_CN"
        ).comeback_offer = "原服务团队在苏州继续为您服务。"
        problems = "\n".join(letter._letter_problems()[letter.id])
        self.assertNotIn("not translated into", problems)

    def test_offer_is_written_while_it_runs(self):
        self.campaign.with_user(self.approver).comeback_offer = "Come back."
        with self.assertRaises(AccessError):
            self._rpc(self.speaker, self.campaign, "write", {"comeback_offer": "Mine"})
        with self.assertRaisesRegex(UserError, "frozen"):
            self._rpc(self.approver, self.campaign, "write", {"internal_reason": "No"})
