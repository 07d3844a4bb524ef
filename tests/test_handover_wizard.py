from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_handover import HandoverCommon


class WizardCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stage = cls.env["crm.stage"].create({"name": "Halfway", "sequence": 50})
        cls._set_tier(cls.customer_1, cls.tier_a)
        cls._set_tier(cls.customer_2, cls.tier_c)

    def _open(self, user=None, **values):
        """Step one as filled in by somebody; by the leaver unless said otherwise."""
        user = user or self.leaver
        form = Form(self.env["continuity.handover.wizard"].with_user(user))
        values = {
            "approver_id": self.approver,
            "date_start": "2027-03-02",
            "date_end": "2027-03-12",
            **values,
        }
        # Fields on which others depend first.
        for name in sorted(values, key=lambda name: name != "successor_mode"):
            if name == "leaver_ids":
                form.leaver_ids.clear()
                for leaver in values[name]:
                    form.leaver_ids.add(leaver)
            else:
                setattr(form, name, values[name])
        if form.successor_mode == "one" and not form.successor_id:
            form.successor_id = self.successor
        return form.save()

    def _what(self, user=None, **values):
        wizard = self._open(user, **values)
        action = wizard.action_what()
        self.assertEqual(action["res_id"], wizard.id)
        self.assertEqual(wizard.step, "what")
        return wizard

    def _line(self, wizard, partner):
        return wizard.line_ids.filtered(lambda line: line.partner_id == partner)

    def _lead(self, user, partner=None, **values):
        return self.env["crm.lead"].create(
            {
                "name": "A deal",
                "type": "opportunity",
                "user_id": user.id,
                "partner_id": partner.id if partner else False,
                "stage_id": self.stage.id,
                "company_id": self.company_a.id,
                **values,
            }
        )

    def _plans(self):
        return self.env["continuity.handover"].search(
            [("company_id", "in", (self.company_a | self.company_b).ids)]
        )

    def _assert_refused(self, wizard, method, *messages):
        """Refused with these messages, nothing half done."""
        plans, step, lines = self._plans(), wizard.step, wizard.line_ids
        with self.assertRaises(UserError) as caught:
            getattr(wizard, method)()
        for message in messages:
            self.assertRegex(str(caught.exception), message)
        self.assertEqual(self._plans(), plans)
        self.assertEqual(wizard.step, step)
        self.assertEqual(wizard.line_ids, lines)
        self.assertEqual(self.customer_1.user_id, self.leaver)


