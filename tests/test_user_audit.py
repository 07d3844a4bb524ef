from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..wizards import continuity_user_reassign
from .test_archive_guard import GuardCommon


class AuditCommon(GuardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.partner_id.user_id = False
        cls.stage = cls.env["crm.stage"].create({"name": "Halfway", "sequence": 50})

    def _audit(self, user=None, leaver=None, companies=None):
        user = user or self.user_manager
        companies = companies or self.company_a
        audits = (
            self.env["continuity.user.audit"]
            .with_user(user)
            .with_context(allowed_company_ids=companies.ids)
        )
        audit = audits.create({"user_id": (leaver or self.leaver).id})
        audit.action_audit()
        return audit

    def _found(self, audit, model, field):
        """Return what an audit counts of a field: {verdict: count}."""
        lines = audit.line_ids.filtered(
            lambda x: (x.model, x.field or "follower") == (model, field)
        )
        return {line.verdict: line.count for line in lines}

    def _line(self, audit, model, field, verdict="decision"):
        return audit.line_ids.filtered(
            lambda x: (x.model, x.field, x.verdict) == (model, field, verdict)
        )

    def _lead(self, **values):
        return self.env["crm.lead"].create(
            {
                "name": "A deal",
                "type": "opportunity",
                "user_id": self.leaver.id,
                "partner_id": self.customer_1.id,
                "stage_id": self.stage.id,
                "company_id": self.company_a.id,
                **values,
            }
        )

    def _meeting(self, start, organiser, *people, **values):
        return self.env["calendar.event"].create(
            {
                "name": "Meeting",
                "start": start,
                "stop": start.replace("09:00", "10:00"),
                "user_id": organiser.id,
                "partner_ids": [Command.set([p.id for p in people])],
                **values,
            }
        )

    def _give(self, line, successor=None, user=None, reason="Takes it on"):
        user = user or self.user_manager
        action = line.with_user(user).action_reassign()
        wizard = (
            self.env[action["res_model"]]
            .with_user(user)
            .with_context(**action["context"], allowed_company_ids=self.company_a.ids)
            .create({"successor_id": (successor or self.successor).id})
        )
        wizard.reason = reason
        return wizard.action_apply()


@tagged("post_install", "-at_install")
class TestUserAudit(AuditCommon):
    """Every stored link to a person, in every installed model, with a verdict."""

    def test_customers_need_a_decision(self):
        audit = self._audit()
        self.assertEqual(self._found(audit, "res.partner", "user_id"), {"decision": 3})
        self.assertGreaterEqual(audit.decision_count, 3)

    def test_plan_handles_them(self):
        plan = self._create_plan(
            line_ids=[Command.create(self._line_values(self.customer_1))]
        )
        audit = self._audit(user=self.approver)
        self.assertEqual(
            self._found(audit, "res.partner", "user_id"), {"plan": 2, "decision": 1}
        )
        self.assertIn(plan.name, audit.plan_names)
        plan.line_ids.write({"excluded": True, "exclude_reason": "Stays"})
        self.assertEqual(
            self._found(self._audit(user=self.approver), "res.partner", "user_id"),
            {"decision": 3},
        )

    def test_confidential_plan_does_not_exist_for_others(self):
        self._create_plan(
            reason="resignation", last_day="2027-03-31", support_end="2027-03-31"
        )
        self.assertIn(
            "plan", self._found(self._audit(self.approver), "res.partner", "user_id")
        )
        for user in (self.user_manager, self.user_settings):
            with self.subTest(user=user.login):
                audit = self._audit(user)
                self.assertEqual(
                    self._found(audit, "res.partner", "user_id"), {"decision": 3}
                )
                self.assertFalse(audit.plan_names)
                self.assertFalse(
                    self._found(audit, "continuity.handover", "leaver_ids").get("plan")
                )

    def test_history_is_left(self):
        self._lead()
        lost = self._lead()
        lost.action_set_lost()
        won = self._lead()
        won.action_set_won()
        posted = self._create_invoice(self.customer_1, 10, "2027-02-01")
        draft = self._create_invoice(self.customer_1, 10, "2027-02-01", post=False)
        (posted | draft).invoice_user_id = self.leaver
        done = self._schedule(self.customer_1, self.leaver)
        done.action_feedback("Said yes")
        self._schedule(self.customer_1, self.leaver)
        self._meeting("2027-02-01 09:00:00", self.leaver, self.leaver.partner_id)
        self._meeting("2027-04-01 09:00:00", self.leaver, self.leaver.partner_id)
        self._meeting(
            "2027-04-02 09:00:00",
            self.leaver,
            self.leaver.partner_id,
            privacy="private",
        )
        audit = self._audit()
        for model, field, expected in (
            ("crm.lead", "user_id", {"left": 2, "decision": 1}),
            ("account.move", "invoice_user_id", {"left": 1, "decision": 1}),
            ("mail.activity", "user_id", {"left": 1, "decision": 1}),
            ("calendar.event", "user_id", {"left": 2, "decision": 1}),
        ):
            with self.subTest(model=model):
                self.assertEqual(self._found(audit, model, field), expected)
        left = self._line(audit, "crm.lead", "user_id", "left")
        self.assertIn("History", left.why)

    def test_archived_records_count(self):
        self.contact_1.user_ids.active = False
        self.contact_1.active = False
        audit = self._audit()
        line = self._line(audit, "res.partner", "user_id")
        self.assertEqual((line.count, line.archived_count), (3, 1))

    def test_other_companies_count_without_names(self):
        hidden = self._create_customer(
            "Hidden in B", self.leaver, company_id=self.company_b.id
        )
        audit = self._audit(user=self.approver)
        line = self._line(audit, "res.partner", "user_id")
        self.assertEqual((line.count, line.elsewhere_count), (4, 1))
        self.assertNotIn(hidden.id, line.action_open()["domain"][0][2])
        both = self._audit(companies=self.company_a | self.company_b)
        line = self._line(both, "res.partner", "user_id")
        self.assertEqual((line.count, line.elsewhere_count), (4, 0))
        self.assertIn(hidden.id, line.action_open()["domain"][0][2])

    def test_followers_and_attendees(self):
        self.customer_3.message_subscribe([self.leaver.partner_id.id])
        organiser = self.colleague
        people = (organiser.partner_id, self.leaver.partner_id)
        self._meeting("2027-04-01 09:00:00", organiser, *people)
        self._meeting("2027-02-01 09:00:00", organiser, *people)
        audit = self._audit()
        follower = audit.line_ids.filtered(
            lambda x: x.kind == "follower" and x.model == "res.partner"
        )
        self.assertEqual(follower.verdict, "left")
        self.assertIn(self.customer_3.id, follower._record_ids())
        self.assertEqual(
            self._found(audit, "calendar.event", "partner_ids"),
            {"decision": 1, "left": 1},
        )

    def test_default_values(self):
        self.env["ir.default"].set("crm.lead", "user_id", self.leaver.id)
        self.env["ir.default"].set("crm.lead", "color", self.leaver.id)
        alias = self.env["mail.alias"].create(
            {
                "alias_model_id": self.env["ir.model"]._get_id("crm.lead"),
                "alias_defaults": f"{{'user_id': {self.leaver.id}}}",
            }
        )
        alias.copy({"alias_defaults": f"{{'user_id': {self.leaver.id}0}}"})
        audit = self._audit()
        counts = {
            line.model: line.count for line in audit.line_ids if line.kind == "text"
        }
        self.assertEqual(counts, {"ir.default": 1, "mail.alias": 1})

    def test_other_addons_without_code(self):
        """A model made by hand stands for the models of other addons."""
        model = self.env["ir.model"].create(
            {
                "name": "Machine",
                "model": "x_continuity_machine",
                "field_id": [
                    Command.create({"name": "x_name", "ttype": "char"}),
                    Command.create(
                        {
                            "name": "x_keeper_id",
                            "ttype": "many2one",
                            "relation": "res.users",
                            "field_description": "Keeper",
                        }
                    ),
                    Command.create(
                        {
                            "name": "x_helper_ids",
                            "ttype": "many2many",
                            "relation": "res.users",
                            "field_description": "Helpers",
                        }
                    ),
                ],
            }
        )
        self.assertTrue(model)
        self.env["x_continuity_machine"].create(
            [
                {"x_name": "One", "x_keeper_id": self.leaver.id},
                {"x_name": "Two", "x_helper_ids": [Command.set(self.leaver.ids)]},
            ]
        )
        audit = self._audit()
        for field in ("x_keeper_id", "x_helper_ids"):
            found = self._found(audit, "x_continuity_machine", field)
            self.assertEqual(found, {"decision": 1}, field)
        self.assertEqual(
            self._line(audit, "x_continuity_machine", "x_keeper_id").field_name,
            "Keeper",
        )

    def test_team_and_leadership(self):
        self.other_team.user_id = self.leaver
        audit = self._audit()
        self.assertEqual(self._found(audit, "crm.team", "user_id"), {"decision": 1})
        self.assertEqual(
            self._found(audit, "crm.team.member", "user_id"), {"decision": 1}
        )

    def test_no_history_of_records(self):
        audit = self._audit(leaver=self.env.user)
        fields = set(audit.line_ids.mapped("field"))
        self.assertFalse(fields & {"create_uid", "write_uid"})
        self.assertFalse(
            audit.line_ids.filtered(lambda x: x.model.startswith("res.users"))
        )

    def test_every_link_is_looked_at(self):
        """No stored many2one or many2many to a user is forgotten: independent of
        the code, from the database's own tables."""
        audits = self.env["continuity.user.audit"]
        links = {(x.model, x.field) for x in audits._get_links()}
        self.env.cr.execute(
            """SELECT f.model, f.name
                 FROM ir_model_fields f
                WHERE f.relation = 'res.users' AND f.ttype = 'many2one' AND f.store
                  AND f.related IS NULL AND NOT f.readonly
                  AND f.name NOT IN ('create_uid', 'write_uid')
                  AND f.model ~ '^(crm|sale|account|calendar|mail|continuity|utm)[.]'"""
        )
        for model, name in self.env.cr.fetchall():
            if self.env[model]._transient or not self.env[model]._auto:
                continue
            if model in ("calendar.filters", "mail.presence") or (
                self.env[model]._abstract
            ):
                continue
            with self.subTest(model=model, field=name):
                self.assertIn((model, name), links)

    def test_one_statement_for_all(self):
        self._audit()
        audit = self._audit()
        self.env.flush_all()
        with self.assertQueryCount(4):
            # Tables, plans, everything at once, and the followers.
            audit._find_lines()
        self.assertGreater(len(audit._get_links()), 40)

    def test_looking_again(self):
        audit = self._audit()
        self.customer_2.user_id = self.successor
        audit.action_audit()
        self.assertEqual(self._found(audit, "res.partner", "user_id"), {"decision": 2})

    def test_former_colleague(self):
        self._archive_user(self.leaver)
        self._schedule(self.customer_1, self.leaver)
        audit = self._audit()
        self.assertEqual(
            self._found(audit, "mail.activity", "user_id"), {"decision": 1}
        )

    def test_hand_over(self):
        action = self._audit().action_hand_over()
        self.assertEqual(action["res_model"], "continuity.handover.wizard")
        self.assertEqual(
            action["context"]["default_leaver_ids"], [Command.set(self.leaver.ids)]
        )


@tagged("post_install", "-at_install")
class TestUserAuditAccess(AuditCommon):
    def test_who_may_look(self):
        for user in (self.leaver, self.approver, self.user_manager, self.user_settings):
            with self.subTest(user=user.login):
                self.assertTrue(self._audit(user).line_ids)

    def test_who_may_not(self):
        for user in (
            self.colleague,
            self.successor,
            self.user_all,
            self.user_company_b,
            self.user_rights,
            self.user_portal,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._audit(user, companies=user.company_ids)

    def test_over_rpc(self):
        audit = self._audit(self.colleague, leaver=self.colleague)
        self._rpc(self.colleague, audit, "write", {"user_id": self.leaver.id})
        with self.assertRaises(AccessError):
            self._rpc(self.colleague, audit, "action_audit")
        line = audit.line_ids[:1]
        for method in ("action_open", "action_reassign"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._rpc(self.colleague, line, method)
        with self.assertRaises(AccessError):
            self._rpc(
                self.colleague,
                self.env["continuity.user.audit.line"],
                "create",
                {
                    "audit_id": audit.id,
                    "model": "res.users",
                    "field": "password",
                    "kind": "one",
                    "verdict": "decision",
                },
            )
        with self.assertRaises(AccessError):
            self._rpc(self.colleague, line, "write", {"model": "ir.cron"})

    def test_followed_plans_are_not_counted(self):
        """Whoever follows a confidential resignation is not given away."""
        plan = self._create_plan()
        partner = self.leaver.partner_id
        plan.message_follower_ids.unlink()
        values = {"res_model": plan._name, "res_id": plan.id, "partner_id": partner.id}
        self.env["mail.followers"].create(values)
        models = self._audit(self.user_settings).line_ids.filtered(
            lambda line: line.kind == "follower"
        )
        self.assertNotIn(plan._name, models.mapped("model"))

    def test_nobody_of_another_company(self):
        """Managers see no counts of companies they do not work in."""
        self.assertNotIn(self.company_b, self.user_settings.company_ids)
        with self.assertRaises(AccessError):
            self._audit(self.user_settings, leaver=self.user_company_b)

    def test_audits_are_ones_own(self):
        audit = self._audit()
        for records in (audit, audit.line_ids):
            with self.assertRaises(AccessError):
                self._rpc(self.approver, records, "read", ["display_name"])

    def test_opened_with_own_rights(self):
        self._lead()
        line = self._line(self._audit(self.user_settings), "crm.lead", "user_id")
        self.assertEqual(line.count, 1)
        with self.assertRaisesRegex(UserError, "You may read none of these"):
            line.action_open()


@tagged("post_install", "-at_install")
class TestReassign(AuditCommon):
    """The few records no plan moves are given to a colleague, quietly and logged."""

    def _log(self):
        return self.env["continuity.reassignment"].search([], limit=1)

    def test_deal_only_changes_its_person(self):
        lead = self._lead()
        self.env.flush_all()
        lead.team_id = self.team
        before = lead.read(["team_id", "stage_id", "probability", "date_open"])[0]
        messages = lead.message_ids
        mails = self.env["mail.mail"].search_count([])
        line = self._line(self._audit(), "crm.lead", "user_id")
        self._give(line)
        self.assertEqual(lead.user_id, self.successor)
        self.assertEqual(lead.read(list(before))[0], before)
        self.assertEqual(lead.message_ids, messages)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        log = self._log()
        self.assertEqual(log.res_ids, lead.ids)
        self.assertEqual(log.user_id, self.leaver)
        self.assertEqual(log.successor_id, self.successor)
        self.assertEqual(log.create_uid, self.user_manager)
        self.assertEqual((log.model, log.field, log.count), ("crm.lead", "user_id", 1))
        self.assertEqual(log.reason, "Takes it on")

    def test_customer(self):
        self._refresh()
        self._give(self._line(self._audit(), "res.partner", "user_id"))
        self.assertEqual(self.customer_1.user_id, self.successor)
        self.assertEqual(self._relationship(self.customer_1).owner_id, self.successor)

    def test_team_leader(self):
        self._schedule(self.customer_1, self.leaver)
        audit = self._audit(self.approver)
        self._give(self._line(audit, "mail.activity", "user_id"), user=self.approver)
        self.assertEqual(self.customer_1.activity_ids.user_id, self.successor)

    def test_attendee(self):
        meeting = self._meeting(
            "2027-04-01 09:00:00",
            self.user_manager,
            self.user_manager.partner_id,
            self.leaver.partner_id,
        )
        self._give(self._line(self._audit(), "calendar.event", "partner_ids"))
        self.assertEqual(
            meeting.partner_ids,
            self.user_manager.partner_id | self.successor.partner_id,
        )

    def test_follower(self):
        self.customer_3.message_subscribe([self.leaver.partner_id.id])
        audit = self._audit()
        line = audit.line_ids.filtered(
            lambda x: x.kind == "follower" and x.model == "res.partner"
        )
        self._give(line)
        followers = self.customer_3.message_partner_ids
        self.assertIn(self.successor.partner_id, followers)
        self.assertNotIn(self.leaver.partner_id, followers)

    def test_many(self):
        digest = self.env["digest.digest"].create(
            {"name": "Weekly", "company_id": self.company_a.id}
        )
        digest.user_ids = self.leaver
        user = self.user_both
        line = self._line(self._audit(user), "digest.digest", "user_ids")
        self._give(line, user=user)
        self.assertEqual(digest.user_ids, self.successor)

    def test_what_may_not_be_written_is_refused(self):
        self.env["crm.team"].search([("user_id", "=", self.leaver.id)]).user_id = False
        self.other_team.user_id = self.leaver
        line = self._line(self._audit(self.approver), "crm.team", "user_id")
        with self.assertRaises(AccessError):
            self._give(line, user=self.approver)
        self.assertEqual(self.other_team.user_id, self.leaver)
        self.assertFalse(self._log())

    def test_history_and_plans_are_not_given_away(self):
        won = self._lead()
        won.action_set_won()
        audit = self._audit()
        line = self._line(audit, "crm.lead", "user_id", "left")
        self.assertFalse(line.may_reassign)
        with self.assertRaises(UserError):
            self._give(line)
        self.assertEqual(won.user_id, self.leaver)

    def test_successor_has_to_be_able(self):
        self._lead()
        line = self._line(self._audit(), "crm.lead", "user_id")
        self.colleague.active = False
        for successor in (
            self.leaver,
            self.user_company_b,
            self.user_portal,
            self.colleague,
        ):
            with self.subTest(user=successor.login), self.assertRaises(UserError):
                self._give(line, successor)

    def test_too_many(self):
        self.patch(continuity_user_reassign, "MAX_REASSIGNED", 2)
        with self.assertRaisesRegex(UserError, "3 records; up to 2"):
            self._give(self._line(self._audit(), "res.partner", "user_id"))

    def test_more_than_a_few_customers_need_a_plan(self):
        for number in range(9):
            self._create_customer(f"Many {number}", self.leaver)
        with self.assertRaisesRegex(UserError, "up to 10"):
            self._give(self._line(self._audit(), "res.partner", "user_id"))
        self.assertEqual(self.customer_1.user_id, self.leaver)

    def test_customers_of_another_company_stay(self):
        self.env["continuity.relationship"]._ensure(self.company_b, self.customer_1)
        self.assertEqual(self.customer_2.user_id, self.leaver)
        line = self._line(self._audit(self.user_both), "res.partner", "user_id")
        self.assertNotIn(self.company_b, self.user_both.company_ids)
        self._give(line, user=self.user_both)
        self.assertEqual(self.customer_1.user_id, self.leaver)
        self.assertEqual(self.customer_2.user_id, self.successor)
        self._give(self._line(self._audit(), "res.partner", "user_id"))
        self.assertEqual(self.customer_1.user_id, self.successor)

    def test_other_companys_records_stay(self):
        lead = self._lead()
        there = self._lead(company_id=self.company_b.id, user_id=self.user_manager.id)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET user_id = %s WHERE id = %s",
            (self.leaver.id, there.id),
        )
        self.env.invalidate_all()
        line = self._line(self._audit(), "crm.lead", "user_id")
        self.assertEqual((line.count, line.elsewhere_count), (2, 1))
        self._give(line)
        self.assertEqual(lead.user_id, self.successor)
        self.assertEqual(there.user_id, self.leaver)

    def test_leaver_gives_nothing_away(self):
        self._lead()
        line = self._line(self._audit(self.leaver), "crm.lead", "user_id")
        with self.assertRaises(AccessError):
            self._give(line, user=self.leaver)

    def test_log_is_for_managers_and_not_written(self):
        self._lead()
        self._give(self._line(self._audit(), "crm.lead", "user_id"))
        log = self._log()
        for user in (self.leaver, self.successor, self.approver, self.user_portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, log, "read", ["what"])
        with self.assertRaises(AccessError):
            self._rpc(self.user_manager, log, "write", {"reason": "Other"})
        self.assertTrue(self._rpc(self.user_manager, log, "read", ["what"]))
