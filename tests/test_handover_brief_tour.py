from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from .common_cutover import CutOverCase


@tagged("post_install", "-at_install")
class TestHandoverBriefTour(CutOverCase, HttpCase):
    """The brief as people use it: written, read and printed before the cut-over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = fields.Date.today()
        cls.stranger = cls._create_user("stranger", "sales_team.group_sale_salesman")
        cls._create_lead("Second press", cls.customer_1, user=cls.leaver)
        cls.plan = cls._create_plan(
            cls.customer_1,
            date_start=today,
            date_end=fields.Date.add(today, days=14),
            announce_date=today,
            named_user_ids=[Command.set(cls.stranger.ids)],
        )
        cls.plan._freeze_briefs()
        cls.brief = cls.plan.line_ids.brief_ids

    def _tour(self, name, user):
        self.env.flush_all()
        self.start_tour(
            "/odoo/action-customer_continuity.action_handover_line/"
            f"{self.plan.line_ids.id}",
            name,
            login=user.login,
        )
        self.env.invalidate_all()

    def test_written_read_printed(self):
        self._tour("continuity_brief_write", self.leaver)
        self.assertEqual(self.brief.answer_buying, "We deliver on Saturdays.")
        self.assertEqual(self.brief.answered_by_id, self.leaver)
        self._tour("continuity_brief_read", self.successor)
        self.assertEqual(self.plan.line_ids.state, "open", "before the cut-over")

    def test_who_sees_the_plan_only(self):
        """May see the plan, not the customer."""
        self._tour("continuity_brief_hidden", self.stranger)
        with self.assertRaises(AccessError):
            self.brief.with_user(self.stranger).read(["content"])