@tagged("post_install", "-at_install")
class TestHandoverWizard(WizardCommon):
    """Who, what, preview; nothing moves."""

    # === the way === #

    def test_by_the_leaver(self):
        wizard = self._what()
        self.assertEqual(wizard.leaver_ids, self.leaver)
        self.assertEqual(wizard.line_ids.partner_id, self.customer_1 | self.customer_2)
        self.assertEqual(wizard.line_ids.successor_id, self.successor)
        wizard.action_preview()
        self.assertFalse(wizard.error_text)
        self.assertIn("1</strong> joint visits", str(wizard.summary_html))
        action = wizard.action_create_draft()
        plan = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(plan.state, "draft")
        self.assertEqual(plan.create_uid, self.leaver)
        self.assertEqual(plan.leaver_ids, self.leaver)
        self.assertEqual(plan.approval_ids.user_id, self.approver)
        self.assertEqual(len(plan.line_ids), 2)
        self.assertEqual(self.customer_1.user_id, self.leaver, "nothing has moved")
        self.assertFalse(plan.activity_ids, "nobody is asked yet")
        plan.with_user(self.leaver).action_submit()
        self.assertEqual(plan.state, "submitted")

    def test_by_the_manager(self):
        for user in (self.approver, self.user_manager):
            wizard = self._what(user, leaver_ids=self.leaver)
            wizard.action_preview()
            action = wizard.action_create_draft()
            plan = self.env[action["res_model"]].browse(action["res_id"])
            self.assertEqual(plan.leaver_ids, self.leaver)
            self.assertEqual(plan.line_ids.leaver_id, self.leaver)
            self.assertEqual(
                plan.line_ids.partner_id, self.customer_1 | self.customer_2
            )

    def test_not_by_a_colleague(self):
        for user in (self.colleague, self.successor, self.deputy, self.user_all):
            wizard = self._open(user, leaver_ids=self.leaver)
            for method in (
                "action_what",
                "action_preview",
                "action_create_draft",
                "action_suggest_dates",
            ):
                with self.subTest(user=user.login, method=method):
                    with self.assertRaises(AccessError):
                        getattr(wizard, method)()
                    self.assertFalse(wizard.line_ids)

    def test_preview_tells_nothing_of_a_colleagues_work(self):
        """Also where a client writes step and lines itself."""
        wizard = self._open(self.colleague, leaver_ids=self.leaver)
        wizard.write(
            {
                "step": "preview",
                "line_ids": [
                    Command.create(
                        {
                            "leaver_id": self.leaver.id,
                            "partner_id": self.customer_1.id,
                            "mode": "info",
                        }
                    )
                ],
            }
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            wizard.read(["summary_html", "error_text"])

    def test_plan_of_ones_own_with_a_colleagues_customers(self):
        wizard = self._what(
            self.successor, successor_id=self.colleague, approver_id=self.deputy
        )
        wizard.line_ids[0].leaver_id = self.leaver
        self._assert_refused(
            wizard, "action_create_draft", "A plan for Sales A is drafted by"
        )

    def test_defaults(self):
        wizard = self.env["continuity.handover.wizard"].with_user(self.leaver)
        form = Form(wizard)
        self.assertEqual(form.leaver_ids[:], self.leaver)
        self.assertEqual(form.approver_id, self.approver, "the leader of the team")
        self.assertEqual(form.visits_per_day, 5)
        self.assertEqual(form.step, "who")
        self.assertEqual(str(form.date_start), "2027-03-01")
        self.company_a.continuity_visits_per_day = 3
        self.assertEqual(Form(wizard).visits_per_day, 3)

    def test_leader_who_leaves_does_not_approve(self):
        """The proposal skips who hands over themself."""
        self.env["crm.team.member"].create(
            {"crm_team_id": self.team.id, "user_id": self.approver.id}
        )
        form = Form(self.env["continuity.handover.wizard"].with_user(self.approver))
        self.assertFalse(form.approver_id)

    def test_several_leavers(self):
        self.team.member_ids = [Command.set((self.leaver | self.colleague).ids)]
        theirs = self._create_customer("Theirs", self.colleague)
        wizard = self._what(
            self.approver,
            leaver_ids=self.leaver | self.colleague,
            reason="reorganisation",
        )
        self.assertEqual(self._line(wizard, theirs).leaver_id, self.colleague)
        self.assertEqual(self._line(wizard, self.customer_1).leaver_id, self.leaver)
        wizard.action_preview()
        action = wizard.action_create_draft()
        plan = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(plan.leaver_ids, self.leaver | self.colleague)
        self._submit(plan, self.approver)

    def test_a_successor_for_each(self):
        wizard = self._what(successor_mode="each")
        self.assertFalse(wizard.line_ids.successor_id)
        wizard.action_preview()
        self.assertIn("2 customers have no successor", wizard.error_text)
        self._assert_refused(wizard, "action_create_draft", "have no successor")
        self._line(wizard, self.customer_1).successor_id = self.successor
        self._line(wizard, self.customer_2).successor_id = self.colleague
        wizard.action_back()
        wizard.action_suggest_dates()
        wizard.action_preview()
        self.assertFalse(wizard.error_text)
        action = wizard.action_create_draft()
        plan = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(
            self._line_of(plan, self.customer_2).successor_id, self.colleague
        )

    # === discovery === #

    def test_found_through_open_business(self):
        """Owned customers and those reached only through open records, and how."""
        by_deal = self._create_customer("By deal", self.successor)
        by_quotation = self._create_customer("By quotation", self.successor)
        by_activity = self._create_customer("By activity", self.successor)
        self._create_customer("Of somebody else", self.successor)
        self._lead(self.leaver, by_deal)
        order = self._create_order(by_quotation, 100, "2027-02-01", confirm=False)
        order.user_id = self.leaver
        by_activity.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.leaver.id
        )
        wizard = self._what()
        self.assertEqual(
            wizard.line_ids.partner_id,
            self.customer_1 | self.customer_2 | by_deal | by_quotation | by_activity,
        )
        self.assertRegex(self._line(wizard, by_deal).found_via, "Open deals: 1")
        self.assertRegex(self._line(wizard, by_quotation).found_via, "Quotations.*: 1")
        self.assertRegex(self._line(wizard, by_activity).found_via, "activities: 1")
        self.assertRegex(
            self._line(wizard, self.customer_2).found_via, "Customers.*: 1"
        )

    def test_deals_without_a_customer(self):
        deal = self._lead(self.leaver, name="Somebody rang")
        self._lead(self.leaver, name="Lost", active=False, probability=0)
        wizard = self._what()
        line = wizard.line_ids.filtered("lead_id")
        self.assertEqual(line.lead_id, deal)
        self.assertEqual(line.display_name, "Somebody rang")
        self.assertEqual(line.mode, "info")
        self.assertEqual(wizard.line_ids[-1], line, "customers come first")

    def test_proposed_with_reasons(self):
        """Key, focus and formerly large accounts, deals, and who dislikes change."""
        names = ("Focus", "Dislikes change", "With a deal", "Was large", "Plain")
        focus, dislikes, deal, large, plain = (
            self._create_customer(name, self.leaver) for name in names
        )
        focus.continuity_focus_account = True
        dislikes.continuity_dislikes_change = True
        self._lead(self.leaver, deal, date_deadline="2027-05-31")
        for year in ("2024", "2025"):
            self._create_invoice(large, 1_500_000, f"{year}-06-01")
        self._refresh()
        wizard = self._what()
        reasons = {
            self.customer_1: "key account",
            focus: "focus account",
            dislikes: "dislikes a change",
            deal: "deal closing",
            large: "formerly large",
        }
        for partner, reason in reasons.items():
            line = self._line(wizard, partner)
            self.assertEqual(line.mode, "visit", partner.name)
            self.assertIn(reason, line.mode_reason)
        line = self._line(wizard, plain)
        self.assertEqual(line.mode, "info")
        self.assertIn("no reason for a visit", line.mode_reason)
        # Whoever reads the plan reads the reasons in their own language.
        self.env["res.lang"]._activate_lang("zh_CN")
        chinese = self._line(wizard, focus).with_context(lang="zh_CN")
        self.assertRegex(chinese.mode_reason, "[\u4e00-\u9fff]")
        self.assertRegex(chinese.found_via, "[\u4e00-\u9fff]")
        # The manager's presence is proposed for key and focus accounts.
        self.assertEqual(
            wizard.line_ids.filtered("manager_attends").partner_id,
            self.customer_1 | focus,
        )
        # The people to meet are people; the company itself where none is known.
        self.assertEqual(
            self._line(wizard, self.customer_1).contact_ids, self.contact_1
        )
        self.assertEqual(self._line(wizard, focus).contact_ids, focus)

    def test_dates_are_proposed(self):
        wizard = self._what()
        line = self._line(wizard, self.customer_1)
        self.assertEqual(str(line.date_visit), "2027-03-02 08:00:00")
        self.assertFalse(self._line(wizard, self.customer_2).date_visit)

    def test_other_companies_stay_out(self):
        """A leaver of two companies hands over in one at a time (I8)."""
        self.leaver.company_ids += self.company_b
        theirs = self._create_customer("B's", self.leaver, company_id=self.company_b.id)
        self.assertNotIn(theirs, self._what().line_ids.partner_id)
        wizard = self._open(self.user_manager, leaver_ids=self.leaver)
        wizard.company_id = self.company_b
        self.successor.company_ids += self.company_b
        self.approver.company_ids += self.company_b
        elsewhere = wizard.with_context(allowed_company_ids=self.company_a.ids)
        with self.assertRaisesRegex(AccessError, "Switch to Continuity B"):
            elsewhere.action_what()
        wizard = wizard.with_context(
            allowed_company_ids=(self.company_b | self.company_a).ids
        )
        wizard.action_what()
        self.assertIn(theirs, wizard.line_ids.partner_id)
        self.assertEqual(
            self._line(wizard, theirs).relationship_id.company_id, self.company_b
        )

    # === editing, back and forward === #

    def test_edited_in_the_form(self):
        wizard = self._what()
        form = Form(wizard)
        index = wizard.line_ids.ids.index(self._line(wizard, self.customer_2).id)
        with self.assertRaisesRegex(AssertionError, "exclude_reason"):
            with form.line_ids.edit(index) as line:
                line.excluded = True
        form = Form(wizard)
        with form.line_ids.edit(index) as line:
            line.excluded = True
            line.exclude_reason = "Closed down."
        form.save()
        wizard.action_preview()
        self.assertFalse(wizard.error_text)
        self.assertIn("Closed down.", str(wizard.summary_html))
        action = wizard.action_create_draft()
        plan = self.env[action["res_model"]].browse(action["res_id"])
        line = self._line_of(plan, self.customer_2)
        self.assertTrue(line.excluded)
        self.assertEqual(line.exclude_reason, "Closed down.")

    def test_preview_names_what_would_stop_the_draft(self):
        wizard = self._what()
        wizard.successor_id = False
        wizard.action_preview()
        self.assertIn("Name the successor", wizard.error_text)
        self._assert_refused(wizard, "action_create_draft", "Name the successor")

    def test_left_out_without_a_reason(self):
        """Also past the form."""
        wizard = self._what()
        self._line(wizard, self.customer_2).write(
            {"excluded": True, "exclude_reason": " "}
        )
        wizard.action_preview()
        self.assertIn("Customer 2 is left out: say why", wizard.error_text)
        self._assert_refused(wizard, "action_create_draft", "say why")

    def _edit_all(self, wizard):
        """Change everything that can be changed on the line of customer 2."""
        self._line(wizard, self.customer_2).write(
            {
                "mode": "visit",
                "manager_attends": True,
                "successor_id": self.colleague.id,
                "contact_ids": [Command.set(self.customer_2.ids)],
                "date_visit": "2027-03-10 13:00:00",
            }
        )
        self._line(wizard, self.customer_1).write(
            {"excluded": True, "exclude_reason": "Mine."}
        )

    def _assert_kept(self, wizard):
        line = self._line(wizard, self.customer_2)
        self.assertEqual(line.mode, "visit")
        self.assertTrue(line.manager_attends)
        self.assertEqual(line.successor_id, self.colleague)
        self.assertEqual(line.contact_ids, self.customer_2)
        self.assertEqual(str(line.date_visit), "2027-03-10 13:00:00")
        line = self._line(wizard, self.customer_1)
        self.assertTrue(line.excluded)
        self.assertEqual(line.exclude_reason, "Mine.")

    def test_back_and_forward_keep_edits(self):
        wizard = self._what()
        self._edit_all(wizard)
        lines = wizard.line_ids
        wizard.action_preview()
        wizard.action_back()
        self.assertEqual(wizard.step, "what")
        self._assert_kept(wizard)
        wizard.action_back()
        self.assertEqual(wizard.step, "who")
        wizard.customer_reason = "A new region."
        wizard.action_what()
        self.assertEqual(wizard.line_ids, lines)
        self._assert_kept(wizard)
        wizard.action_preview()
        self.assertFalse(wizard.error_text)
        self._assert_kept(wizard)

    def test_back_and_forward_take_over_what_changed(self):
        """What was only proposed follows the new answers of step one."""
        wizard = self._what()
        self._line(wizard, self.customer_2).successor_id = self.colleague
        wizard.action_back()
        form = Form(wizard)
        form.successor_id = self.user_all
        form.date_start = "2027-03-08"
        form.save()
        new = self._create_customer("New", self.leaver)
        self.customer_2.user_id = self.successor
        wizard.action_what()
        line = self._line(wizard, self.customer_1)
        self.assertEqual(line.successor_id, self.user_all)
        self.assertEqual(str(line.date_visit), "2027-03-08 08:00:00")
        self.assertEqual(self._line(wizard, new).successor_id, self.user_all)
        self.assertFalse(self._line(wizard, self.customer_2), "no longer theirs")

    def test_other_leaver_other_lines(self):
        wizard = self._what(self.user_manager, leaver_ids=self.leaver)
        wizard.action_back()
        form = Form(wizard)
        form.leaver_ids.clear()
        form.leaver_ids.add(self.successor)
        form.successor_id = self.leaver
        form.approver_id = self.user_manager
        form.save()
        wizard.action_what()
        self.assertEqual(wizard.line_ids.partner_id, self.customer_3)
        self.assertEqual(wizard.line_ids.leaver_id, self.successor)
        self.assertEqual(wizard.line_ids.successor_id, self.leaver)

    def test_preview_says_all_at_once(self):
        wizard = self._what()
        self._line(wizard, self.customer_1).write(
            {"date_visit": False, "contact_ids": [Command.clear()]}
        )
        self._line(wizard, self.customer_2).successor_id = False
        wizard.action_preview()
        texts = [wizard.error_text]
        self.assertEqual(len(wizard.error_text.split("\n")), 2)
        self.assertIn("1 customers have no successor", wizard.error_text)
        self.assertIn("0 of 1 visits fit", wizard.error_text)
        self.assertIn("What customers are told is empty", wizard.warning_text)
        self.assertIn("nobody is named to meet", wizard.warning_text)
        self.env.invalidate_all()
        texts.append(wizard.error_text)
        self.assertEqual(texts[0], texts[1])

    def test_company_without_working_hours(self):
        self.company_a.resource_calendar_id = False
        wizard = self._what()
        wizard.action_preview()
        self.assertIn("Continuity A has no working hours", wizard.error_text)

    def test_period_that_began_earlier(self):
        """Visits are proposed from tomorrow on."""
        wizard = self._what(date_start="2027-02-15", announce_date="2027-02-15")
        line = self._line(wizard, self.customer_1)
        self.assertEqual(str(line.date_visit), "2027-03-02 08:00:00")
        wizard.action_preview()
        self.assertFalse(wizard.error_text)

    def test_preview_counts_what_will_move(self):
        self._lead(self.leaver, self.customer_1)
        self._lead(self.leaver, self.customer_1)
        self._lead(self.successor, self.customer_1)
        wizard = self._what()
        wizard.action_preview()
        html = str(wizard.summary_html)
        self.assertRegex(html, r"Open deals</td>\s*<td[^>]*>2<")

    def test_dialogs_are_private(self):
        wizard = self._what()
        lines = wizard.line_ids
        self.env.invalidate_all()
        for user in (self.colleague, self.approver, self.user_manager):
            for records in (wizard, lines):
                self.assertFalse(
                    records.with_user(user).search([("id", "in", records.ids)])
                )
                with self.assertRaises(AccessError):
                    records.with_user(user).read(["create_date"])
        with self.assertRaises(AccessError):
            wizard.with_user(self.user_portal).read(["create_date"])


