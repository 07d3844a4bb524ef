from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverFacts(HandoverCommon):
    """What Odoo knows already is offered as a first draft of each item (H4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stage = cls.env["crm.stage"].create({"name": "Halfway", "sequence": 50})
        cls.contact_1.write(
            {"name": "Ms Sato", "function": "Buyer", "phone": "+81 3 1234"}
        )
        cls.customer_1.write(
            {
                "continuity_business": "Makes bolts.",
                "continuity_decision_makers": "The founder.",
            }
        )
        cls.order = cls._create_order(cls.customer_1, 1200, "2026-11-02 10:00:00")
        cls.order.write(
            {
                "user_id": cls.leaver.id,
                "continuity_purchase_reason": "Their old press broke.",
            }
        )
        cls.deal = cls._lead(cls.customer_1, name="Second press", user=cls.leaver)
        cls.customer_1.with_user(cls.leaver).message_post(
            body="They asked for spare parts.", message_type="comment"
        )

    @classmethod
    def _lead(cls, partner=None, user=None, **values):
        return cls.env["crm.lead"].create(
            {
                "type": "opportunity",
                "user_id": user.id,
                "partner_id": partner and partner.id,
                "stage_id": cls.stage.id,
                "company_id": cls.company_a.id,
                "expected_revenue": 5000,
                "date_deadline": "2027-05-31",
                **values,
            }
        )

    def _text(self, line, topic):
        topic = self.env.ref(f"customer_continuity.topic_{topic}")
        return line.check_ids.filtered(lambda c: c.topic_id == topic).prepared_text

    def test_five_items(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        line.with_user(self.leaver).action_fill_items()
        for topic, words in {
            "contacts": ("Ms Sato", "Buyer", "+81 3 1234"),
            "business": ("Makes bolts.", "The founder."),
            "purchases": (self.order.name, "1,200", "Their old press broke."),
            "deals": ("Second press", "Halfway", "5,000", "05/31/2027"),
            "interactions": ("They asked for spare parts.", "Sales A"),
        }.items():
            for word in words:
                self.assertIn(word, self._text(line, topic), topic)
        self.assertEqual(set(line.check_ids.mapped("state")), {"to_prepare"})

    def test_draft_is_not_prepared(self):
        """It counts once the predecessor declares it prepared."""
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_2)
        line.with_user(self.leaver).action_fill_items()
        filled = line.check_ids.filtered("prepared_text")
        self.assertTrue(filled)
        self.assertLess(len(filled), len(line.check_ids), "nothing is known of some")
        action = line.with_user(self.leaver).action_prepare_items()
        self.assertEqual(set(filled.mapped("state")), {"prepared"})
        empty = line.check_ids - filled
        self.assertEqual(set(empty.mapped("state")), {"to_prepare"})
        self.assertEqual(action["tag"], "display_notification")
        message = action["params"]["message"]
        self.assertIn(f"{self.customer_2.name} – empty", message)
        for check in line.check_ids:
            self.assertEqual(check.topic_id.name in message, check in empty)

    def test_who_prepared_everything_is_told_nothing(self):
        line = self._line_of(self._running_plan(), self.customer_2)
        for check in line.check_ids.with_user(self.leaver):
            check.prepared_text = "None at the moment."
        self.assertFalse(line.with_user(self.leaver).action_prepare_items())
        self.assertEqual(set(line.check_ids.mapped("state")), {"prepared"})

    def test_items_handed_back_are_named(self):
        line = self._line_of(self._running_plan(), self.customer_2)
        self._prepare(line.check_ids)
        asked = line.check_ids[0]
        asked.with_user(self.successor).question = "Who signs?"
        asked.with_user(self.successor).action_return()
        action = line.with_user(self.leaver).action_prepare_items()
        self.assertEqual(asked.state, "returned")
        self.assertIn(
            f"handed back with a question: {asked.topic_id.name}.",
            action["params"]["message"],
        )

    def test_what_is_written_stays(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        check = line.check_ids[0]
        check.with_user(self.leaver).prepared_text = "I know better."
        line.with_user(self.leaver).action_fill_items()
        self.assertEqual(check.prepared_text, "I know better.")

    def test_who_fills(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        for user in (self.successor, self.colleague, self.user_company_b):
            with self.assertRaises(AccessError):
                line.with_user(user).action_fill_items()
            with self.assertRaises(AccessError):
                line.check_ids.with_user(user).write({"prepared_text": "x"})
        line.with_user(self.approver).action_fill_items()
        self.assertTrue(self._text(line, "business"))

    def test_nobody_learns_more_than_they_may(self):
        """A colleague's deal with a customer who is not the leaver's own."""
        self._lead(self.customer_3, name="My deal", user=self.leaver)
        self._lead(self.customer_3, name="Secret deal", user=self.colleague)
        plan = self._running_plan(
            line_ids=[Command.create(self._line_values(self.customer_3))]
        )
        line = self._line_of(plan, self.customer_3)
        line.with_user(self.leaver).action_fill_items()
        self.assertIn("My deal", self._text(line, "deals"))
        self.assertNotIn("Secret deal", self._text(line, "deals"))

    def test_deal_that_is_gone(self):
        """The item of a deleted deal does not fill with everybody else's."""
        gone = self._lead(name="Gone", user=self.leaver)
        self._lead(name="Another one", user=self.leaver)
        plan = self._running_plan(
            line_ids=[
                Command.create(
                    {
                        "leaver_id": self.leaver.id,
                        "successor_id": self.successor.id,
                        "lead_id": gone.id,
                    }
                )
            ]
        )
        line = plan.line_ids
        line.with_user(self.leaver).action_fill_items()
        self.assertIn("Gone", self._text(line, "deals"))
        line.check_ids.with_user(self.leaver).prepared_text = False
        gone.unlink()
        self.assertEqual(line.display_name, "Gone")
        line.with_user(self.leaver).action_fill_items()
        self.assertFalse(self._text(line, "deals"))
