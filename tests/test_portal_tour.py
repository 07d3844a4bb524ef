from odoo.tests import tagged

from .common_portal import PortalCommon


@tagged("post_install", "-at_install")
class TestPortalTour(PortalCommon):
    """A stranger reads, acknowledges, asks and has themselves called."""

    def test_stranger(self):
        self.start_tour(self.link, "continuity_portal_stranger")
        self._check_what_came_of_it()

    def test_stranger_with_a_telephone(self):
        self.browser_size = "400x800"
        self.start_tour(self.link, "continuity_portal_stranger")
        self._check_what_came_of_it()

    def _check_what_came_of_it(self):
        self.assertEqual(self.touchpoint.ack_name, "Ms Stranger")
        self.assertEqual(
            self._answers().sorted("id").mapped("kind"),
            ["acknowledge", "ask", "call_me"],
        )
        concern = self.env["continuity.concern"].search(
            [("touchpoint_id", "=", self.touchpoint.id)]
        )
        self.assertEqual(concern.question, "Who delivers in May?")
        self.assertEqual(concern.kind, "worry")
        follow_up = self._answers().follow_up_id
        self.assertEqual(follow_up.user_id, self.user_sales_a)
        self.assertTrue(follow_up.activity_id)