@tagged("post_install", "-at_install")
class TestHandoverWizardBadInput(WizardCommon):
    """Show 6: each a clear message, nothing half done."""

    def test_successor_is_the_leaver(self):
        wizard = self._open(successor_id=self.leaver)
        self._assert_refused(
            wizard, "action_what", "Sales A cannot take over from themself"
        )

    def test_successor_is_the_leaver_on_a_line(self):
        wizard = self._what()
        self._line(wizard, self.customer_2).successor_id = self.leaver
        wizard.action_preview()
        self.assertIn("Sales A cannot take over from themself", wizard.error_text)
        self._assert_refused(wizard, "action_create_draft", "from themself")

    def test_successor_archived(self):
        wizard = self._open()
        self._archive_user(self.successor)
        self._assert_refused(wizard, "action_what", "Sales B can no longer log in")

    def test_successor_archived_meanwhile(self):
        wizard = self._what()
        self._archive_user(self.successor)
        wizard.action_preview()
        self.assertIn("Sales B can no longer log in", wizard.error_text)
        self._assert_refused(wizard, "action_create_draft", "can no longer log in")

    def test_successor_without_the_company(self):
        wizard = self._open(
            self.user_manager, leaver_ids=self.leaver, successor_id=self.user_company_b
        )
        self._assert_refused(
            wizard, "action_what", "B cannot work in Continuity A: give access"
        )

    def test_successor_without_sales(self):
        clerk = self._create_user("clerk", "base.group_user")
        wizard = self._open(successor_id=clerk)
        self._assert_refused(wizard, "action_what", "Clerk has no access to Sales")

    def test_no_successor(self):
        wizard = self._open()
        wizard.successor_id = False
        self._assert_refused(wizard, "action_what", "Name the successor")

    def test_leaver_without_customers(self):
        wizard = self._open(self.colleague, approver_id=self.user_manager)
        self._assert_refused(
            wizard, "action_what", "Colleague have no customers and no open business"
        )

    def test_dates(self):
        for values, message in (
            (
                {"date_end": "2027-03-01"},
                "The period ends before it begins",
            ),
            (
                {"last_day": "2027-03-01"},
                "last working day lies before the period begins",
            ),
            (
                {"reason": "resignation", "last_day": "2027-03-01"},
                "last working day lies before the period begins",
            ),
            (
                {"reason": "resignation", "last_day": "2027-03-11"},
                "goes on after the last working day",
            ),
            (
                {"announce_date": "2027-03-13"},
                "announced inside only after the period",
            ),
            (
                {"reason": "leave", "return_date": "2027-03-02"},
                "The return lies before the period begins",
            ),
        ):
            with self.subTest(values=values):
                self._assert_refused(self._open(**values), "action_what", message)

    def test_several_at_once(self):
        wizard = self._open(successor_id=self.leaver, date_end="2027-03-01")
        wizard.write({"visits_per_day": 0, "approver_id": False})
        self._assert_refused(
            wizard,
            "action_what",
            "period ends before it begins",
            "Name an approver",
            "at least one visit a day",
            "cannot take over from themself",
        )

    def test_approver_who_manages_nobody(self):
        wizard = self._open(approver_id=self.colleague)
        self._assert_refused(wizard, "action_what", "Colleague manages nobody")

    def test_approver_is_the_leaver(self):
        wizard = self._what(self.approver, leaver_ids=self.leaver)
        wizard.approver_id = self.leaver
        self._assert_refused(
            wizard, "action_create_draft", "Sales A cannot approve what they drafted"
        )

    def test_customer_in_a_running_plan(self):
        plan = self._running_plan(
            line_ids=[Command.create(self._line_values(self.customer_2))]
        )
        wizard = self._what()
        wizard.action_preview()
        self.assertIn(
            f"Customer 2 is being handed over in {plan.name} already", wizard.error_text
        )
        self._assert_refused(wizard, "action_create_draft", "Customer 2 is being")
        self._line(wizard, self.customer_2).write(
            {"excluded": True, "exclude_reason": "In the other plan."}
        )
        wizard.action_create_draft()

    def test_step_without_the_one_before(self):
        """Nobody gets a plan past the checks of step one."""
        wizard = self._open()
        self._assert_refused(wizard, "action_create_draft", "add a customer")
        wizard = self._what()
        wizard.date_end = "2027-03-01"
        self._assert_refused(
            wizard, "action_create_draft", "The period ends before it begins"
        )


