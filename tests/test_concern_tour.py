from odoo.tests import HttpCase, tagged

from .common import ContinuityCommon


@tagged("post_install", "-at_install")
class TestConcernTour(ContinuityCommon, HttpCase):
    """A complaint is logged from the customer and answered by mail; its answer is
    saved, approved and used for the next customer who asks something similar."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.ref("base.main_company")
        cls.clerk = cls._create_user(
            "clerk", "sales_team.group_sale_manager", companies=cls.company
        )
        cls.first, cls.second = (
            cls.env["res.partner"].create(
                {
                    "name": f"Pump User {number}",
                    "is_company": True,
                    "user_id": cls.clerk.id,
                    "email": f"{number}@pump.example.com",
                }
            )
            for number in ("One", "Two")
        )
        cls.relationships = cls.env["continuity.relationship"]._ensure(
            cls.company, cls.first | cls.second
        )

    def _tour(self, path, name):
        self.start_tour(
            f"/odoo/{path}", f"continuity_concern_{name}", login=self.clerk.login
        )
        self.env.invalidate_all()

    def test_answered_and_reused(self):
        concerns = self.env["continuity.concern"]
        relationship = self.relationships.filtered(lambda r: r.partner_id == self.first)
        self._tour(f"continuity.relationship/{relationship.id}", "answered")
        first = concerns.search([("partner_id", "=", self.first.id)])
        self.assertEqual(first.kind, "complaint")
        self.assertEqual(first.state, "answered")
        self.assertEqual(first.answer_message_id.partner_ids, self.first)
        self.assertIn("Close the valve", first.answer_message_id.body)

        self._tour("action-customer_continuity.action_common_answer", "approved")
        second = concerns._raise_concern(
            relationship=self.relationships.filtered(
                lambda r: r.partner_id == self.second
            ),
            question="What can we do: our hydraulic pump leaks oil?",
            source="portal",
        )
        self._tour(f"continuity.concern/{second.id}", "reused")
        self.assertIn("Close the valve", second.answer)
        self.assertEqual(second.common_answer_id.used_count, 1)
        self.assertEqual(second.state, "in_progress")
