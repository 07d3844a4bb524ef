"""What the tests of the cut-over share, and those of what rests on it."""

from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tools import SQL

from .common import ContinuityCommon

NOW = datetime(2026, 3, 10, 10)
# Written by every change of a record, whatever it is.
STAMPS = {"write_uid", "write_date"}


class CutOverCase(ContinuityCommon):
    """The leaver is ``user_sales_a``, the successor ``user_sales_b``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leaver = cls.user_sales_a
        cls.successor = cls.user_sales_b
        cls.colleague = cls.user_all
        cls.stage, cls.won_stage = cls.env["crm.stage"].create(
            [
                {"name": "Halfway", "sequence": 50},
                {"name": "Signed", "sequence": 90, "is_won": True},
            ]
        )
        cls.contact_1.user_id = False
        # What the cut-over keeps quiet must be kept quiet without these keys.
        cls.loud = cls.env(context={"lang": "en_US"})

    # === Building blocks ===

    @classmethod
    def _create_plan(cls, *customers, leads=(), company=None, **values):
        """A running plan with one line per customer, from leaver to successor."""
        leaver = values.pop("leaver", cls.leaver)
        people = {
            "leaver_id": leaver.id,
            "successor_id": values.pop("successor", cls.successor).id,
        }
        return cls.env["continuity.handover"].create(
            {
                "company_id": (company or cls.company_a).id,
                "leaver_ids": [Command.set(leaver.ids)],
                "reason": "transfer",
                "date_start": "2026-03-01",
                "date_end": "2026-03-31",
                "state": "running",
                "approval_ids": [
                    Command.create(
                        {
                            "user_id": values.pop("approver", cls.user_manager).id,
                            "state": "approved",
                        }
                    )
                ],
                "line_ids": [
                    *(
                        Command.create({"partner_id": customer.id, **people})
                        for customer in customers
                    ),
                    *(
                        Command.create(
                            {"lead_id": lead.id, "deal_name": lead.name, **people}
                        )
                        for lead in leads
                    ),
                ],
                **values,
            }
        )

    def _cut_over(self, plan):
        """Cut all lines over as the scheduler's user would, with nothing muted."""
        self.env.flush_all()
        plan.line_ids.with_env(self.loud)._cut_over()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    @classmethod
    def _create_lead(cls, name, partner=None, user=None, company=None, **values):
        return cls.env["crm.lead"].create(
            {
                "name": name,
                "type": "opportunity",
                "partner_id": partner.id if partner else False,
                "user_id": (user or cls.leaver).id,
                "team_id": cls.team.id,
                "company_id": (company or cls.company_a).id,
                "stage_id": cls.stage.id,
                **values,
            }
        )

    @classmethod
    def _create_activity(cls, record, user=None, **values):
        return cls.env["mail.activity"].create(
            {
                "res_model_id": cls.env["ir.model"]._get_id(record._name),
                "res_id": record.id,
                "activity_type_id": cls.env.ref("mail.mail_activity_data_todo").id,
                "summary": "Do it",
                "user_id": (user or cls.leaver).id,
                **values,
            }
        )

    @classmethod
    def _create_meeting(cls, name, partners, start, user=None, **values):
        user = user or cls.leaver
        return (
            cls.env["calendar.event"]
            .with_context(no_mail_to_attendees=True, dont_notify=True)
            .create(
                {
                    "name": name,
                    "start": start,
                    "stop": start + timedelta(hours=1),
                    "user_id": user.id,
                    "partner_ids": [
                        Command.set([user.partner_id.id, *(p.id for p in partners)])
                    ],
                    **values,
                }
            )
        )

    def _row(self, record):
        """The whole row of a record, as the database holds it."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT * FROM %s WHERE id = %s",
                SQL.identifier(record._table),
                record.id,
            )
        )
        return self.env.cr.dictfetchone()

    @contextmanager
    def _assert_changes(self, changes, unchanged=()):
        """Assert which columns of which records the block changes, and how.

        :param dict changes: {record: {column: new value}}; stamps left out
        :param unchanged: records of which the block changes nothing, stamps included
        """
        before = {record: self._row(record) for record in [*changes, *unchanged]}
        yield
        for record, old in before.items():
            new = self._row(record)
            changed = {name: new[name] for name in new if new[name] != old[name]}
            if record in changes:
                for name in STAMPS:
                    changed.pop(name, None)
            self.assertEqual(changed, changes.get(record, {}), record.display_name)

    def _log(self, plan, kind="write"):
        moves = self.env["continuity.handover.move"].search(
            [("handover_id", "=", plan.id), ("kind", "=", kind)]
        )
        return {
            (m.model, m.res_id, m.field, m.old_value_id, m.new_value_id) for m in moves
        }

    def _logged_writes(self, *records, field="user_id"):
        return {
            (r._name, r.id, field, self.leaver.id, self.successor.id) for r in records
        }

    def _fail_for(self, partner, error):
        """Let the write of one customer fail, as another addon's check would."""
        original = type(partner).write

        def write(records, values):
            if "user_id" in values and partner.id in records.ids:
                raise error
            return original(records, values)

        self.startPatcher(patch.object(type(partner), "write", write))

    def _create_business(self, count):
        customers = self.env["res.partner"].create(
            [
                {"name": f"Bulk {number}", "user_id": self.leaver.id}
                for number in range(count)
            ]
        )
        self.env["res.partner"].create(
            [{"name": "Contact", "parent_id": customer.id} for customer in customers]
        ).user_id = False
        for customer in customers:
            lead = self._create_lead("Open", customer)
            self._create_activity(lead)
            self._create_meeting("Future", customer, NOW + timedelta(days=1))
        return customers

    def _count_queries(self, action):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before
