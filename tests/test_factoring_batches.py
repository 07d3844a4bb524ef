"""Agreements of any size are assigned in bounded steps; who keeps their accounts."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import continuity_factoring_assigning as assigning
from .common_factoring import FactoringCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringBatches(FactoringCommon):
    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(assigning, "BATCH", 2))
        self.cron = self.env.ref(assigning.CRON)
        self.triggers = [("cron_id", "=", self.cron.id)]

    def _bills(self, count):
        return self.env["account.move"].concat(
            *(
                self._bill(self.customer_1, 100, "2026-06-20", "2026-07-20")
                for _x in range(count)
            )
        )

    def _assigned(self, moves):
        return self._assignments_of(moves).move_id

    def _assignments_of(self, moves):
        return self.env["continuity.factoring.assignment"].search(
            [("move_id", "in", moves.ids), ("state", "=", "active")]
        )

    def test_activation_assigns_one_batch_and_leaves_the_rest_to_the_scheduler(self):
        moves = self._bills(5)
        before = self.env["ir.cron.trigger"].search_count(self.triggers)
        self._run_agreement(self.customer_1)
        self.assertEqual(len(self._assigned(moves)), 2)
        after = self.env["ir.cron.trigger"].search_count(self.triggers)
        self.assertEqual(after, before + 1)
        model = self.env.registry["ir.cron"]
        commit, steps = model._commit_progress, []

        def committed(cron, *args, **kwargs):
            steps.append(len(self._assigned(moves)))
            return commit(cron, *args, **kwargs)

        with patch.object(model, "_commit_progress", committed):
            self._run_nightly()
        self.assertEqual(self._assigned(moves), moves)
        # Kept after each batch, not at the end.
        self.assertIn(4, steps)

    def test_small_agreement_is_assigned_at_once(self):
        moves = self._bills(2)
        before = self.env["ir.cron.trigger"].search_count(self.triggers)
        self._run_agreement(self.customer_1)
        self.assertEqual(self._assigned(moves), moves)
        after = self.env["ir.cron.trigger"].search_count(self.triggers)
        self.assertEqual(after, before)

    def test_what_cannot_be_assigned_holds_up_nothing(self):
        agreement = self._run_agreement(self.customer_1)
        with patch.object(type(agreement), "_assign_all"):
            moves = self._bills(5)
        self.assertFalse(self._assigned(moves))
        model = self.env.registry["continuity.factoring"]
        create = model._create_assignments

        def created(agreement, lines, *args):
            if moves[1] in lines.move_id:
                raise ValueError("This one fails")
            return create(agreement, lines, *args)

        with (
            patch.object(model, "_create_assignments", created),
            mute_logger(assigning.__name__),
        ):
            self._run_nightly()
        self.assertEqual(self._assigned(moves), moves - moves[1])
        self.assertIn("This one fails", agreement.message_ids[0].body)

    def test_refusals_are_looked_for_once(self):
        self._run_agreement(self.customer_1)
        model = self.env.registry["continuity.factoring"]
        refusals, asked = model._assignment_refusals, []

        def counted(agreement, lines, day):
            asked.append(lines)
            return refusals(agreement, lines, day)

        with patch.object(model, "_assignment_refusals", counted):
            self._bills(1)
        self.assertEqual(len(asked), 1)

    # === Bookkeepers === #

    def test_bookkeeper_who_uses_the_app_turns_over_what_is_not_confidential(self):
        bookkeeper = self._create_user(
            "clerk", "account.group_account_user", "customer_continuity.group_user"
        )
        self._run_agreement(self.customer_1)
        hidden = self._run_agreement(
            self.customer_2, kind="confidential", noticed=False
        )
        moves = self._bills(1)
        moves |= self._bill(self.customer_2, 100, "2026-06-29", "2026-07-29")
        for move in moves:
            self._pay(move, 100, "2026-06-30")
        turnovers = self.env["continuity.factoring.turnover"].with_user(bookkeeper)
        found = turnovers.search([("move_id", "in", moves.ids)])
        self.assertEqual(found.move_id, moves[0])
        self.assertTrue(found.factoring_id.direction_ids.bank_account_id.acc_number)
        found.action_turned_over()
        self.assertEqual(found.state, "turned_over")
        self.assertFalse(hidden.with_user(bookkeeper).has_access("read"))
        with self.assertRaises(AccessError):
            self._turnovers(moves[1]).with_user(bookkeeper).action_turned_over()

    def test_bookkeeper_without_the_app_sees_nothing(self):
        bookkeeper = self._create_user("clerk", "account.group_account_user")
        agreement = self._run_agreement(self.customer_1)
        self.assertFalse(agreement.with_user(bookkeeper).has_access("read"))

    # === Days sales outstanding === #

    def test_the_form_scans_no_books(self):
        """The figure is asked for in the list, by who may read the books."""
        agreements = self.env["continuity.factoring"]
        name = "continuity_dso"
        for user, shown in ((self.accountant, True), (self.user_sales_a, False)):
            model = agreements.with_user(user)
            views = model.get_views([(False, "form"), (False, "list")])["views"]
            self.assertNotIn(f'name="{name}"', views["form"]["arch"])
            self.assertEqual(f'name="{name}"' in views["list"]["arch"], shown)
            self.assertEqual(name in model.fields_get(), shown)

    # === Companies === #

    def test_factor_account_and_journal_are_of_the_company(self):
        elsewhere = self._create_customer("Factor elsewhere")
        elsewhere.company_id = self.company_b
        account = self._create_account(elsewhere, "DE99 1")
        agreement = self._create_agreement()
        for record, values in (
            (agreement, {"factor_id": elsewhere.id}),
            (self.clearing, {"continuity_factor_id": elsewhere.id}),
        ):
            with self.subTest(model=record._name), self.assertRaises(UserError):
                record.write(values)
                record.flush_recordset()
        self.assertTrue(
            self.env["continuity.payment.direction"]
            ._fields["bank_account_id"]
            .check_company
        )
        with self.assertRaises(UserError):
            self.env["continuity.payment.direction"].create(
                {"factoring_id": agreement.id, "bank_account_id": account.id}
            )
