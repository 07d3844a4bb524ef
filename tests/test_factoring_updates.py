"""What noticed customers hear at a regular rhythm while factoring lasts."""

from freezegun import freeze_time

from odoo.tests import tagged

from .common_factoring_telling import TellingCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringUpdates(TellingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement.sudo().update_months = 3
        cls._activate(cls.agreement)
        cls._deliver(cls._contact(cls.small, "courtesy"))
        cls._deliver(cls._contact(cls.small, "notice"))

    def _updates(self, line=None):
        return (line or self.small).touchpoint_ids.filtered(
            lambda t: t.occurrence.startswith("update:")
        )

    def _run_on(self, day):
        with freeze_time(f"{day} 08:00:00"):
            self._run_cron("factoring_update")

    def test_rhythm_counts_from_the_notice(self):
        self.assertEqual(str(self.small.next_update_on), "2026-09-30")
        self._run_on("2026-09-29")
        self.assertFalse(self._updates())
        self._run_on("2026-09-30")
        self.assertEqual(self._updates().mapped("occurrence"), ["update:2026-09-30"])
        self.assertEqual(
            self._updates().template_id,
            self.env.ref("customer_continuity.letter_factoring_update"),
        )
        self.assertEqual(str(self.small.next_update_on), "2026-12-30")
        self._run_on("2026-09-30")
        self.assertEqual(len(self._updates()), 1)

    def test_what_was_missed_is_not_told_twice(self):
        """The scheduler was down for seven months."""
        self._run_on("2027-04-10")
        self.assertEqual(len(self._updates()), 1)
        self.assertEqual(str(self.small.next_update_on), "2027-06-30")

    def test_only_who_was_noticed(self):
        self._run_on("2026-09-30")
        self.assertFalse(self._updates(self.key))

    def test_not_after_the_end(self):
        self.agreement.sudo().state = "reported"
        self._run_on("2026-09-30")
        self.assertFalse(self._updates())

    def test_no_rhythm_no_update(self):
        self.agreement.sudo().update_months = 0
        self.small._update_state()
        self.assertFalse(self.small.next_update_on)
        self._run_on("2026-09-30")
        self.assertFalse(self._updates())

    def test_words_are_approved_first(self):
        self._run_on("2026-09-30")
        update = self._updates()
        problems = self.small._letter_obstacles(update)[update.id]
        self.assertTrue([p for p in problems if "approved" in p], problems)

    def test_one_that_fails_holds_up_no_other(self):
        self._tell_all(self.key)
        model = self.env.registry["continuity.factoring.debtor"]
        prepare = model._prepare_telling

        def failing(line, occurrence, *args, **kwargs):
            if line == self.small:
                raise ValueError("No calendar")
            return prepare(line, occurrence, *args, **kwargs)

        self.patch(model, "_prepare_telling", failing)
        with self.assertLogs(
            "odoo.addons.customer_continuity.models.continuity_batch_mixin", "WARNING"
        ):
            self._run_on("2026-09-30")
        self.assertEqual(self.small.update_error, "No calendar")
        self.assertFalse(self._updates())
        self.assertEqual(len(self._updates(self.key)), 1)
        self.patch(model, "_prepare_telling", prepare)
        self._run_on("2026-10-01")
        self.assertEqual(len(self._updates()), 1)
        self.assertFalse(self.small.update_error)

    def test_speaker_may_call_an_update_off(self):
        self._run_on("2026-09-30")
        update = self._updates()
        update.with_user(update.user_id)._not_useful("We spoke yesterday")
        self.assertEqual(update.state, "cancelled")
