from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common_concern import ConcernCommon

FINDING = "odoo.addons.customer_continuity.models.continuity_insight_finding"


@tagged("post_install", "-at_install")
class TestInsight(ConcernCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.laser = cls.env["continuity.topic"].create(
            {
                "name": "Continuity topic",
                "keywords": "laser cutter, laser cutting, レーザー加工機",
            }
        )
        cls.insight = cls._create_insight()
        cls.relationship_2 = cls._set_tier(cls.customer_2, cls.tier_b)
        cls.customer_1.write(
            {"continuity_equipment": "Two laser cutters of 2019", "lang": "en_US"}
        )

    @classmethod
    def _create_insight(cls, **values):
        return cls.env["continuity.insight"].create(
            {
                "name": "Cutting with half the power",
                "topic_ids": [Command.set(cls.laser.ids)],
                **values,
            }
        )

    def _find(self, user=None, insight=None):
        insight = (insight or self.insight).with_user(user or self.owner)
        insight.with_company(self.company_a).action_find_customers()
        lines = self.env["continuity.insight.suggestion"].search(
            [("insight_id", "=", insight.id)]
        )
        return lines.sorted("rank")

    def _plan(self, line, user=None, why="Your second cutter is the older type."):
        line = line.with_user(user or self.owner)
        line.why = why
        line.action_plan()
        return line.sudo().touchpoint_ids

    # === Whom it fits === #

    def test_found_in_the_profile_with_the_reason(self):
        line = self._find()
        self.assertEqual(line.partner_id, self.customer_1)
        self.assertEqual(line.fits_because, "Equipment: laser cutter")
        self.assertTrue(line.suited)

    def test_each_place_counts_and_the_most_fitting_comes_first(self):
        tag = self.env["res.partner.category"].create({"name": "laser CUTTING"})
        self.customer_2.write(
            {
                "continuity_problems": "The laser cutter stands still",
                "continuity_business": "Laser cutting for others",
                "category_id": [Command.set(tag.ids)],
            }
        )
        lines = self._find()
        self.assertEqual(lines.partner_id, self.customer_2 + self.customer_1)
        self.assertEqual(
            lines[0].fits_because,
            "Problems: laser cutter; Business: laser cutting; Tags: laser CUTTING",
        )

    def test_part_of_another_word_does_not_count(self):
        self.laser.write({"name": "Press", "keywords": False})
        self.customer_1.continuity_equipment = "An express lift"
        self.assertFalse(self._find())
        self.customer_1.continuity_equipment = "Presses"
        self.assertTrue(self._find())

    def test_japanese_words_stand_in_the_middle(self):
        self.customer_1.continuity_equipment = "工場にレーザー加工機が二台"
        self.assertEqual(self._find().fits_because, "Equipment: レーザー加工機")

    def test_words_are_no_patterns(self):
        self.laser.write({"name": "C.tter (x", "keywords": "%, .*"})
        self.assertFalse(self._find())

    def test_needs_topic_and_a_day_to_come(self):
        self.insight.topic_ids = False
        with self.assertRaisesRegex(UserError, "topic first"):
            self._find()
        self.insight.write(
            {"topic_ids": [Command.set(self.laser.ids)], "valid_until": "2027-02-28"}
        )
        with self.assertRaisesRegex(UserError, "out of date"):
            self._find()

    # === Whom it does not suit now === #

    def test_other_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.insight.lang = "fr_FR"
        line = self._find()
        self.assertFalse(line.suited)
        self.assertEqual(line.not_now_because, "Speaks another language")
        self.assertEqual(self.insight.unsuited_ids, line)

    def test_wants_no_courtesy_contacts(self):
        self.customer_1.continuity_no_courtesy = True
        self.assertIn("no courtesy", self._find().not_now_because)

    def test_open_complaint(self):
        concern = self._raise(kind="complaint")
        self.assertIn(concern.name, self._find().not_now_because)

    def test_had_another_one_lately(self):
        self._plan(self._find())
        second = self._create_insight(name="Another")
        line = self._find(insight=second)
        self.assertIn("Had another one on", line.not_now_because)
        self.assertEqual(line.received_count, 1)
        with self._at("2027-08-27 06:00:00"):  # 179 days later
            self.assertFalse(self._find(insight=second).suited)
        with self._at("2027-08-28 06:00:00"):
            line = self._find(insight=second)
            self.assertTrue(line.suited)
            self.assertEqual(line.received_count, 1)

    def test_pause_is_a_setting(self):
        with self.assertRaisesRegex(ValidationError, "too little"):
            self.company_a.continuity_insight_days = 0
        self.company_a.continuity_insight_days = 10
        self._plan(self._find())
        second = self._create_insight(name="Another")
        with self._at("2027-03-11 06:00:00"):
            self.assertTrue(self._find(insight=second).suited)

    def test_same_one_is_not_sent_twice(self):
        line = self._find()
        self._plan(line)
        self.assertEqual(self._find(), line)
        with self.assertRaisesRegex(UserError, "planned for"):
            line.with_user(self.owner).action_plan()

    # === Planning === #

    def test_planned_with_a_reason_of_its_own(self):
        line = self._find()
        with self.assertRaisesRegex(UserError, "why it is worth their time"):
            line.with_user(self.owner).action_plan()
        touchpoint = self._plan(line)
        self.assertEqual(touchpoint.purpose, "followup")
        self.assertEqual(touchpoint.why, "Your second cutter is the older type.")
        self.assertEqual(touchpoint.user_id, self.owner)
        self.assertEqual(touchpoint.channel_id, self.channel_email)
        self.assertEqual(str(touchpoint.date_due), "2027-03-08")
        self.assertEqual(touchpoint.state, "owed", "never sent automatically")
        self.assertEqual(line.state, "planned")

    def test_sent_when_the_contact_is_done(self):
        line = self._find()
        self._plan(line).with_user(self.owner).log_attempt("held")
        self.assertEqual(line.state, "sent")
        self.assertEqual(self.insight.with_user(self.owner).sent_count, 1)

    def test_planned_again_when_the_letter_came_back(self):
        line = self._find()
        touchpoint = self._plan(line)
        touchpoint.with_user(self.owner).log_attempt("held")
        touchpoint._notify_origin("_touchpoint_reopened")
        self.assertEqual(line.state, "planned")

    def test_called_off_may_be_planned_again(self):
        line = self._find()
        self._plan(line).with_user(self.owner)._not_useful("Not this one.")
        self.assertEqual(line.state, "proposed")
        self.assertTrue(self._find().suited)
        second = self._create_insight(name="Another")
        self.assertTrue(self._find(insight=second).suited, "had nothing")
        self._plan(line, why="Once more")
        self.assertEqual(line.state, "planned")

    def test_called_off_by_mistake(self):
        line = self._find()
        touchpoint = self._plan(line).with_user(self.owner)
        planned_on = line.planned_on
        touchpoint._not_useful("Not this one.")
        touchpoint.action_undo()
        self.assertEqual((line.state, line.planned_on), ("planned", planned_on))
        touchpoint._not_useful("Not this one.")
        self._plan(line, why="Once more")
        with self.assertRaisesRegex(UserError, "anew"):
            touchpoint.action_undo()
        self.assertEqual(touchpoint.state, "cancelled")

    def test_owner_of_another_company_gets_no_contact_here(self):
        self.customer_1.user_id = self.user_company_b
        touchpoint = self._plan(self._find(self.user_all), user=self.user_manager)
        self.assertEqual(touchpoint.user_id, self.user_manager)

    def test_failed_may_be_tried_once_more(self):
        line = self._find()
        self._plan(line)._fail("No address")
        self.assertEqual(line.state, "failed")
        self.assertTrue(self._find().suited)
        self._plan(line, why="Once more")
        self.assertEqual(len(line.touchpoint_ids), 2)

    def test_checked_again_when_planned(self):
        line = self._find()
        self._raise(kind="complaint")
        with self.assertRaisesRegex(UserError, "Open: Complaint"):
            self._plan(line)

    def test_what_was_written_stays_when_found_again(self):
        line = self._find()
        line.with_user(self.owner).why = "Because"
        self.assertEqual(self._find().why, "Because")

    def test_found_again_where_it_no_longer_fits(self):
        self._find()
        self.customer_1.continuity_equipment = False
        self.assertFalse(self._find())

    # === Who === #

    def test_own_team_all(self):
        self._set_tier(self.customer_3, self.tier_c)
        self.customer_3.continuity_equipment = "Laser cutter"
        self.assertEqual(self._find(self.user_sales_b).partner_id, self.customer_3)
        self.assertEqual(len(self._find(self.user_all)), 2)
        lines = self.insight.suggestion_ids.browse()
        self.assertEqual(
            lines.with_user(self.owner).search([]).partner_id, self.customer_1
        )
        self.assertEqual(
            lines.with_user(self.manager).search([]).partner_id, self.customer_1
        )
        with self.assertRaises(AccessError):
            lines.with_user(self.user_portal).search([])

    def test_colleague_does_not_decide(self):
        with self.assertRaisesRegex(AccessError, "who decides"):
            self._plan(self._find(self.user_all), user=self.user_all)
        self._plan(self._find(), user=self.manager)

    def test_company_wall(self):
        self._set_tier(self.customer_2, self.tier_c, self.company_b)
        self.customer_2.continuity_equipment = "Laser cutter"
        self._find(self.user_manager)
        lines = self.env["continuity.insight.suggestion"].search(
            [("insight_id", "=", self.insight.id)]
        )
        self.assertEqual(lines.company_id, self.company_a)
        theirs = self._create_insight(company_id=self.company_b.id)
        with self.assertRaises(AccessError):
            theirs.with_user(self.owner).read(["name"])

    def test_state_cannot_be_typed_in(self):
        line = self._find()
        for name, value in (("state", "sent"), ("suited", True), ("rank", 0)):
            with self.assertRaises(AccessError):
                self._rpc(self.owner, line, "write", {name: value})

    def test_library_is_read_by_all_and_written_by_who_owns_it(self):
        self.assertTrue(self.insight.with_user(self.user_sales_b).name)
        with self.assertRaises(AccessError):
            self.insight.with_user(self.owner).name = "Mine"
        form = Form(self.env["continuity.insight"].with_user(self.owner))
        form.name = "A book"
        form.save().name = "The same book"

    def test_files_are_read_by_all(self):
        file = (
            self.env["ir.attachment"]
            .with_user(self.owner)
            .create(
                {"name": "paper.txt", "raw": b"x", "res_model": "continuity.insight"}
            )
        )
        self.env["continuity.insight"].with_user(self.owner).create(
            {"name": "Paper", "attachment_ids": [Command.set(file.ids)]}
        )
        self.assertTrue(file.with_user(self.user_sales_b).read(["name"]))

    def test_form_shows_both_lists(self):
        self._find()
        Form(self.insight.with_user(self.owner))

    # === How many === #

    def test_bounded_and_hindered_ones_take_no_place(self):
        customers = self.env["res.partner"].create(
            [
                {
                    "name": f"Laser {n}",
                    "is_company": True,
                    "user_id": self.owner.id,
                    "continuity_equipment": "laser cutter",
                    "continuity_no_courtesy": n < 3,
                }
                for n in range(6)
            ]
        )
        self.env["continuity.relationship"]._ensure(self.company_a, customers)
        self.startPatcher(patch(f"{FINDING}.SUGGESTION_LIMIT", 2))
        lines = self._find()
        self.assertEqual(len(lines.filtered("suited")), 2)
        self.assertEqual(len(lines) - 2, 2)

    def test_who_had_another_one_takes_no_place(self):
        self._plan(self._find())
        self.customer_2.continuity_equipment = "Laser cutter"
        with patch(f"{FINDING}.SUGGESTION_LIMIT", 1):
            lines = self._find(insight=self._create_insight(name="Another"))
        self.assertEqual(lines.filtered("suited").partner_id, self.customer_2)
        self.assertEqual(len(lines), 2)

    def test_queries_do_not_grow_with_customers(self):
        def count(number):
            customers = self.env["res.partner"].create(
                [
                    {
                        "name": f"Laser {n}",
                        "is_company": True,
                        "user_id": self.owner.id,
                        "continuity_equipment": "laser cutter",
                    }
                    for n in range(number)
                ]
            )
            self.env["continuity.relationship"]._ensure(self.company_a, customers)
            insight = self._create_insight(name=str(number))
            insight.with_user(self.owner).with_company(self.company_a)._suggest(
                self.company_a
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            insight.with_user(self.owner).with_company(self.company_a)._suggest(
                self.company_a
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few = count(3)
        self.assertLessEqual(count(30), few + 5)
