from odoo import fields
from odoo.tests import HttpCase, tagged

from .common_cutover import CutOverCase


@tagged("post_install", "-at_install")
class TestHandoverUndoTour(CutOverCase, HttpCase):
    """Undo and temporary cover as a manager goes through them, in the browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = fields.Date.today()
        cls.dates = {
            "date_start": today,
            "date_end": fields.Date.add(today, days=14),
            "announce_date": today,
        }

    def _tour(self, name):
        self.env.flush_all()
        self.start_tour(
            "/odoo/action-customer_continuity.action_handover",
            name,
            login=self.user_manager.login,
        )
        self.env.invalidate_all()

    def test_undo_after_somebody_changed_two_records(self):
        given, won, untouched = (
            self._create_lead(name, self.customer_1)
            for name in ("Given away", "Won", "Untouched")
        )
        plan = self._create_plan(self.customer_1, self.customer_2, **self.dates)
        self._cut_over(plan)
        given.with_user(self.user_all).user_id = self.user_all
        won.with_user(self.user_all).action_set_won()
        self._tour("continuity_handover_undo")
        self.assertEqual(untouched.user_id, self.leaver)
        self.assertEqual((self.customer_1 | self.customer_2).user_id, self.leaver)
        self.assertEqual(given.user_id, self.user_all)
        self.assertEqual(won.user_id, self.successor)
        self.assertEqual(len(plan.leftover_ids), 2)

    def test_temporary_cover_out_and_back(self):
        lead = self._create_lead("Open", self.customer_1)
        plan = self._create_plan(
            self.customer_1,
            reason="leave",
            return_date=fields.Date.add(self.dates["date_end"], days=7),
            **self.dates,
        )
        plan.line_ids.override_reason = "Only for three weeks"
        self._tour("continuity_handover_cover")
        moves = plan.move_ids.filtered(lambda m: m.model == lead._name)
        writes = moves.filtered(lambda m: m.kind == "write").sorted("id")
        self.assertEqual(
            writes.mapped("new_value_id"), [self.successor.id, self.leaver.id]
        )
        self.assertEqual(lead.user_id, self.leaver, "and is back")
        self.assertEqual(plan.line_ids.state, "undone")
        self.assertEqual(plan.return_date, fields.Date.today())
        self.assertEqual(plan.line_ids.undo_id.kind, "return")
        self.assertFalse(plan.leftover_ids)
        self.assertEqual(plan.leaver_ids, self.leaver)
