"""One document after the other, when time is up before all have had their turn."""

from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestRunEach(HandoverCommon):
    def _run(self, plans, left):
        """Let the scheduler work on plans whenever its search finds them.

        :param left: function that returns the seconds that are left
        :return: the names of those it came to
        """
        cron = self.env["ir.cron"]
        self.patch(type(cron), "_commit_progress", lambda *args, **kwargs: left())
        progress = self.env["ir.cron.progress"].create(
            {
                "cron_id": self.env.ref("customer_continuity.cron_stragglers").id,
                "remaining": 0,
                "done": 0,
            }
        )
        seen = []
        plans.with_context(ir_cron_progress_id=progress.id)._run_each(
            lambda plan: seen.extend(plan.mapped("name"))
        )
        return seen

    def test_goes_on_where_it_stopped(self):
        """A search that finds the same plans every time leaves none without a turn."""
        plans = self.env["continuity.handover"].concat(
            *(self._create_plan() for _number in range(3))
        )
        names = plans.mapped("name")
        turns = [self._run(plans, lambda: 0) for _run in range(4)]
        self.assertEqual(turns, [names[:1], names[1:2], names[2:], names[:1]])

    def test_all_at_once_starts_anew(self):
        plans = self._create_plan() | self._create_plan()
        for _run in range(2):
            self.assertEqual(self._run(plans, lambda: 10), plans.mapped("name"))
