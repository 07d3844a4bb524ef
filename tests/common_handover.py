from contextlib import contextmanager
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.service.model import call_kw

from .common import ContinuityCommon

# A Monday, before office hours everywhere this side of Tokyo.
NOW = "2027-03-01 06:00:00"


class HandoverCommon(ContinuityCommon):
    """Handover plans at a frozen time, with one method per step of their life.

    ========================  ==================================================
    attribute                 what it is
    ========================  ==================================================
    ``leaver``                ``user_sales_a``: hands over customers 1 and 2
    ``successor``             ``user_sales_b``
    ``approver``              ``user_leader``, who leads the leaver's team
    ``deputy``                ``user_deputy``, who leads ``other_team``
    ``colleague``             a salesperson with no part in anything
    ``channel_visit`` …       the shipped channels
    ========================  ==================================================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(NOW))
        cls.leaver = cls.user_sales_a
        cls.successor = cls.user_sales_b
        cls.approver = cls.user_leader
        sales = "sales_team.group_sale_salesman"
        cls.user_deputy, cls.colleague = cls._create_users(
            cls._user_values("deputy", sales, "customer_continuity.group_team"),
            cls._user_values("colleague", sales),
        )
        cls.deputy = cls.user_deputy
        cls.other_team.user_id = cls.deputy
        for name in ("visit", "video", "call", "voicemail", "email", "mass_email"):
            channel = cls.env.ref(f"customer_continuity.channel_{name}")
            setattr(cls, f"channel_{name}", channel)
        cls.tier_a = cls.env.ref("customer_continuity.tier_a")
        cls.tier_b = cls.env.ref("customer_continuity.tier_b")
        cls.tier_c = cls.env.ref("customer_continuity.tier_c")
        cls.company_a.resource_calendar_id.tz = "UTC"

    @contextmanager
    def assertRaisesRegex(self, exception, regex):  # pylint: disable=invalid-name
        """Like Odoo's ``assertRaises``, take back what was done until then: so that
        what is asserted afterwards is what a client would find."""
        with self.assertRaises(exception) as caught:
            yield caught
        self.assertRegex(str(caught.exception), regex)

    # === Reaching the server as a client does === #

    def _rpc(self, user, records, method, *args, context=None, **kwargs):
        """Call a method as a client does over RPC, with a context of its choice."""
        model = self.env(user=user, context={})[records._name]
        kwargs["context"] = {"allowed_company_ids": user.company_ids.ids} | (
            context or {}
        )
        ids = [records.ids] if records else []
        return call_kw(model, method, [*ids, *args], kwargs)

    # === Plans === #

    @classmethod
    def _line_values(cls, partner, **values):
        return {
            "leaver_id": cls.leaver.id,
            "successor_id": cls.successor.id,
            "partner_id": partner.id,
            **values,
        }

    @classmethod
    def _plan_values(cls, **values):
        """A visit to customer 1 on the first Tuesday, customer 2 by telephone."""
        return {
            "company_id": cls.company_a.id,
            "leaver_ids": [Command.set(cls.leaver.ids)],
            "reason": "transfer",
            "customer_reason": "Our colleague takes over the northern region.",
            "date_start": "2027-03-01",
            "date_end": "2027-03-19",
            "approval_ids": [Command.create({"user_id": cls.approver.id})],
            "line_ids": [
                Command.create(
                    cls._line_values(
                        cls.customer_1,
                        mode="visit",
                        date_visit="2027-03-02 09:00:00",
                        contact_ids=[Command.set(cls.contact_1.ids)],
                    )
                ),
                Command.create(cls._line_values(cls.customer_2)),
            ],
            **values,
        }

    @classmethod
    def _create_plan(cls, user=None, **values):
        """Create a draft as the leaver does."""
        plans = cls.env["continuity.handover"].with_user(user or cls.leaver)
        return plans.create(cls._plan_values(**values)).with_env(cls.env)

    @classmethod
    def _create_large_plan(cls, size):
        """A draft with ``size`` new customers of the leaver, for counting queries."""
        customers = cls.env["res.partner"].create(
            [
                {"name": f"Many {size} {i}", "user_id": cls.leaver.id}
                for i in range(size)
            ]
        )
        lines = [Command.create(cls._line_values(partner)) for partner in customers]
        return cls._create_plan(line_ids=lines)

    def _submit(self, plan, user=None):
        plan.with_user(user or plan.leaver_ids[0]).action_submit()
        return plan

    def _approve(self, plan, user=None):
        plan.with_user(user or self.approver).action_approve()
        return plan

    def _running_plan(self, **values):
        """A plan that was submitted and approved and has begun."""
        plan = self._approve(self._submit(self._create_plan(**values)))
        self.assertEqual(plan.state, "running")
        return plan

    def _plan_of_other_people(self, leaver, successor, times, **values):
        """A submitted plan with one visit at each time."""
        partners = [
            self._create_customer(f"Their Customer {number}", leaver)
            for number in range(len(times))
        ]
        plan = self._create_plan(
            user=self.user_manager,
            leaver_ids=[Command.set(leaver.ids)],
            approval_ids=[Command.create({"user_id": self.user_manager.id})],
            line_ids=[
                Command.create(
                    {
                        "leaver_id": leaver.id,
                        "successor_id": successor.id,
                        "partner_id": partner.id,
                        "mode": "visit",
                        "date_visit": time,
                    }
                )
                for partner, time in zip(partners, times, strict=True)
            ],
            **values,
        )
        return self._submit(plan, self.user_manager)

    def _line_of(self, plan, partner):
        return plan.line_ids.filtered(lambda line: line.partner_id == partner)

    # === Items === #

    def _prepare(self, checks, user=None):
        for check in checks:
            check = check.with_user(user or self.leaver)
            check.prepared_text = f"All about {check.topic_id.name}"
            check.action_prepare()

    def _hold_visit(self, line, user=None, outcome="held", **values):
        """Report the visit after it took place (see :meth:`_at`)."""
        values.setdefault("date", line.date_visit)
        visit = line.visit_touchpoint_id.with_user(user or self.leaver)
        return visit.log_attempt(outcome, **values)

    def _confirm(self, checks, user=None, person=None):
        for check in checks:
            check = check.with_user(user or self.leaver)
            check.write(
                {
                    "contact_id": (person or self.contact_1).id,
                    "customer_words": f"Yes, {check.topic_id.name} is right.",
                }
            )
            check.action_confirm()

    def _accept(self, checks, user=None):
        checks.with_user(user or self.successor).action_accept()

    def _at(self, moment):
        """Go to another time (UTC) until the end of the test, or of ``with``."""
        return freeze_time(moment)

    def _after_visit(self, line):
        return freeze_time(line.date_visit + timedelta(hours=2))

    def _carry_out(self, line):
        """Do everything the gate of one line asks for."""
        self._prepare(line.check_ids)
        if line.mode == "visit":
            with self._after_visit(line):
                self._hold_visit(line)
                self._confirm(line.check_ids)
        self._accept(line.check_ids)

    def _move_without_cut_over(self, lines):
        """Close lines as the cut-over does, for tests of what comes after it."""
        lines.sudo().write({"state": "moved", "moved_on": datetime.now()})

    # === Relationships and touchpoints === #

    def _run_cron(self, name):
        """Run one of the addon's scheduled actions as the scheduler does."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(f"customer_continuity.cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    @classmethod
    def _set_tier(cls, partner, tier, company=None):
        """Put a customer into a tier, past the next refresh."""
        company = company or cls.company_a
        relationship = cls.env["continuity.relationship"]._ensure(company, partner)
        relationship.sudo().write({"tier_id": tier.id, "tier_locked": True})
        return relationship

    @classmethod
    def _touchpoint_values(cls, partner=None, **values):
        partner = partner or cls.customer_1
        company = cls.env["res.company"].browse(
            values.get("company_id", cls.company_a.id)
        )
        relationship = cls.env["continuity.relationship"]._ensure(company, partner)
        return {
            "name": f"Call {partner.name}",
            "origin_model": "continuity.relationship",
            "origin_id": relationship.id,
            "occurrence": "test",
            "relationship_id": relationship.id,
            "partner_id": partner.id,
            "company_id": company.id,
            "channel_ids": cls.channel_call.ids,
            "user_id": cls.leaver.id,
            "date_due": "2027-03-01",
            **values,
        }

    @classmethod
    def _plan_touchpoint(cls, partner=None, **values):
        return cls.env["continuity.touchpoint"]._plan(
            [cls._touchpoint_values(partner, **values)]
        )
