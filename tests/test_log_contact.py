"""Logging a contact nobody had planned, and the buttons around it."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_handover import NOW, HandoverCommon


@tagged("post_install", "-at_install")
class TestLogContact(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._refresh()
        cls.relationship = cls._relationship(cls.customer_1)

    def _dialog(self, user, record, **values):
        """Open the dialog from a relationship, or a partner, and fill it in."""
        record = record.with_user(user).with_company(self.company_a)
        action = (
            record.action_log_contact()
            if record._name == "continuity.relationship"
            else record.action_log_continuity_contact()
        )
        model = record.env[action["res_model"]].with_context(**action["context"])
        return model.create({"outcome": "held", **values})

    def _touchpoints(self, customer):
        return self.env["continuity.touchpoint"].search(
            [("partner_id", "=", customer.id)]
        )

    def test_from_the_relationship(self):
        self.assertEqual(self.relationship.state, "never")
        with Form(
            self.env["continuity.report.contact"]
            .with_user(self.leaver)
            .with_context(default_relationship_id=self.relationship.id)
        ) as form:
            self.assertEqual(form.name, "Call Customer 1")
            form.outcome = "held"
            form.minutes = 12
            form.note = "They want a second machine."
            form.date = "2027-02-27 10:00:00"
        form.record.action_apply()
        touchpoint = self._touchpoints(self.customer_1)
        self.assertEqual(touchpoint.state, "done")
        self.assertEqual(touchpoint.name, "Call Customer 1")
        self.assertEqual(touchpoint.user_id, self.leaver)
        self.assertEqual(touchpoint.company_id, self.company_a)
        attempt = touchpoint.attempt_ids
        self.assertEqual(attempt.channel_id, self.channel_call)
        self.assertEqual(attempt.user_id, self.leaver)
        self.assertEqual((attempt.minutes, attempt.outcome), (12, "held"))
        self.assertEqual(attempt.note, "They want a second machine.")
        # At once, not only after the night.
        day = fields.Date.to_date("2027-02-27")
        self.assertEqual(self.relationship.last_contact_date, day)
        cadence = self.relationship.tier_id.with_company(self.company_a).cadence_days
        self.assertEqual(
            self.relationship.next_due_date, fields.Date.add(day, days=cadence)
        )
        self.assertEqual(self.relationship.state, "on_track")
        self.assertEqual(
            self.customer_1.with_company(self.company_a).continuity_last_contact_date,
            day,
        )

    # === from everywhere === #

    def test_from_order_and_deal(self):
        order = self._create_order(self.customer_1, 100, "2027-02-01")
        order.user_id = self.leaver
        lead = self.env["crm.lead"].create(
            {
                "name": "Deal",
                "type": "opportunity",
                "partner_id": self.contact_1.id,
                "user_id": self.leaver.id,
                "company_id": self.company_a.id,
            }
        )
        for record in (order, lead):
            action = record.with_user(self.leaver).action_log_continuity_contact()
            self.assertEqual(
                action["context"]["default_relationship_id"], self.relationship.id
            )
        lead.partner_id = False
        with self.assertRaisesRegex(UserError, "customer of this deal"):
            lead.with_user(self.leaver).action_log_continuity_contact()

    def test_two_clicks(self):
        """Opening it and pressing a button is enough."""
        for button, outcome in (
            ("action_apply", "held"),
            ("action_no_answer", "no_answer"),
            ("action_message_left", "message_left"),
        ):
            with self.subTest(button=button):
                dialog = (
                    self.env["continuity.report.contact"]
                    .with_user(self.leaver)
                    .with_context(default_relationship_id=self.relationship.id)
                    .create({})
                )
                getattr(dialog, button)()
                attempts = self._touchpoints(self.customer_1).attempt_ids
                self.assertEqual(attempts.sorted("id")[-1].outcome, outcome)

    # === what is owed anyhow === #

    def test_settles_the_only_one_that_fits(self):
        owed = self._plan_touchpoint(date_due="2027-03-04")
        with Form(
            self.env["continuity.report.contact"]
            .with_user(self.leaver)
            .with_context(default_relationship_id=self.relationship.id)
        ) as form:
            self.assertEqual(form.settles_id, owed)
            form.note = "They are well."
        form.record.action_apply()
        self.assertEqual(self._touchpoints(self.customer_1), owed, "no second one")
        self.assertEqual(owed.state, "done")
        self.assertEqual(owed.attempt_ids.note, "They are well.")

    def test_settles_none_unless_chosen_among_several(self):
        first = self._plan_touchpoint(occurrence="first")
        second = self._plan_touchpoint(occurrence="second")
        dialog = self._dialog(self.leaver, self.relationship)
        self.assertFalse(dialog.settles_id)
        self.assertEqual(dialog.owed_ids, first | second)
        dialog.settles_id = second
        dialog.action_apply()
        self.assertEqual((first.state, second.state), ("owed", "done"))

    def test_offers_only_what_the_contact_satisfies(self):
        self._plan_touchpoint(occurrence="visit", channel_ids=self.channel_visit.ids)
        theirs = self._plan_touchpoint(occurrence="t", user_id=self.successor.id)
        later = self._plan_touchpoint(occurrence="later", date_due="2027-06-01")
        self._plan_touchpoint(
            occurrence="to come",
            channel_ids=(self.channel_call | self.channel_video).ids,
            date_planned="2027-04-02 09:00:00",
        )
        dialog = self._dialog(self.leaver, self.relationship)
        self.assertEqual(dialog.owed_ids, later, "a call, by me, and not to come")
        self.assertFalse(dialog.settles_id, "not for one in three months")
        dialog.settles_id = theirs
        with self.assertRaisesRegex(UserError, "not done by"):
            dialog.action_apply()

    def test_can_be_about_something_else(self):
        owed = self._plan_touchpoint()
        dialog = self._dialog(self.leaver, self.relationship, settles_id=False)
        dialog.action_apply()
        self.assertEqual(owed.state, "owed")
        self.assertEqual(len(self._touchpoints(self.customer_1)), 2)

    def test_whether_a_visit_was_held_has_to_be_said(self):
        visit = self._plan_touchpoint(
            occurrence="visit", channel_ids=self.channel_visit.ids
        )
        action = visit.with_user(self.leaver).action_report()
        dialog = (
            self.env["continuity.report.contact"]
            .with_user(self.leaver)
            .with_context(**action["context"])
        )
        self.assertFalse(Form(dialog).outcome)

    def _visit(self, moment):
        return self._plan_touchpoint(
            occurrence=f"visit {moment}",
            channel_ids=self.channel_visit.ids,
            date_planned=moment,
            date_due=moment[:10],
        )

    def _report_form(self, visit):
        action = visit.with_user(self.leaver).action_report()
        model = self.env["continuity.report.contact"].with_user(self.leaver)
        return Form(model.with_context(**action["context"]))

    def test_a_visit_took_place_when_it_was_planned(self):
        form = self._report_form(self._visit("2027-02-26 09:00:00"))
        self.assertEqual(str(form.date), "2027-02-26 09:00:00")
        form.outcome = "held"
        wizard = form.save()
        wizard.action_apply()
        self.assertEqual(
            str(wizard.touchpoint_id.attempt_ids.date), "2027-02-26 09:00:00"
        )

    def test_a_visit_to_come_is_reported_now(self):
        """Somebody who calls in advance to say that it will not take place."""
        form = self._report_form(self._visit("2027-03-04 09:00:00"))
        self.assertEqual(str(form.date), NOW)

    def test_a_visit_logged_from_the_customer_too(self):
        visit = self._visit("2027-02-26 09:00:00")
        model = self.env["continuity.report.contact"].with_user(self.leaver)
        form = Form(model.with_context(default_relationship_id=self.relationship.id))
        self.assertEqual((form.settles_id.id, str(form.date)), (False, NOW))
        form.channel_id = self.channel_visit
        self.assertEqual(form.settles_id, visit)
        self.assertEqual(str(form.date), "2027-02-26 09:00:00")
        form.channel_id = self.channel_call
        self.assertEqual(str(form.date), NOW, "a call is not that visit")
        form.date = "2027-02-28 10:00:00"
        form.channel_id = self.channel_video
        self.assertEqual(str(form.date), "2027-02-28 10:00:00", "typed")

    def test_proposed_channel(self):
        model = self.env["continuity.report.contact"].with_user(self.leaver)
        model = model.with_context(default_relationship_id=self.relationship.id)
        self.assertEqual(Form(model).channel_id, self.channel_call)
        self._dialog(
            self.leaver, self.relationship, channel_id=self.channel_email.id
        ).action_apply()
        self.assertEqual(Form(model).channel_id, self.channel_email, "used last")
        self.customer_1.continuity_channel_id = self.channel_video
        self.assertEqual(Form(model).channel_id, self.channel_video, "preferred")

    def test_machines_outcomes_are_not_offered(self):
        offered = dict(self.env["continuity.report.contact"]._selection_outcome())
        self.assertEqual(
            set(offered),
            {
                "held",
                "no_answer",
                "message_left",
                "wrong_number",
                "refused",
                "posted",
            },
        )

    def test_next_step(self):
        with self.assertRaisesRegex(UserError, "by when"):
            self._dialog(
                self.leaver, self.relationship, next_step="Send the offer"
            ).action_apply()
        self._dialog(
            self.leaver,
            self.relationship,
            next_step="Send the offer",
            next_date="2027-03-10",
        ).action_apply()
        step = self._touchpoints(self.customer_1).filtered(lambda t: t.state == "owed")
        self.assertEqual(step.name, "Send the offer")
        self.assertEqual(str(step.date_due), "2027-03-10")
        self.assertEqual(step.user_id, self.leaver)
        self.assertIn("Agreed on", step.why)
        self.assertFalse(step.activity_id, "not before its day")

    def test_problem_becomes_a_concern(self):
        self._dialog(
            self.leaver,
            self.relationship,
            problem="The press leaks.",
            problem_kind="complaint",
        ).action_apply()
        concern = self.env["continuity.concern"].search(
            [("partner_id", "=", self.customer_1.id)]
        )
        self.assertEqual(concern.kind, "complaint")
        self.assertEqual(concern.question, "The press leaks.")
        self.assertEqual(concern.source, "contact")
        self.assertEqual(concern.touchpoint_id, self._touchpoints(self.customer_1))

    def test_forms_of_order_and_deal_show_the_button(self):
        for model, view in (
            ("sale.order", "sale.view_order_form"),
            ("crm.lead", "crm.crm_lead_view_form"),
        ):
            arch = (
                self.env[model]
                .with_user(self.leaver)
                .get_view(self.env.ref(view).id, "form")["arch"]
            )
            self.assertIn("action_log_continuity_contact", arch)

    def test_what_reached_nobody_moves_nothing(self):
        for values in (
            {"channel_id": self.channel_voicemail.id, "outcome": "held"},
            {"channel_id": self.channel_voicemail.id, "outcome": "message_left"},
            {"channel_id": self.channel_call.id, "outcome": "no_answer"},
            {"channel_id": self.channel_mass_email.id, "outcome": "held"},
        ):
            self._dialog(self.leaver, self.relationship, **values).action_apply()
            self.assertFalse(self.relationship.last_contact_date)
            self.assertEqual(self.relationship.state, "never")
        self.assertEqual(len(self._touchpoints(self.customer_1).attempt_ids), 4)

    def test_only_this_customer_is_refreshed(self):
        other = self._relationship(self.customer_2)
        self._create_invoice(self.customer_2, 500, "2027-02-01")
        self._dialog(self.leaver, self.relationship).action_apply()
        self.assertEqual(self.relationship.state, "on_track")
        self.assertEqual(other.revenue, 0)

    def test_planned_contact_reported_moves_the_clock(self):
        touchpoint = self._plan_touchpoint(partner=self.customer_1)
        action = touchpoint.with_user(self.leaver).action_report()
        self.env[action["res_model"]].with_user(self.leaver).with_context(
            **action["context"]
        ).create({"outcome": "held"}).action_apply()
        self.assertEqual(touchpoint.relationship_id.state, "on_track")

    def test_tiers_without_sense_do_not_stop_it(self):
        self.tier_a.with_company(self.company_a)._write_thresholds(
            {"min_revenue": -1.0}
        )
        self._dialog(self.leaver, self.relationship).action_apply()
        self.assertEqual(self._touchpoints(self.customer_1).state, "done")

    def test_from_a_contact_of_the_customer(self):
        dialog = self._dialog(self.leaver, self.contact_1)
        self.assertEqual(dialog.relationship_id, self.relationship)
        dialog.action_apply()
        self.assertTrue(self._touchpoints(self.customer_1))
        self.assertEqual(self.relationship.state, "on_track")

    def test_relationship_is_created(self):
        customer = self._create_customer("Nobody's")
        contact = self._create_customer(
            "Somebody", is_company=False, parent_id=customer.id
        )
        self.assertFalse(self._relationship(customer))
        self._dialog(self.leaver, contact).action_apply()
        relationship = self._relationship(customer)
        self.assertEqual(len(relationship), 1)
        self.assertEqual(relationship.state, "on_track")

    def test_customer_of_somebody_else(self):
        other = self._relationship(self.customer_3)
        for record in (other, self.customer_3):
            with self.assertRaises(AccessError):
                self._dialog(self.leaver, record)
        # By hand, as a client could.
        dialog = (
            self.env["continuity.report.contact"]
            .with_user(self.leaver)
            .create(
                {
                    "outcome": "held",
                    "channel_id": self.channel_call.id,
                    "name": "Call",
                }
            )
        )
        dialog.sudo().relationship_id = other
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            dialog.action_apply()
        self.assertFalse(self._touchpoints(self.customer_3))
        # Who leads the team, or sees all, may.
        self._dialog(self.deputy, other).action_apply()
        self._dialog(self.user_all, other).action_apply()
        self.assertEqual(len(self._touchpoints(self.customer_3)), 2)

    def test_other_company(self):
        customer = self._create_customer("Of B", company_id=self.company_b.id)
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_b, customer
        )
        for record in (relationship, customer):
            with self.assertRaises(AccessError):
                self._dialog(self.leaver, record)
        with self.assertRaises(AccessError):
            self.customer_1.with_user(self.leaver).with_context(
                allowed_company_ids=self.company_b.ids
            ).action_log_continuity_contact()
        self.assertFalse(self._touchpoints(customer))
        self.assertFalse(self._relationship(self.customer_1, self.company_b))

    def test_who_is_not_in_the_app(self):
        clerk = self._create_user("clerk", "base.group_user")
        with self.assertRaises(AccessError):
            self._dialog(clerk, self.customer_1)

    def test_nothing_chosen(self):
        dialog = (
            self.env["continuity.report.contact"]
            .with_user(self.leaver)
            .create({"outcome": "held", "channel_id": self.channel_call.id})
        )
        with self.assertRaisesRegex(UserError, "which customer"):
            dialog.action_apply()

    # === The buttons on the customer's form === #

    def test_touchpoint_counts(self):
        for _n in range(2):
            self._dialog(self.leaver, self.relationship).action_apply()
        self._dialog(self.leaver, self._relationship(self.customer_2)).action_apply()
        partners = self.customer_1 | self.contact_1 | self.customer_2 | self.customer_3
        partners = partners.with_user(self.leaver).with_company(self.company_a)
        self.env.flush_all()
        partners.mapped("commercial_partner_id.name")
        partners.env["continuity.touchpoint"].search_count([])  # rules are cached
        with self.assertQueryCount(1):
            counts = partners.mapped(lambda p: p.continuity_touchpoint_count)
        self.assertEqual(counts, [2, 2, 1, 0])
        self.assertEqual(self.relationship.touchpoint_count, 2)
        for record, action in (
            (self.contact_1, "action_open_continuity_touchpoints"),
            (self.relationship, "action_open_touchpoints"),
        ):
            domain = getattr(record, action)()["domain"]
            self.assertEqual(self.env["continuity.touchpoint"].search_count(domain), 2)

    def test_colleagues_touchpoints_are_not_counted(self):
        self._dialog(self.successor, self._relationship(self.customer_3)).action_apply()
        customer = self.customer_3.with_user(self.leaver)
        self.assertEqual(customer.continuity_touchpoint_count, 0)
        self.assertEqual(
            customer.with_user(self.successor).continuity_touchpoint_count, 1
        )

    def test_running_handover(self):
        plan = self._submit(self._create_plan())
        customer = self.customer_1.with_company(self.company_a)
        self.assertFalse(customer.continuity_handover_id, "not running yet")
        self._approve(plan)
        self.env.invalidate_all()
        people = customer | self.contact_1.with_company(self.company_a)
        for partner in people.with_user(self.leaver):
            self.assertEqual(partner.continuity_handover_id, plan)
        self.assertEqual(self.relationship.with_user(self.leaver).handover_id, plan)
        action = customer.with_user(self.leaver).action_open_continuity_handover()
        self.assertEqual(action["res_id"], plan.id)
        action = self.relationship.with_user(self.leaver).action_open_handover()
        self.assertEqual(action["res_id"], plan.id)
        # Who must not read the plan does not learn of it here.
        for record in (customer, self.relationship):
            field = (
                "continuity_handover_id"
                if record._name == "res.partner"
                else "handover_id"
            )
            self.assertFalse(record.with_user(self.user_all)[field])
        self.assertFalse(self.customer_3.with_user(self.leaver).continuity_handover_id)

    def test_left_out_is_not_in_handover(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_2)
        line.write({"excluded": True, "exclude_reason": "Stays"})
        self._approve(self._submit(plan))
        self.env.invalidate_all()
        customers = (self.customer_1 | self.customer_2).with_company(self.company_a)
        self.assertEqual(
            customers.mapped(lambda p: p.continuity_handover_id.id), [plan.id, False]
        )

    def test_forms_show_the_buttons(self):
        buttons = {
            "action_log_continuity_contact",
            "action_open_continuity_touchpoints",
            "action_open_continuity_handover",
        }
        clerk = self._create_user(
            "clerk", "base.group_user", "base.group_partner_manager"
        )
        for user, shown in ((self.leaver, True), (clerk, False)):
            arch = (
                self.env["res.partner"]
                .with_user(user)
                .get_view(self.env.ref("base.view_partner_form").id, "form")["arch"]
            )
            for name in buttons:
                self.assertEqual(f'name="{name}"' in arch, shown, (user.login, name))

    # === Tenure === #

    def test_tenure_of_whoever_it_is_now(self):
        customer = self.customer_1.with_company(self.company_a)
        self.assertTrue(customer.continuity_owner_since)
        self.assertEqual(customer.continuity_owner_since, self.relationship.owner_since)
        customer.user_id = self.successor
        self.assertFalse(
            customer.continuity_owner_since, "that date was the predecessor's"
        )
        self._refresh()
        self.assertTrue(customer.continuity_owner_since)

    def test_labels(self):
        """One idea, one label."""
        for model, labels in (
            (
                "continuity.relationship",
                {
                    "state": "Status",
                    "owner_id": "Salesperson",
                    "owner_since": "Salesperson Since",
                },
            ),
            (
                "res.partner",
                {
                    # Users have a "Status" of their own.
                    "continuity_state": "Contact Status",
                    "user_id": "Salesperson",
                    "continuity_owner_since": "Salesperson Since",
                },
            ),
            ("continuity.touchpoint", {"state": "Status"}),
        ):
            for name, label in labels.items():
                field = self.env[model]._fields[name]
                self.assertEqual(field.string, label, (model, name))

    def test_strangers_customer_cannot_be_linked(self):
        """The dialog proposes by name and last channel: not of what one cannot
        read."""
        self._refresh()
        wizards = self.env["continuity.report.contact"]
        for name, record in (
            ("relationship_id", self._relationship(self.customer_1)),
            ("touchpoint_id", self._plan_touchpoint()),
        ):
            with self.subTest(link=name):
                with self.assertRaises(AccessError):
                    self._rpc(self.colleague, wizards, "create", [{name: record.id}])
                with self.assertRaises(AccessError):
                    self._rpc(
                        self.colleague,
                        wizards,
                        "onchange",
                        [],
                        {name: record.id},
                        [name],
                        {"name": {}, "channel_id": {}},
                    )
                values = {"name": "x", "outcome": "held", "date": "2027-03-01"}
                values["channel_id"] = self.channel_call.id
                with self.assertRaises(AccessError):
                    self._rpc(
                        self.colleague, wizards, "create", [{**values, name: record.id}]
                    )

    def test_posted_is_what_goes_by_post(self):
        """A call or an e-mail is not posted, and not offered as such."""
        dialog = self.env["continuity.report.contact"].with_user(self.leaver)
        dialog = dialog.with_context(default_relationship_id=self.relationship.id)
        letter = self.env.ref("customer_continuity.channel_letter")
        with Form(dialog) as form:
            self.assertNotIn("posted", form.offered_outcomes)
            self.assertIn("held", form.offered_outcomes)
            form.channel_id = letter
            self.assertIn("posted", form.offered_outcomes)
            form.outcome = "posted"
            form.channel_id = self.channel_email
            self.assertNotIn("posted", form.offered_outcomes)
            self.assertEqual(form.outcome, "held")
        for channel in (self.channel_email, self.channel_call):
            touchpoint = self._plan_touchpoint(
                self.customer_1,
                occurrence=f"posted {channel.id}",
                channel_ids=channel.ids,
            )
            with self.assertRaisesRegex(UserError, "cannot be reported"):
                touchpoint.with_user(self.leaver).log_attempt("posted")
