"""Who is asked what became of a letter nobody knows of, and until when."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_sending import SendingCommon

UNCERTAIN_LOG = "odoo.addons.customer_continuity.models.continuity_touchpoint_uncertain"


@tagged("post_install", "-at_install")
class TestUncertainToDo(SendingCommon):
    def _left_uncertain(self, count=1, **values):
        """Letters the mail server gave no answer to."""
        letters = self.env["continuity.touchpoint"]
        for _number in range(count):
            letters |= self._letter(**values)
        self.sink.drop = "."
        self._run()
        self.sink.drop = None
        self.assertEqual(set(letters.mapped("state")), {"uncertain"})
        return letters

    def _todos(self, user=None):
        return self.sending.activity_ids.filtered(
            lambda a: a.user_id == (user or self.user_sales_a)
        )

    def test_one_to_do_for_many_letters(self):
        letters = self._left_uncertain(3)
        todo = self._todos()
        self.assertEqual(len(todo), 1)
        self.assertEqual(letters.uncertain_activity_id, todo)
        self.assertTrue(todo.summary.endswith("3"), todo.summary)
        self.assertIn("Uncertain Letters", todo.note)
        self.assertNotIn(self.customer_1.name, todo.note)
        self.assertFalse(self._todos(self.user_sales_b))

    def test_gone_once_all_are_decided(self):
        letters = self._left_uncertain(3).with_user(self.user_sales_a)
        letters[0].action_went_out()
        self.assertTrue(self._todos().summary.endswith("2"))
        letters[1].action_send_again()
        letters[2].sudo().state = "cancelled"
        self.assertFalse(self._todos())
        self.assertFalse(letters.uncertain_activity_id)

    def test_ticked_off_but_not_decided(self):
        """What comes later is asked anew."""
        self._left_uncertain()
        self._todos().with_user(self.user_sales_a).action_done()
        self.assertFalse(self._todos())
        self._left_uncertain()
        self.assertTrue(self._todos().summary.endswith("1"))

    def test_left_by_a_lane_that_died(self):
        letter = self._letter(state="sending", lane=self.lane.id)
        self._run()
        self.assertEqual(letter.state, "uncertain")
        self.assertEqual(self._todos(), letter.uncertain_activity_id)

    def test_follows_the_responsible_person(self):
        letters = self._left_uncertain(2)
        letters[0].user_id = self.user_sales_b
        self.assertTrue(self._todos().summary.endswith("1"))
        self.assertEqual(
            self._todos(self.user_sales_b), letters[0].uncertain_activity_id
        )

    def test_nobody_can_be_asked(self):
        """The letter is recorded all the same."""
        touchpoint = type(self.env["continuity.touchpoint"])
        with (
            patch.object(touchpoint, "_join_todo", side_effect=ValueError("broken")),
            mute_logger(UNCERTAIN_LOG),
        ):
            self._left_uncertain()
        self.assertFalse(self._todos())
