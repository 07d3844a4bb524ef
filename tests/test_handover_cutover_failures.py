"""How a cut-over goes on after failures and changes, and what it costs."""

from datetime import timedelta
from unittest.mock import patch

import psycopg2
from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.customer_continuity.models import continuity_handover_cutover

from .common_cutover import NOW, CutOverCase

CUTOVER = "odoo.addons.customer_continuity.models.continuity_handover_cutover"


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestHandoverCutOverFailures(CutOverCase):
    # === Failures and changes meanwhile ===

    def test_one_customers_failure(self):
        """It stays open with the reason, nothing half done; the others go on."""
        lead = self._create_lead("Open", self.customer_1)
        self._fail_for(self.customer_1, UserError("Not on a Tuesday."))
        plan = self._create_plan(self.customer_1, self.customer_2)
        first, second = plan.line_ids.sorted("id")
        with self._assert_changes(
            {self.customer_2: {"user_id": self.successor.id}}, [self.customer_1, lead]
        ):
            self._cut_over(plan)
        self.assertEqual((first.state, second.state), ("open", "moved"))
        self.assertEqual(first.cutover_error, "Not on a Tuesday.")
        self.assertEqual(plan.move_ids.line_id, second)

    def test_unexpected_failure(self):
        self._fail_for(self.customer_1, ZeroDivisionError("by zero"))
        plan = self._create_plan(self.customer_1)
        with mute_logger(CUTOVER):
            self._cut_over(plan)
        self.assertEqual(plan.line_ids.state, "open")
        self.assertIn("by zero", plan.line_ids.cutover_error)

    def test_error_is_forgotten_when_it_works(self):
        plan = self._create_plan(self.customer_1)
        plan.line_ids.cutover_error = "Yesterday it failed."
        self._cut_over(plan)
        self.assertFalse(plan.line_ids.cutover_error)

    def test_closed_lines_stay_closed(self):
        """Neither a line that moved nor one that was left moves again."""
        plan = self._create_plan(self.customer_1, self.customer_2)
        first, second = plan.line_ids.sorted("id")
        first.write({"state": "left", "left_reason": "Stays"})
        second.write({"state": "moved"})
        with self._assert_changes({}, [self.customer_1, self.customer_2]):
            self._cut_over(plan)
        self.assertEqual(first.left_reason, "Stays")

    def test_changes_meanwhile(self):
        """Archived, given to somebody else, merged or moved to another company
        meanwhile: the batch goes through and moves what is still the leaver's."""
        archived, given, parent = (
            self._create_customer(name, self.leaver)
            for name in ("Archived", "Given", "Parent")
        )
        absorbed = self._create_customer("Absorbed", self.leaver)
        target = self._create_customer("Target", self.leaver)
        lead = self._create_lead("Open", absorbed)
        adopted_lead = self._create_lead("Adopted", self.customer_2)
        plan = self._create_plan(
            archived, given, absorbed, target, self.customer_1, self.customer_2
        )
        archived.active = False
        given.user_id = self.colleague
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (absorbed | target).ids, target
        )
        self.customer_2.write({"parent_id": parent.id, "is_company": False})
        self._cut_over(plan)
        self.assertEqual(set(plan.line_ids.mapped("state")), {"moved"})
        for record in (archived, target, lead, self.customer_1, self.customer_2):
            self.assertEqual(record.user_id, self.successor, record.display_name)
        self.assertEqual(adopted_lead.user_id, self.successor)
        self.assertEqual(given.user_id, self.colleague)
        self.assertEqual(parent.user_id, self.leaver, "was not in the plan")

    def test_one_record_of_two_lines(self):
        """A meeting with two customers goes to one successor, once."""
        meeting = self._create_meeting(
            "Both", [self.customer_1, self.customer_2], NOW + timedelta(days=1)
        )
        plan = self._create_plan(self.customer_1, self.customer_2)
        plan.line_ids.sorted("id")[1].successor_id = self.colleague
        self._cut_over(plan)
        self.assertEqual(meeting.user_id, self.successor)
        self.assertNotIn(self.colleague.partner_id, meeting.partner_ids)
        self.assertEqual(
            len(plan.move_ids.filtered(lambda m: m.model == "calendar.event")), 2
        )

    # === Cost ===

    def test_query_count(self):
        """The number of statements does not grow with the customers of a batch."""
        small = self._create_plan(*self._create_business(5))
        large = self._create_plan(*self._create_business(25))
        handover = self.env["continuity.handover"]
        self._cut_over(self._create_plan(*self._create_business(1)))  # fill the caches
        counts = [
            self._count_queries(
                lambda plan=plan: plan.line_ids.with_env(self.loud)._cut_over()
            )
            for plan in (small, large)
        ]
        self.assertLessEqual(counts[1] - counts[0], 5, counts)
        finding = self._count_queries(
            lambda: handover._find_customers(self.leaver, self.company_a)
        )
        self.assertLessEqual(finding, 2 * len(handover._get_movers()) + 3)

    # === Scheduler ===

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("customer_continuity.cron_cut_over").method_direct_trigger()
        self.env.invalidate_all()

    def test_cron(self):
        """Queued lines of running plans are moved in batches; one digest at the end,
        also when it took several batches; another run does nothing."""
        customers = self._create_business(5)
        plan = self._create_plan(*customers)
        plan.line_ids.state = "queued"
        cancelled = self._create_plan(self.customer_1, state="cancelled")
        cancelled.line_ids.state = "queued"
        opened = self._create_plan(self.customer_2)
        self.patch(continuity_handover_cutover, "BATCH_SIZE", 2)
        messages = self.env["mail.message"].search([])
        self._run_cron()
        self.assertEqual(set(plan.line_ids.mapped("state")), {"moved"})
        self.assertEqual(customers.user_id, self.successor)
        self.assertEqual(cancelled.line_ids.state, "queued")
        self.assertEqual(opened.line_ids.state, "open")
        self.assertEqual((self.customer_1 | self.customer_2).user_id, self.leaver)
        digest = self.env["mail.message"].search([]) - messages
        self.assertEqual(len(digest), 1)
        self.assertIn("5", digest.subject)
        self._run_cron()
        self.assertEqual(self.env["mail.message"].search([]) - messages, digest)

    def test_cron_goes_on_after_a_failure(self):
        self._fail_for(self.customer_1, UserError("Not on a Tuesday."))
        plan = self._create_plan(self.customer_1, self.customer_2)
        plan.line_ids.state = "queued"
        self._run_cron()
        first, second = plan.line_ids.sorted("id")
        self.assertEqual((first.state, second.state), ("open", "moved"))
        self.assertEqual(first.cutover_error, "Not on a Tuesday.")

    def test_cron_leaves_what_another_one_took(self):
        """Lines another scheduler has locked are not waited for (I11)."""
        plan = self._create_plan(self.customer_1, self.customer_2)
        plan.line_ids.state = "queued"
        taken = plan.line_ids.sorted("id")[0]
        original = type(taken).try_lock_for_update

        def try_lock(records, **kwargs):
            return original(records - taken, **kwargs)

        messages = self.env["mail.message"].search([])
        with patch.object(type(taken), "try_lock_for_update", try_lock):
            self._run_cron()
        self.assertEqual(taken.state, "queued")
        self.assertEqual((plan.line_ids - taken).state, "moved")
        self.assertFalse(
            self.env["mail.message"].search([]) - messages,
            "the digest waits for the last line",
        )
        self._run_cron()
        self.assertEqual(len(self.env["mail.message"].search([]) - messages), 1)

    def test_conflicts_are_not_kept_as_errors(self):
        """Losing against somebody else's transaction is no fault of the customer:
        it takes a new transaction, not a reason on the line."""
        plan = self._create_plan(self.customer_1)
        self._fail_for(self.customer_1, psycopg2.errors.SerializationFailure("lost"))
        with self.assertRaises(psycopg2.errors.SerializationFailure):
            plan.line_ids._cut_over()
        self.assertEqual(plan.line_ids.state, "open")
        self.assertFalse(plan.line_ids.cutover_error)
