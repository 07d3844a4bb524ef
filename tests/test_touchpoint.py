from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestTouchpointPlan(HandoverCommon):
    """Planning: one touchpoint per origin and occurrence (I1), in batches."""

    def test_index_refuses_a_second_one(self):
        """The database itself says no, so that two crons cannot both succeed."""
        touchpoint = self._plan_touchpoint()
        for name in ("origin_model", "origin_id", "occurrence"):
            field = touchpoint._fields[name]
            self.assertTrue(field.required, name)
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT attname FROM pg_attribute
                WHERE attrelid = 'continuity_touchpoint'::regclass AND attnotnull
                  AND attname IN ('origin_model', 'origin_id', 'occurrence')"""
        )
        self.assertEqual(self.env.cr.rowcount, 3, "all NOT NULL: else no uniqueness")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                """INSERT INTO continuity_touchpoint
                          (name, relationship_id, partner_id, company_id,
                           origin_model, origin_id, occurrence, channel_id, user_id,
                           date_due, date_show, state)
                   SELECT name, relationship_id, partner_id, company_id,
                          origin_model, origin_id, occurrence, channel_id, user_id,
                          date_due, date_show, state
                     FROM continuity_touchpoint WHERE id = %s""",
                [touchpoint.id],
            )

    def test_same_key_twice_in_one_call(self):
        values = self._touchpoint_values()
        touchpoints = self.env["continuity.touchpoint"]._plan([values, dict(values)])
        self.assertEqual(len(touchpoints), 2)
        self.assertEqual(len(set(touchpoints.ids)), 1)

    def test_planned_again_stays_as_it_is(self):
        touchpoint = self._plan_touchpoint()
        touchpoint.with_user(self.leaver).log_attempt("held", note="Reached them.")
        again = self._plan_touchpoint(name="Something else", user_id=self.successor.id)
        self.assertEqual(again, touchpoint)
        self.assertEqual(again.name, "Call Customer 1")
        self.assertEqual(again.user_id, self.leaver)
        self.assertEqual(again.state, "done")

    def test_order_of_the_call_is_kept(self):
        first = self._plan_touchpoint(occurrence="b")
        touchpoints = self.env["continuity.touchpoint"]._plan(
            [self._touchpoint_values(occurrence=name) for name in ("c", "b", "a")]
        )
        self.assertEqual(touchpoints.mapped("occurrence"), ["c", "b", "a"])
        self.assertEqual(touchpoints[1], first)

    def test_indexes_of_what_is_deleted_or_searched(self):
        """Deleting an activity, a meeting or a deal looks for what refers to it."""
        for table, column in (
            ("continuity_touchpoint", "activity_id"),
            ("continuity_touchpoint", "event_id"),
            ("continuity_handover_line", "lead_id"),
            ("continuity_touchpoint_attempt", "date"),
        ):
            self.env.cr.execute(
                "SELECT 1 FROM pg_indexes WHERE tablename = %s AND indexdef LIKE %s",
                [table, f"%USING btree ({column})%"],
            )
            self.assertTrue(self.env.cr.fetchone(), f"{table}.{column}")

    def test_nothing_to_plan(self):
        self.assertFalse(self.env["continuity.touchpoint"]._plan([]))

    def test_defaults(self):
        touchpoint = self._plan_touchpoint(
            channel_ids=(self.channel_visit | self.channel_call).ids,
            date_due="2027-04-01",
        )
        self.assertEqual(touchpoint.state, "owed")
        self.assertEqual(touchpoint.channel_id, self.channel_visit)
        self.assertEqual(touchpoint.channel_ids, self.channel_visit | self.channel_call)
        self.assertEqual(touchpoint.date_show, touchpoint.date_due)
        self.assertFalse(touchpoint.activity_id, "planning creates no activity")
        self.assertFalse(touchpoint.event_id)

    def test_queries_do_not_grow_per_record(self):
        model = self.env["continuity.touchpoint"]
        small, large = (
            [self._touchpoint_values(occurrence=f"{size}:{i}") for i in range(size)]
            for size in (10, 200)
        )
        self._plan_touchpoint(occurrence="warm-up")
        self.env.flush_all()

        def count(values):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            model._plan(values)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = count(small), count(large)
        # One more INSERT for each further hundred of records, and no more.
        self.assertLessEqual(many, few + 4)
        self.assertLess(few, 15)

    def test_context_cannot_plan_it_done(self):
        """A caller's context holds no default for what methods record (I13)."""
        touchpoints = self.env["continuity.touchpoint"].with_context(
            default_state="done", default_outcome="held"
        )
        touchpoint = touchpoints._plan([self._touchpoint_values()])
        self.assertEqual(touchpoint.state, "owed")
        self.assertFalse(touchpoint.outcome)


@tagged("post_install", "-at_install")
class TestTouchpointChannels(HandoverCommon):
    """A channel that does not reach the customer leads to the next one."""

    def test_next_accepted_channel(self):
        card = self.env.ref("customer_continuity.channel_card")
        touchpoint = self._plan_touchpoint(channel_ids=(self.channel_call | card).ids)
        touchpoint._show()
        activity = touchpoint.activity_id
        self.assertFalse(touchpoint._switch_channel("Nobody answers."))
        self.assertEqual(touchpoint.channel_id, card, "the letter is not accepted")
        self.assertEqual(touchpoint.state, "tried")
        self.assertEqual(touchpoint.next_try, "Nobody answers.")
        self.assertFalse(touchpoint.why, "why it is owed has not changed")
        self.assertFalse(activity.exists())

    def test_any_channel_is_better_than_silence(self):
        touchpoint = self._plan_touchpoint(channel_ids=self.channel_email.ids)
        touchpoint._switch_channel("The mail came back.")
        self.assertEqual(touchpoint.channel_id, self.channel_call)
        self.assertIn(self.channel_call, touchpoint.channel_ids)

    def test_end_of_the_chain(self):
        card = self.env.ref("customer_continuity.channel_card")
        touchpoint = self._plan_touchpoint(channel_ids=card.ids)
        self.assertEqual(touchpoint._switch_channel("No way."), touchpoint)
        self.assertEqual(touchpoint.state, "owed")

    def test_who_may_not_be_contacted(self):
        relationship = self._plan_touchpoint().relationship_id
        self.assertEqual(relationship._contact_refusals("followup"), {})
        relationship.partner_id.continuity_no_courtesy = True
        self.assertIn(relationship.id, relationship._contact_refusals("followup"))
        self.assertEqual(relationship._contact_refusals("followup", courtesy=False), {})
