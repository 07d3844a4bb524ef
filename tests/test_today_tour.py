from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import ContinuityCommon


class TodayTourCommon(ContinuityCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.ref("base.main_company")
        cls.rep = cls._create_user(
            "rep", "sales_team.group_sale_salesman", companies=cls.company
        )
        cls.rep.tz = "UTC"

    def _owe(self, name, channel="call", **values):
        customer = self._create_customer(
            name, self.rep, **{"phone": "+49 30 1", **values}
        )
        relationship = self.env["continuity.relationship"]._ensure(
            self.company, customer
        )
        return self.env["continuity.touchpoint"]._plan(
            [
                {
                    "name": "How is it going?",
                    "why": "90 days after delivery",
                    "origin_model": relationship._name,
                    "origin_id": relationship.id,
                    "occurrence": "tour",
                    "relationship_id": relationship.id,
                    "partner_id": customer.id,
                    "company_id": self.company.id,
                    "channel_ids": self.env.ref(
                        f"customer_continuity.channel_{channel}"
                    ).ids,
                    "user_id": self.rep.id,
                    "date_due": fields.Date.today(),
                }
            ]
        )

    def _tour(self, action, name):
        self.start_tour(
            f"/odoo/action-customer_continuity.{action}",
            f"continuity_{name}",
            login=self.rep.login,
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestTodayTour(TodayTourCommon):
    """A salesperson works through the list, tries somebody in vain, and posts cards."""

    def test_today(self):
        done = self._owe("Done Today")
        later = self._owe("Later On")
        useless = self._owe("Of No Use")
        (done | later | useless)._show()
        self._tour("action_today", "today")
        self.assertEqual(done.state, "done")
        self.assertEqual(done.attempt_ids.user_id, self.rep)
        self.assertGreater(later.date_due, fields.Date.today())
        self.assertEqual(useless.state, "cancelled")
        self.assertEqual(useless.reason, "They have closed.")

    def test_ladder(self):
        call = self.env.ref("customer_continuity.channel_call")
        call.max_attempts = 2
        # At any hour of the day the tests run.
        call.time_ids[0].write({"hour_from": 0, "hour_to": 24})
        touchpoint = self._owe("Never There")
        self._tour("action_today", "ladder")
        self.assertEqual(
            touchpoint.attempt_ids.mapped("outcome"), ["no_answer", "no_answer"]
        )
        self.assertEqual(
            touchpoint.channel_id, self.env.ref("customer_continuity.channel_letter")
        )
        self.assertTrue(touchpoint.activity_id.active)

    def test_cards(self):
        address = {"street": "Main Street 1", "city": "Ghent", "zip": "9000"}
        owed = self._owe("Card Friend", "card", **address)
        nowhere = self._owe("No Address", "card")
        self._tour("action_card_batch", "cards")
        self.assertEqual(owed.state, "done")
        self.assertEqual(owed.attempt_ids.outcome, "posted")
        self.assertEqual(nowhere.state, "owed")


@tagged("post_install", "-at_install")
class TestTodayOnAPhone(TodayTourCommon):
    browser_size = "400x800"
    touch_enabled = True

    def test_one_list(self):
        self._owe("Due")
        late = self._owe("Late")
        late.date_due = fields.Date.subtract(fields.Date.today(), days=3)
        self._tour("action_today", "today_phone")
