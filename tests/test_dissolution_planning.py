from unittest.mock import patch

from odoo.tests import tagged

from .common_dissolution import DissolutionCommon

MODELS = "odoo.addons.customer_continuity.models"
PLANNING = f"{MODELS}.continuity_listed_subject_planning"


@tagged("post_install", "-at_install")
class TestDissolutionPlanning(DissolutionCommon):
    """Starting a large campaign leaves the planning to the scheduler."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch(f"{PLANNING}.IMMEDIATE_CUSTOMERS", 2))
        cls.startClassPatcher(patch(f"{PLANNING}.BATCH_SIZE", 2))

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "customer_continuity.cron_dissolution_planning"
            ).method_direct_trigger()
        self.env.invalidate_all()

    def test_many_are_planned_by_the_scheduler(self):
        self._start()
        self.assertEqual(self.campaign.state, "running")
        self.assertEqual(self.campaign.waiting_count, 3)
        self.assertFalse(self.lines.touchpoint_ids)
        self._run_cron()
        self.assertEqual(self.campaign.waiting_count, 0)
        for line in self.lines:
            self.assertTrue(line.touchpoint_ids)
            self.assertFalse(line.plan_error)
        planned = self.lines.touchpoint_ids
        self._run_cron()
        self.assertEqual(self.lines.touchpoint_ids, planned)

    def test_few_are_planned_at_once(self):
        self.line_3.sudo().state = "out"
        self._start()
        self.assertTrue(self.line_1.touchpoint_ids)
        self.assertFalse(self.lines.filtered("to_plan"))

    def test_one_who_cannot_be_planned_holds_up_nobody(self):
        self._start()
        model = type(self.lines)
        prepare = model._prepare_telling_values

        def _prepare(line, steps):
            if line == self.line_1:
                raise ValueError("Oh")
            return prepare(line, steps)

        with (
            patch.object(model, "_prepare_telling_values", _prepare),
            self.assertLogs(f"{MODELS}.continuity_batch_mixin", "WARNING"),
        ):
            self._run_cron()
        self.assertEqual(self.line_1.plan_error, "Oh")
        self.assertEqual(self.campaign.waiting_count, 1)
        self.assertTrue(self.line_2.touchpoint_ids)
        self.assertTrue(self.line_3.touchpoint_ids)
        self._run_cron()
        self.assertFalse(self.line_1.plan_error)
        self.assertTrue(self.line_1.touchpoint_ids)

    def test_who_was_left_out_meanwhile_is_not_planned(self):
        self._start()
        self.line_2.with_user(self.approver)._leave_out("Sold last week")
        self._run_cron()
        self.assertFalse(self.line_2.touchpoint_ids)
        self.assertEqual(self.campaign.waiting_count, 0)

    def test_given_up_meanwhile(self):
        self._start()
        self.campaign.sudo().state = "cancelled"
        self._run_cron()
        self.assertFalse(self.lines.touchpoint_ids)
        self.assertEqual(self.campaign.waiting_count, 3)