@tagged("post_install", "-at_install")
class TestHandoverWizardCapacity(WizardCommon):
    """Show 5 and H5: what does not fit is shown, with what would make it fit."""

    COUNT = 200

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        customers = cls.customer_1 | cls.customer_2
        (customers | customers.child_ids).user_id = False
        cls.partners = cls.env["res.partner"].create(
            [
                {
                    "name": f"Core {number:03}",
                    "is_company": True,
                    "user_id": cls.leaver.id,
                    "continuity_dislikes_change": True,
                }
                for number in range(cls.COUNT)
            ]
        )
        cls.one_day = {"date_start": "2027-03-02", "date_end": "2027-03-02"}

    def test_two_hundred_customers_in_one_day(self):
        """Five a day, no travel: five fit, and 195 are told apart."""
        self.company_a.continuity_travel_minutes = 0
        wizard = self._what(**self.one_day)
        self.assertEqual(len(wizard.line_ids), self.COUNT)
        self.assertEqual(set(wizard.line_ids.mapped("mode")), {"visit"})
        self.assertEqual(wizard.visits_per_day, 5)
        wizard.action_preview()
        self.assertRegex(
            wizard.error_text,
            "5 of 200 visits fit between 03/02/2027 and 03/02/2027 with 5 visits a "
            "day; 195 have no date, first of all Core .*"
            "more days, fewer visits .*, or another visitor",
        )
        with self.assertRaisesRegex(UserError, "5 of 200 visits fit"):
            wizard.action_create_draft()
        self.assertFalse(self._plans())

    def test_travel_takes_its_time(self):
        """An hour's visit and half an hour on the road: two before lunch, two after."""
        wizard = self._what(**self.one_day)
        wizard.action_preview()
        self.assertIn("4 of 200 visits fit", wizard.error_text)

    def test_more_days_make_it_fit(self):
        self.company_a.continuity_travel_minutes = 0
        wizard = self._what(date_start="2027-03-02", date_end="2027-04-23")
        wizard.action_preview()
        self.assertIn("195 of 200 visits fit", wizard.error_text)
        wizard.action_back()
        wizard.action_back()
        form = Form(wizard)
        form.date_end = "2027-04-26"
        form.save()
        wizard.action_what()
        wizard.action_preview()
        self.assertFalse(wizard.error_text)
        wizard.action_create_draft()

    def test_fewer_visits_make_it_fit(self):
        wizard = self._what(**self.one_day)
        undated = wizard.line_ids.filtered(lambda line: not line.date_visit)
        self.assertEqual(len(undated), 196)
        undated.mode = "info"
        wizard.action_preview()
        self.assertFalse(wizard.error_text)

    def test_another_visitor_does_not_help_the_leaver(self):
        """Whoever takes over: the leaver visits as well, and is the bottleneck."""
        wizard = self._what(**self.one_day)
        wizard.line_ids[100:].successor_id = self.colleague
        wizard.action_suggest_dates()
        wizard.action_preview()
        self.assertIn("4 of 200 visits fit", wizard.error_text)

    def test_another_visitor(self):
        """Two leavers, two successors: twice as many."""
        self.team.member_ids = [Command.set((self.leaver | self.colleague).ids)]
        self.partners[100:].user_id = self.colleague
        wizard = self._what(
            self.approver,
            leaver_ids=self.leaver | self.colleague,
            **self.one_day,
        )
        theirs = wizard.line_ids.filtered(lambda x: x.leaver_id == self.colleague)
        wizard.action_preview()
        self.assertIn("4 of 200 visits fit", wizard.error_text)
        wizard.action_back()
        theirs.successor_id = self.user_all
        wizard.action_suggest_dates()
        wizard.action_preview()
        self.assertIn("8 of 200 visits fit", wizard.error_text)

    def test_other_plans_take_their_share(self):
        """People in several plans, as leaver or as successor."""
        for leaver, successor in (
            (self.colleague, self.leaver),
            (self.successor, self.colleague),
        ):
            plan = self._plan_of_other_people(
                leaver, successor, ["2027-03-02 08:00:00"]
            )
            wizard = self._what(**self.one_day)
            wizard.action_preview()
            self.assertIn("3 of 200 visits fit", wizard.error_text)
            plan.with_user(self.user_manager)._cancel("Another time.")

    def test_meetings_take_their_time(self):
        self.env["calendar.event"].create(
            {
                "name": "Fair",
                "start": "2027-03-02 08:00:00",
                "stop": "2027-03-02 12:00:00",
                "user_id": self.successor.id,
                "partner_ids": [Command.set(self.successor.partner_id.ids)],
            }
        )
        wizard = self._what(**self.one_day)
        wizard.action_preview()
        self.assertIn("2 of 200 visits fit", wizard.error_text)

    def test_the_most_important_are_visited(self):
        core = self.partners[150]
        self._set_tier(core, self.tier_a)
        wizard = self._what(visits_per_day=1, **self.one_day)
        dated = wizard.line_ids.filtered("date_visit")
        self.assertEqual(dated.partner_id, core)

    def test_queries_do_not_grow_with_the_customers(self):
        """Proposing and dating 200 takes hardly more queries than 20."""

        def count(partners):
            (self.partners - partners).user_id = False
            partners.user_id = self.leaver
            wizard = self._open(**self.one_day)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wizard.action_what()
            wizard.action_preview()
            self.assertTrue(wizard.error_text)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(self.partners)  # relationships are made once
        few, many = count(self.partners[:20]), count(self.partners)
        self.assertLess(many, 2 * few)
