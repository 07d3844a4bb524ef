from odoo.tests import HttpCase, tagged

from .common_letter import LetterCommon


@tagged("post_install", "-at_install")
class TestLetterTour(LetterCommon, HttpCase):
    """A salesperson looks at letters and releases them."""

    def test_preview_and_release(self):
        self.leaver.password = "sales-a-password"
        self.paper.sudo().unlink()
        self.customer_2.email = False
        faulty = self._plan_letter(self.customer_2, date_due="2027-03-02")
        last = self._plan_letter(
            self.customer_1, occurrence="last", date_due="2027-03-03"
        )
        action = self.env.ref("customer_continuity.action_touchpoint")
        self.start_tour(
            f"/odoo/action-{action.id}", "continuity_letter", login=self.leaver.login
        )
        self.assertEqual((self.mail | last).mapped("state"), ["released"] * 2)
        self.assertEqual(faulty.state, "owed")
        self.assertEqual(self.mail.released_by_id, self.leaver)
