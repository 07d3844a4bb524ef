from odoo import fields
from odoo.tests import HttpCase, tagged

from .common_cutover import CutOverCase


@tagged("post_install", "-at_install")
class TestHandoverWorkTour(CutOverCase, HttpCase):
    """What Remains, as the predecessor goes through it in the browser."""

    def test_what_remains_and_an_outside_step(self):
        today = fields.Date.today()
        steps = self.env["continuity.handover.step"]
        steps.search([]).active = False
        steps.create({"name": "Supplier portal", "company_id": self.company_a.id})
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_2
        )
        relationship.revenue = 500
        plan = self._create_plan(
            self.customer_1,
            self.customer_2,
            date_start=today,
            date_end=fields.Date.add(today, days=14),
            announce_date=today,
        )
        plan.line_ids[0].mode = "visit"
        plan.line_ids._create_checks()
        plan.line_ids._create_steps()
        plan.line_ids._plan_touchpoints()
        plan.line_ids[0].step_ids.unlink()
        self.env.flush_all()
        self.start_tour(
            "/odoo/action-customer_continuity.action_handover_remaining",
            "continuity_handover_remaining",
            login=self.leaver.login,
        )
        self.env.invalidate_all()
        step = plan.line_ids.step_ids
        self.assertEqual((step.state, step.done_by_id), ("done", self.leaver))
