"""Who is told of a cut-over, who follows and reads what, and what the log keeps."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_cutover import NOW, CutOverCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestHandoverCutOverQuiet(CutOverCase):
    # === Quiet, followers, log ===

    def test_nothing_is_posted_but_one_digest(self):
        """However many records move, the successor gets one message, in their
        language, and nobody else any: no tracking, no invitation (trap 2)."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.successor.lang = "fr_FR"
        for customer in (self.customer_1, self.customer_2):
            lead = self._create_lead("Open", customer)
            self._create_activity(lead)
            self._create_meeting("Future", customer, NOW + timedelta(days=1))
            order = self._create_order(customer, 100, "2026-02-01", confirm=False)
            order.user_id = self.leaver
            invoice = self._create_invoice(customer, 100, "2026-02-01", post=False)
            invoice.invoice_user_id = self.leaver
        plan = self._create_plan(self.customer_1, self.customer_2)
        self.env.flush_all()
        self.env.cr.precommit.run()
        messages = self.env["mail.message"].search([])
        mails = self.env["mail.mail"].search([])
        notifications = self.env["mail.notification"].search([])
        languages = []
        qweb = type(self.env["ir.qweb"])
        render = qweb._render

        def spy(this, template, *args, **kwargs):
            if template == "customer_continuity.handover_digest":
                languages.append(this.env.lang)
            return render(this, template, *args, **kwargs)

        with patch.object(qweb, "_render", spy):
            self._cut_over(plan)
        digest = self.env["mail.message"].search([]) - messages
        self.assertEqual(len(digest), 1)
        self.assertEqual(languages, ["fr_FR"])
        self.assertEqual((digest.model, digest.res_id), (plan._name, plan.id))
        self.assertEqual(digest.partner_ids, self.successor.partner_id)
        self.assertIn("2", digest.subject)
        for text in ("Customer 1", "Customer 2", self.leaver.name, "Open deals: 2"):
            self.assertIn(text, " ".join(digest.body.striptags().split()))
        self.assertEqual(self.env["mail.mail"].search([]) - mails, digest.mail_ids)
        self.assertEqual(
            (self.env["mail.notification"].search([]) - notifications).res_partner_id,
            self.successor.partner_id,
        )
        self._cut_over(plan)
        self.assertEqual(self.env["mail.message"].search([]) - messages, digest)

    def test_followers(self):
        """The successor follows what moved, as assigned by hand, and each new
        follower is logged; the leaver keeps following until support ends."""
        lead = self._create_lead("Open", self.customer_1)
        won = self._create_lead(
            "Won", self.customer_1, stage_id=self.won_stage.id, probability=100
        )
        order = self._create_order(self.customer_1, 1, "2026-02-01", confirm=False)
        order.user_id = self.leaver
        records = (self.customer_1, lead, order)
        seat = self.successor.partner_id
        for record in (*records, won):
            record.message_subscribe(self.leaver.partner_id.ids)
        order.message_subscribe(seat.ids)
        plan = self._create_plan(self.customer_1, support_end="2026-04-30")
        self._cut_over(plan)
        for record in records:
            followers = record.message_partner_ids
            self.assertIn(seat, followers)
            self.assertIn(self.leaver.partner_id, followers)
        self.assertNotIn(seat, won.message_partner_ids)
        self.assertEqual(
            self._log(plan, "follow"),
            {
                (r._name, r.id, "message_partner_ids", 0, seat.id)
                for r in (self.customer_1, lead)
            },
            "the order was followed already",
        )
        by_hand = self._create_lead("By hand")
        by_hand.message_subscribe(seat.ids)
        subtypes = lead.message_follower_ids.filtered(
            lambda f: f.partner_id == seat
        ).subtype_ids
        self.assertEqual(
            subtypes,
            by_hand.message_follower_ids.filtered(
                lambda f: f.partner_id == seat
            ).subtype_ids,
        )
        self.assertFalse(self._log(plan, "unfollow"))

        with freeze_time("2026-04-30"), self.enter_registry_test_mode():
            self.env.ref("customer_continuity.cron_end_support").method_direct_trigger()
        self.assertFalse(plan.support_ended, "the last day still counts")
        with freeze_time("2026-05-01"), self.enter_registry_test_mode():
            self.env.ref("customer_continuity.cron_end_support").method_direct_trigger()
        self.env.invalidate_all()
        for record in records:
            self.assertNotIn(self.leaver.partner_id, record.message_partner_ids)
            self.assertIn(seat, record.message_partner_ids)
        self.assertIn(self.leaver.partner_id, won.message_partner_ids)
        self.assertTrue(plan.support_ended)
        self.assertEqual(
            self._log(plan, "unfollow"),
            {
                (r._name, r.id, "message_partner_ids", self.leaver.partner_id.id, 0)
                for r in records
            },
        )

    def test_support_over_at_cut_over(self):
        """Whoever is moved after the support period is let go at once."""
        self.customer_1.message_subscribe(self.leaver.partner_id.ids)
        plan = self._create_plan(self.customer_1, support_end="2026-03-09")
        self._cut_over(plan)
        self.assertNotIn(self.leaver.partner_id, self.customer_1.message_partner_ids)
        self.assertEqual(len(self._log(plan, "unfollow")), 1)

    def test_log_is_read_only_and_belongs_to_the_plan(self):
        """Readers of the plan read the log, nobody writes it, companies are walls."""
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        moves = plan.move_ids
        self.assertTrue(moves)
        for user in (self.leaver, self.successor, self.user_manager):
            self.assertEqual(
                moves.with_user(user).search([("handover_id", "=", plan.id)]), moves
            )
            fields_get = moves.with_user(user).fields_get(["model"])
            self.assertIn(
                ("sale.order", "Sales Order"), fields_get["model"]["selection"]
            )
            with self.assertRaises(AccessError):
                moves.with_user(user).write({"new_value_id": 1})
            with self.assertRaises(AccessError):
                moves.with_user(user).unlink()
        for user in (self.user_leader, self.user_company_b):
            self.assertFalse(
                moves.with_user(user).search([("handover_id", "=", plan.id)])
            )
        move = moves.filtered(lambda m: m.kind == "write")
        self.assertEqual(move.record_name, "Customer 1")
        self.assertEqual(
            move.label, f"from {self.leaver.name} to {self.successor.name}"
        )

    def test_log_names_what_was_deleted(self):
        lead = self._create_lead("Open", self.customer_1)
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        move = plan.move_ids.filtered(
            lambda m: m.model == "crm.lead" and m.kind == "write"
        )
        number = lead.id
        action = move.action_open_record()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", number))
        lead.unlink()
        self.env.invalidate_all()
        self.assertEqual(move.record_name, f"Deleted ({number})")
        with self.assertRaises(UserError):
            move.action_open_record()

    def test_relationship_owner(self):
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_1
        )
        relationship.owner_since = "2020-01-01"
        not_owned = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_3
        )
        not_owned.owner_since = "2020-01-01"
        not_owned.owner_id = self.customer_3.user_id = self.colleague
        self._create_lead("Of a colleague's customer", self.customer_3)
        self._cut_over(self._create_plan(self.customer_1, self.customer_3))
        self.assertEqual(relationship.owner_id, self.successor)
        self.assertEqual(relationship.owner_since, NOW.date())
        self.assertEqual(not_owned.owner_id, self.colleague)
        self.assertEqual(not_owned.owner_since, fields.Date.to_date("2020-01-01"))

    def test_successor_reads_history(self):
        """A successor limited to own documents reads, and only reads, what the
        customer bought before, unless the company does not want it (trap 7)."""
        order = self._create_order(self.customer_1, 100, "2026-02-01")
        elsewhere = self._create_order(self.customer_2, 100, "2026-02-01")
        (order | elsewhere).user_id = self.leaver
        invoice = order._create_invoices()
        invoice.action_post()
        invoice.invoice_user_id = self.leaver
        lost = self._create_lead("Lost", self.customer_1)
        lost.action_set_lost()
        shared = self._create_lead("Of no company", self.customer_1)
        shared.action_set_lost()
        shared.company_id = False
        records = [
            record.with_user(self.successor)
            for record in (
                order,
                order.order_line,
                invoice,
                invoice.invoice_line_ids,
                lost,
            )
        ]
        for record in records:
            self.assertFalse(record.has_access("read"), record)
        self._cut_over(self._create_plan(self.customer_1))
        self.assertEqual((order | elsewhere).user_id, self.leaver)
        for record in records:
            self.assertTrue(record.has_access("read"), record)
            self.assertFalse(record.has_access("write"), record)
            self.assertFalse(record.has_access("unlink"), record)
        self.assertFalse(elsewhere.with_user(self.successor).has_access("read"))
        # A deal of no company is in scope of the cut-over, so it is read as well.
        self.assertTrue(shared.with_user(self.successor).has_access("read"))
        self.assertFalse(shared.with_user(self.successor).has_access("write"))
        self.company_a.continuity_owner_reads_history = False
        for record in records:
            self.assertFalse(record.has_access("read"), record)
        self.company_a.continuity_owner_reads_history = True
        self.customer_1.user_id = self.leaver
        for record in records:
            self.assertFalse(record.has_access("read"), "looks after it no longer")

    def test_history_is_not_for_who_names_themself_salesperson(self):
        order = self._create_order(self.customer_1, 100, "2026-02-01")
        order.user_id = self.leaver
        self.successor.group_ids += self.env.ref("base.group_partner_manager")
        self.customer_1.with_user(self.successor).user_id = self.successor
        self.env["continuity.relationship"]._refresh(self.company_a)
        self.assertFalse(order.with_user(self.successor).has_access("read"))
