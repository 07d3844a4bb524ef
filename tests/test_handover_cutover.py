"""What a cut-over moves, field by field, and what it must not touch."""

from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.customer_continuity.models.continuity_handover_movers import Mover

from .common_cutover import NOW, CutOverCase

CUTOVER = "odoo.addons.customer_continuity.models.continuity_handover_cutover"


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestHandoverCutOver(CutOverCase):
    # === What moves, field by field ===

    def test_customer_and_contacts(self):
        """The customer and the contacts the leaver had move, archived ones too; the
        others keep whom they have (trap 4)."""
        own, archived, colleagues, nobodys = self.env["res.partner"].create(
            [
                {
                    "name": name,
                    "parent_id": self.customer_1.id,
                    "user_id": user.id,
                    "active": active,
                }
                for name, user, active in (
                    ("Own", self.leaver, True),
                    ("Archived", self.leaver, False),
                    ("Colleague's", self.colleague, True),
                    ("Nobody's", self.env["res.users"], True),
                )
            ]
        )
        nobodys.user_id = False
        plan = self._create_plan(self.customer_1)
        moved = {"user_id": self.successor.id}
        with self._assert_changes(
            {self.customer_1: moved, own: moved, archived: moved},
            [colleagues, nobodys, self.customer_2, self.customer_3],
        ):
            self._cut_over(plan)
        self.assertEqual(
            self._log(plan), self._logged_writes(self.customer_1, own, archived)
        )
        self.assertEqual(plan.line_ids.state, "moved")
        self.assertEqual(plan.line_ids.moved_on, NOW)

    def test_deals(self):
        """Only open deals of the leaver move, and only their salesperson changes: not
        team, stage, probability, company or the days to assign (traps 3, 8)."""
        past = {"date_open": datetime(2025, 1, 1), "create_date": datetime(2024, 12, 1)}
        opened = self._create_lead("Open", self.customer_1, probability=12.5)
        of_contact = self._create_lead("Contact", self.contact_1)
        shared = self._create_lead("Shared", self.customer_1)
        won = self._create_lead(
            "Won", self.customer_1, stage_id=self.won_stage.id, probability=100
        )
        lost = self._create_lead("Lost", self.customer_1)
        lost.action_set_lost()
        archived = self._create_lead(
            "Archived", self.customer_1, active=False, probability=30
        )
        self.assertEqual(archived.won_status, "pending", "but archived")
        colleagues = self._create_lead("Other", self.customer_1, self.colleague)
        elsewhere = self._create_lead("Elsewhere", self.customer_2)
        # In a company, the team's company decides: reached by SQL as after an import.
        for lead in opened | of_contact | shared:
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_lead SET date_open = %(date_open)s, day_open = 31,"
                    " create_date = %(create_date)s WHERE id = %(id)s",
                    id=lead.id,
                    **past,
                )
            )
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET company_id = NULL WHERE id = %s", shared.id)
        )
        self.env.invalidate_all()
        plan = self._create_plan(self.customer_1)
        moved = {"user_id": self.successor.id}
        with self._assert_changes(
            {opened: moved, of_contact: moved, shared: moved},
            [won, lost, archived, colleagues, elsewhere],
        ):
            self._cut_over(plan)
        self.assertLessEqual(
            self._logged_writes(opened, of_contact, shared), self._log(plan)
        )
        self.assertEqual(len(self._log(plan)), 4, "the customer and three deals")

    def test_orders(self):
        """Quotations and orders with something left to invoice move, team and all
        else stays; closed and cancelled orders keep their author (I5)."""
        orders = self.env["sale.order"]
        for number in range(6):
            orders |= self._create_order(
                self.customer_1, 100, "2026-02-01", confirm=number in (2, 3)
            )
        draft, sent, open_order, closed, cancelled, colleagues = orders
        sent.state = "sent"
        closed._create_invoices().action_post()
        cancelled._action_cancel()
        orders.write({"user_id": self.leaver.id})
        orders.write({"team_id": self.team.id})
        colleagues.user_id = self.colleague
        other_company = self._create_order(
            self.customer_1, 100, "2026-02-01", company=self.company_b, confirm=False
        )
        other_company.user_id = self.leaver
        self.assertEqual(closed.invoice_status, "invoiced")
        line = open_order.order_line
        plan = self._create_plan(self.customer_1)
        moved = {"user_id": self.successor.id}
        with self._assert_changes(
            {
                draft: moved,
                sent: moved,
                open_order: moved,
                line: {"salesman_id": self.successor.id},
            },
            [closed, closed.order_line, cancelled, colleagues, other_company],
        ):
            self._cut_over(plan)
        self.assertLessEqual(
            self._logged_writes(draft, sent, open_order), self._log(plan)
        )

    def test_invoices(self):
        """Draft customer invoices and credit notes move; posted ones do not."""
        day = "2026-02-01"
        invoices = self.env["account.move"]
        for post, refund in (
            (False, False),
            (False, True),
            (True, False),
            (False, False),
        ):
            invoices |= self._create_invoice(
                self.customer_1, 100, day, post=post, refund=refund
            )
        draft, credit_note, posted, colleagues = invoices
        invoices.write({"invoice_user_id": self.leaver.id})
        colleagues.invoice_user_id = self.colleague
        invoices.write({"team_id": self.team.id, "is_manually_modified": False})
        lines = draft.line_ids
        plan = self._create_plan(self.customer_1)
        moved = {"invoice_user_id": self.successor.id}
        with self._assert_changes(
            {draft: moved, credit_note: moved}, [posted, colleagues, *lines]
        ):
            self._cut_over(plan)
        self.assertLessEqual(
            self._logged_writes(draft, credit_note, field="invoice_user_id"),
            self._log(plan),
        )

    def test_deal_without_customer(self):
        """A line for a deal without a customer moves the deal, its activities and
        meetings; one that was closed meanwhile is listed with a reason (I3)."""
        lead = self._create_lead("No customer")
        closed = self._create_lead("Closed")
        deleted = self._create_lead("Deleted")
        activity = self._create_activity(lead)
        meeting = self._create_meeting(
            "Deal", [], NOW + timedelta(days=1), opportunity_id=lead.id
        )
        plan = self._create_plan(leads=lead | closed | deleted)
        closed.action_set_lost()
        deleted.unlink()
        moved = {"user_id": self.successor.id}
        with self._assert_changes(
            {
                lead: moved,
                meeting: moved,
                activity: moved,
            },
            [closed],
        ):
            self._cut_over(plan)
        states = {line.deal_name: line.state for line in plan.line_ids}
        self.assertEqual(
            states, {"No customer": "moved", "Closed": "left", "Deleted": "left"}
        )
        for line in plan.line_ids - plan.line_ids.filtered("lead_id.active"):
            self.assertTrue(line.left_reason)

    def test_other_addons_hooks_run(self):
        """The change goes through ``write`` of every model, with the user field."""
        lead = self._create_lead("Open", self.customer_1)
        order = self._create_order(self.customer_1, 1, "2026-02-01", confirm=False)
        order.user_id = self.leaver
        written = []
        for model in (self.customer_1, lead, order):
            original = type(model).write

            def write(records, values, original=original):
                written.append((records._name, records.ids, dict(values)))
                return original(records, values)

            self.startPatcher(patch.object(type(model), "write", write))
        self._cut_over(self._create_plan(self.customer_1))
        for record in (self.customer_1, lead, order):
            self.assertIn(
                (record._name, record.ids, {"user_id": self.successor.id}), written
            )

    def test_extension(self):
        """A further mover is found, counted and moved like the shipped ones."""
        tag_owner = Mover(
            key="blacklist",
            model="res.partner.category",
            label="Tags",
            user_field="create_uid",
            partner_paths=("partner_ids",),
            company_path=None,
            follow=None,
        )
        handover = self.env["continuity.handover"]
        original = type(handover)._get_movers
        self.patch(
            type(handover), "_get_movers", lambda this: [*original(this), tag_owner]
        )
        tag = self.env["res.partner.category"].create({"name": "Tag"})
        tag.partner_ids = self.customer_1
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE res_partner_category SET create_uid = %s WHERE id = %s",
                self.leaver.id,
                tag.id,
            )
        )
        self.env.invalidate_all()
        found, _deals = handover._find_customers(self.leaver, self.company_a)
        self.assertEqual(
            found[self.leaver.id][self.customer_1.id], {"partner": 1, "blacklist": 1}
        )
        plan = self._create_plan(self.customer_1)
        counts = {mover.key: count for mover, count in plan._count_records()}
        self.assertEqual(counts, {"partner": 1, "blacklist": 1})

    def test_kept_fields(self):
        """Whatever is computed from the salesperson is protected: a field a later
        Odoo or an addon adds shows up here."""
        handover = self.env["continuity.handover"]
        for mover in handover._get_movers():
            model = self.env[mover.model]
            kept = handover._kept_fields(mover)
            for field in self.env.registry.get_dependent_fields(
                model._fields[mover.user_field]
            ):
                if field.model_name == mover.model and field.store:
                    self.assertTrue(field in kept or field.related, field)
        lead = handover._get_movers()[1]
        names = {field.name for field in handover._kept_fields(lead)}
        self.assertLessEqual(
            {"team_id", "company_id", "stage_id", "probability", "date_open"}, names
        )
