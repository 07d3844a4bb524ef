"""Today: one list, the most urgent first, settled by one click each."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon


class TodayCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leaver.tz = cls.successor.tz = "UTC"
        cls._set_tier(cls.customer_1, cls.tier_a)
        cls._set_tier(cls.customer_2, cls.tier_c)
        cls.channel_card = cls.env.ref("customer_continuity.channel_card")
        meeting = cls.channel_visit.ids
        plan = cls._plan_touchpoint
        cls.late_c = plan(cls.customer_2, occurrence="1", date_due="2027-02-20")
        cls.late_a = plan(occurrence="2", date_due="2027-02-26")
        cls.today = plan(occurrence="3", why="Three months after delivery")
        cls.arrange = plan(
            occurrence="4",
            channel_ids=meeting,
            date_due="2027-03-04",
            date_show="2027-03-01",
        )
        cls.over = plan(
            occurrence="5",
            channel_ids=meeting,
            date_planned="2027-02-26 09:00:00",
            date_due="2027-02-26",
        )
        cls.week = plan(cls.customer_2, occurrence="6", date_due="2027-03-05")
        cls.later = plan(occurrence="7", date_due="2027-04-05")
        cls.theirs = plan(cls.customer_3, occurrence="8", user_id=cls.successor.id)
        cls.all = (
            cls.late_c
            | cls.late_a
            | cls.today
            | cls.arrange
            | cls.over
            | cls.week
            | cls.later
        )

    def _list(self, user=None, until="2027-03-08"):
        touchpoints = self.env["continuity.touchpoint"].with_user(user or self.leaver)
        return touchpoints.search(
            touchpoints._domain_today(touchpoints.env.user, fields.Date.to_date(until)),
            order="urgency",
        )

    def _mine(self, touchpoint, user=None):
        return touchpoint.with_user(user or self.leaver)


@tagged("post_install", "-at_install")
class TestToday(TodayCommon):
    def test_groups(self):
        self.assertEqual(
            {t.occurrence: t.today_group for t in self.all},
            {
                "1": "2_overdue",
                "2": "2_overdue",
                "3": "3_today",
                "4": "4_arrange",
                "5": "1_confirm",
                "6": "5_week",
                "7": "6_later",
            },
        )

    def test_urgency_then_tier(self):
        expected = (
            self.over
            | self.late_a
            | self.late_c
            | self.today
            | self.arrange
            | self.week
        )
        self.assertEqual(self._list(), expected)
        self.assertEqual(self.all.sorted("urgency"), expected | self.later)

    def test_grouped_and_searched(self):
        touchpoints = self.env["continuity.touchpoint"].with_user(self.leaver)
        domain = touchpoints._domain_today(
            self.leaver, fields.Date.to_date("2027-03-08")
        )
        rows = touchpoints._read_group(domain, ["today_group"], ["id:recordset"])
        self.assertEqual(
            [row[0] for row in rows],
            ["1_confirm", "2_overdue", "3_today", "4_arrange", "5_week"],
        )
        for group, records in rows:
            found = touchpoints.search(domain + [("today_group", "=", group)])
            self.assertEqual(found, records)
            self.assertEqual(set(records.mapped("today_group")), {group})
        self.assertEqual(
            touchpoints.search(
                domain + [("today_group", "in", ["1_confirm", "2_overdue"])]
            ),
            self.over | self.late_a | self.late_c,
        )

    def test_by_the_users_calendar_day(self):
        mine = self._mine(self.today).with_context(tz="Pacific/Kiritimati")
        with self._at("2027-03-01 12:00:00"):
            self.assertEqual(mine.today_group, "2_overdue")

    def test_tomorrow_the_week_moves_up(self):
        with self._at("2027-03-05 06:00:00"):
            self.all.invalidate_recordset()
            self.assertEqual(self.week.today_group, "3_today")
            self.assertEqual(self.today.today_group, "2_overdue")

    def test_each_their_own(self):
        self.assertEqual(self._list(self.successor), self.theirs)
        self.assertFalse(self._list(self.colleague))
        action = self.env.ref("customer_continuity.action_today")
        self.assertIn("search_default_mine", action.context)

    def test_held_back_is_not_in_it(self):
        self._mine(self.today).log_attempt("refused")
        self.assertNotIn(self.today, self._list())

    def test_what_to_know(self):
        self.customer_1.phone = "+49 30 1"
        self.contact_1.phone = "+49 30 2"
        self.late_a.contact_ids = self.contact_1
        self.assertEqual(self.late_a.phone, "+49 30 2")
        self.assertEqual(self.today.phone, "+49 30 1")
        self.assertEqual(self.today.tier_id, self.tier_a)
        self.assertFalse(self.today.last_contact)
        self._mine(self.late_a).log_attempt(
            "held", note="They\nwant a second machine.", date="2027-02-28 09:00:00"
        )
        self.env["continuity.touchpoint"].invalidate_model()
        today = self._mine(self.today)
        self.assertIn("Call", today.last_contact)
        self.assertIn("2027", today.last_contact)
        self.assertIn("“They want a second machine.”", today.first_sentence)

    def test_opening_from_the_facts(self):
        today = self._mine(self.today)
        self.assertIn("introduce myself", today.first_sentence)
        self._create_order(self.customer_1, 100, "2027-02-01").user_id = self.leaver
        today.invalidate_recordset()
        self.assertIn("“Continuity product”", today.first_sentence)
        self.customer_1.continuity_problems = "The old press leaks " + "x" * 100
        today.invalidate_recordset()
        self.assertIn("The old press leaks", today.first_sentence)
        self.assertIn("…", today.first_sentence)

    def test_opening_of_the_process_comes_first(self):
        self.today.opening = "How does the new press run?"
        self.customer_1.continuity_problems = "It leaks"
        self.assertEqual(
            self._mine(self.today).first_sentence, "How does the new press run?"
        )

    def test_no_product_of_an_order_one_may_not_see(self):
        self._create_order(self.customer_1, 100, "2027-02-01").user_id = self.successor
        self.customer_1.user_id = self.successor
        self.assertNotIn("product", self._mine(self.today).first_sentence)

    def test_what_it_is_about(self):
        self.assertEqual(self._mine(self.today).matter, "Three months after delivery")
        self.assertEqual(self._mine(self.late_a).matter, "Call Customer 1")
        self._mine(self.late_a).log_attempt("no_answer")
        self.assertIn("\nTry ", self.late_a.matter)

    def test_customer_comes_first_in_ones_own_list(self):
        self.today.name = "Say hello"
        mine = self._mine(self.today)
        self.assertEqual(mine.display_name, "Say hello")
        mine = mine.with_context(continuity_own_list=True)
        self.assertEqual(mine.display_name, "Customer 1 – Say hello")

    def test_open_concerns(self):
        self.env["continuity.concern"]._raise_concern(
            touchpoint=self.today, kind="question", question="Why?", source="typed"
        )
        self.assertEqual(self._mine(self.today).open_concern_count, 1)
        self.assertIn("Open concerns: 1", self._mine(self.today).matter)
        self.assertEqual(self._mine(self.late_c).open_concern_count, 0)

    def test_queries_for_80_rows(self):
        """As many queries for 80 rows as for 8."""
        customers = self.env["res.partner"].create(
            [
                {"name": f"C {n}", "is_company": True, "user_id": self.leaver.id}
                for n in range(80)
            ]
        )
        self.env["continuity.touchpoint"]._plan(
            [
                self._touchpoint_values(customer, occurrence="80")
                for customer in customers
            ]
        )
        arch = self.env.ref("customer_continuity.view_today_list").arch
        names = [
            n for n in self.env["continuity.touchpoint"]._fields if f'"{n}"' in arch
        ]
        self.assertIn("first_sentence", names)
        many2one = {"fields": {"display_name": {}}}
        spec = {
            n: many2one
            if n in ("partner_id", "tier_id", "channel_id", "user_id")
            else {}
            for n in names
        }
        touchpoints = self.env["continuity.touchpoint"].with_user(self.leaver)
        domain = [("occurrence", "=", "80"), ("user_id", "=", self.leaver.id)]

        def count(limit):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            result = touchpoints.web_search_read(
                domain, spec, limit=limit, order="urgency"
            )
            self.assertEqual(len(result["records"]), limit)
            return self.env.cr.sql_log_count - before

        count(8)  # what is cached once
        few, many = count(8), count(80)
        self.assertLessEqual(many, few)
        self.assertLessEqual(many, 32)

    def test_list_is_described_without_error(self):
        for view in ("list", "kanban", "calendar", "search"):
            self.env["continuity.touchpoint"].with_user(self.leaver).get_view(
                self.env.ref(f"customer_continuity.view_today_{view}").id, view
            )
        described = self.env["continuity.touchpoint"].fields_get(
            ["today_group", "tier_id"]
        )
        self.assertTrue(described["today_group"]["groupable"])
        self.assertTrue(described["tier_id"]["groupable"])


@tagged("post_install", "-at_install")
class TestTodayClicks(TodayCommon):
    def test_done(self):
        (self.today | self.late_c)._show()
        action = self._mine(self.today | self.late_c).action_today_done()
        self.assertEqual(action["tag"], "continuity_undo")
        self.assertEqual(self.today.state, "done")
        self.assertEqual(self.late_c.state, "done")
        self.assertEqual(self.today.relationship_id.state, "on_track")
        self.assertFalse(self.today.activity_id.active)

    def test_done_card_is_posted(self):
        card = self._plan_touchpoint(
            occurrence="card", channel_ids=self.channel_card.ids
        )
        self._mine(card).action_today_done()
        self.assertEqual(card.state, "done")
        self.assertEqual(card.attempt_ids.outcome, "posted")

    def test_done_meeting_asks(self):
        action = self._mine(self.over).action_today_done()
        self.assertEqual(action["res_model"], "continuity.report.contact")
        self.assertEqual(self.over.state, "owed")
        with self.assertRaisesRegex(UserError, "one by one"):
            self._mine(self.over | self.today).action_today_done()

    def test_done_letter_is_previewed(self):
        letter = self._plan_touchpoint(
            occurrence="letter",
            channel_ids=self.env.ref("customer_continuity.channel_letter").ids,
        )
        letter.template_id = self.env["mail.template"].search(
            [("model", "=", "continuity.touchpoint")], limit=1
        )
        action = self._mine(letter).action_today_done()
        self.assertEqual(action["res_model"], "continuity.letter.preview")
        self.assertEqual(letter.state, "owed")

    def test_no_answer(self):
        self._mine(self.today).action_today_no_answer()
        self.assertEqual(self.today.state, "tried")
        self.assertEqual(str(self.today.date_show), "2027-03-02")

    def test_postpone(self):
        self.today._show()
        self._mine(self.today).action_postpone_tomorrow()
        self.assertEqual(str(self.today.date_due), "2027-03-02")
        self.assertEqual(str(self.today.activity_id.date_deadline), "2027-03-02")
        self.assertEqual(self.today.postponed_count, 1)
        self._mine(self.today).action_postpone_week()
        self.assertEqual(str(self.today.date_due), "2027-03-08")
        action = self._mine(self.today).action_postpone_date()
        wizard = (
            self.env["continuity.postpone"]
            .with_user(self.leaver)
            .with_context(**action["context"])
            .create({"day": "2027-03-13"})
        )
        wizard.action_apply()
        self.assertEqual(str(self.today.date_due), "2027-03-15", "a Saturday before")
        self.assertEqual(self.today.postponed_count, 3)
        wizard.day = "2027-03-01"
        with self.assertRaisesRegex(UserError, "after today"):
            wizard.action_apply()

    def test_postpone_over_a_weekend(self):
        with self._at("2027-03-05 06:00:00"):
            self._mine(self.today).action_postpone_tomorrow()
        self.assertEqual(str(self.today.date_due), "2027-03-08")

    def test_postpone_a_visit_to_arrange(self):
        self._mine(self.arrange).action_postpone_tomorrow()
        self.assertEqual(str(self.arrange.date_show), "2027-03-02")
        self.assertEqual(str(self.arrange.date_due), "2027-03-04")

    def test_a_visit_in_the_list_is_not_due_earlier(self):
        """Arranging it later moves its activity, not the day it is due."""
        self.arrange.date_due = fields.Date.add(self.arrange.date_due, days=30)
        self.arrange._show()
        due = self.arrange.date_due
        self._mine(self.arrange).action_postpone_week()
        self.assertEqual(self.arrange.date_due, due)

    def test_an_appointment_is_not_postponed_here(self):
        with self.assertRaisesRegex(UserError, "calendar"):
            self._mine(self.over).action_postpone_week()

    def test_not_useful(self):
        self.today._show()
        activity = self.today.activity_id
        action = self._mine(self.today).action_not_useful()
        wizard = (
            self.env["continuity.reason.wizard"]
            .with_user(self.leaver)
            .with_context(**action["context"])
            .create({"reason": "They have closed."})
        )
        wizard.action_apply()
        self.assertEqual(self.today.state, "cancelled")
        self.assertEqual(self.today.reason, "They have closed.")
        self.assertFalse(activity.exists())
        with self.assertRaises(UserError):
            self._mine(self.late_a)._not_useful(" ")

    def test_a_plan_decides_about_its_own(self):
        plan = self._running_plan()
        told = plan.line_ids.touchpoint_ids
        self.assertTrue(told)
        for touchpoint in told:
            with self.assertRaisesRegex(UserError, "belongs to a handover plan"):
                self._mine(touchpoint)._not_useful("I do not like to.")
        self.assertFalse(told.filtered(lambda t: t.state == "cancelled"))

    def test_only_ones_own(self):
        for user in (self.colleague, self.successor, self.user_all, self.user_portal):
            mine = self._mine(self.today, user)
            for method, args in (
                ("action_today_done", ()),
                ("action_today_no_answer", ()),
                ("action_postpone_tomorrow", ()),
                ("action_postpone_week", ()),
                ("_not_useful", ("x",)),
            ):
                with self.subTest(user=user.login, method=method):
                    with self.assertRaises(AccessError):
                        getattr(mine, method)(*args)
        self.assertEqual(self.today.state, "owed")
        # The manager of who is responsible may.
        self._mine(self.today, self.user_leader).action_postpone_tomorrow()

    def test_guarded(self):
        with self.assertRaises(AccessError):
            self._rpc(self.leaver, self.today, "write", {"postponed_count": 0})
        with self.assertRaises(AccessError):
            self._rpc(self.leaver, self.today, "write", {"opening": "x"})

    def test_print(self):
        today = self.env["continuity.touchpoint"].with_user(self.leaver)
        action = today.action_print_today()
        ids = action["context"]["active_ids"]
        self.assertEqual(
            ids, (self.over | self.late_a | self.late_c | self.today | self.arrange).ids
        )
        week = today.action_print_week()["context"]["active_ids"]
        self.assertEqual(week, [*ids, self.week.id])
        html = (
            self.env["ir.actions.report"]
            .with_user(self.leaver)
            ._render_qweb_html("customer_continuity.report_today", week)[0]
            .decode()
        )
        for text in ("Overdue", "Was It Held?", "This Week", "Three months after"):
            self.assertIn(text, html)
        self.assertLess(html.index("Was It Held?"), html.index("Overdue"))
        with self.assertRaisesRegex(UserError, "nothing is due"):
            today.with_user(self.colleague).action_print_today()

    def test_others_contacts_are_not_printed(self):
        with self.assertRaises(AccessError):
            self.env["ir.actions.report"].with_user(self.leaver)._render_qweb_html(
                "customer_continuity.report_today", self.theirs.ids
            )

    def test_company_walls(self):
        customer = self._create_customer("Of B", company_id=self.company_b.id)
        theirs = self._plan_touchpoint(
            customer,
            occurrence="b",
            company_id=self.company_b.id,
            user_id=self.user_manager.id,
        )
        manager = self.user_manager
        manager.group_ids = [Command.link(self.env.ref("base.group_user").id)]
        found = (
            self.env["continuity.touchpoint"]
            .with_user(manager)
            .with_context(allowed_company_ids=self.company_a.ids)
        )
        self.assertNotIn(theirs, found.search(found._domain_today(manager)))
        found = found.with_context(allowed_company_ids=self.company_b.ids)
        self.assertIn(theirs, found.search(found._domain_today(manager)))
