from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_handover_access import AccessCommon


@tagged("post_install", "-at_install")
class TestFormsTellNothing(AccessCommon):
    """Somebody asks what a form would show about records they may not read: nothing
    is saved, and no record rule is asked by Odoo."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._create_user("stranger", "sales_team.group_sale_salesman")
        cls.secret = cls._create_plan(reason="resignation", last_day="2027-03-31")
        cls.secret_line = cls.secret.line_ids[0]
        cls.secret_line.sudo().reaction_words = "They fear for their deliveries."
        cls.concern = cls.env["continuity.concern"].create(
            {
                "partner_id": cls.customer_1.id,
                "company_id": cls.company_a.id,
                "owner_id": cls.leaver.id,
                "kind": "complaint",
                "question": "Late",
            }
        )

    def _onchange(self, user, records, values, shown, context=None):
        self.env.invalidate_all()
        named = {"fields": {"display_name": {}}}
        spec = {n: named if records._fields[n].relational else {} for n in shown}
        return self._rpc(
            user,
            records.browse(),
            "onchange",
            records.ids,
            values,
            list(values),
            spec,
            context=context,
        )["value"]

    def _links(self):
        line = self.secret_line.id
        plan = self.secret.id
        return (
            ("continuity.handover.successor", "line_id", line, ("former_id", "words")),
            ("continuity.handover.reaction", "line_id", line, ("reaction",)),
            ("continuity.handover.return", "handover_id", plan, ("current_date",)),
            ("continuity.handover.undo.wizard", "handover_id", plan, ()),
            ("continuity.handover.line", "handover_id", plan, ("plan_state",)),
            ("continuity.handover.approval", "handover_id", plan, ()),
            ("continuity.concern.told", "concern_id", self.concern.id, ()),
            (
                "continuity.letter.preview",
                "handover_line_ids",
                [Command.set([line])],
                ("subject", "body"),
            ),
        )

    def test_links_of_ones_choice(self):
        for model, name, link, shown in self._links():
            for user in (self.stranger, self.user_company_b):
                with (
                    self.subTest(model=model, user=user.login),
                    self.assertRaises(AccessError) as caught,
                ):
                    self._onchange(user, self.env[model], {name: link}, (name, *shown))
                self.assertNotIn(self.customer_1.name, str(caught.exception))

    def test_links_by_default(self):
        for model, name, link, shown in self._links():
            with self.subTest(model=model), self.assertRaises(AccessError):
                self._onchange(
                    self.stranger,
                    self.env[model],
                    {},
                    (name, *shown),
                    context={f"default_{name}": link},
                )

    def test_links_inside_of_commands(self):
        own = self.env["continuity.handover"]
        with self.assertRaises(AccessError):
            self._onchange(
                self.stranger,
                own,
                {"line_ids": [[0, "virtual_1", {"handover_id": self.secret.id}]]},
                ("line_ids",),
            )
        with self.assertRaises(AccessError):
            self._onchange(
                self.stranger,
                self.env["continuity.handover.line"],
                {"handover_id": {"id": self.secret.id, "line_ids": []}},
                ("plan_state",),
            )

    def test_own_record_with_another_link(self):
        """Whoever takes part in one plan asks about the customer of another."""
        other = self._create_customer("Other", self.leaver)
        plan = self._running_plan(
            line_ids=[
                Command.create(self._line_values(other, successor_id=self.colleague.id))
            ]
        )
        check = plan.line_ids.check_ids[0]
        with self.assertRaises(AccessError):
            self._onchange(
                self.colleague,
                check,
                {"line_id": self.secret_line.id},
                ("partner_id", "mode", "visit_state"),
            )
        values = self._onchange(
            self.colleague,
            check,
            {"line_id": check.line_id.id, "prepared_text": "x"},
            ("partner_id", "prepared_text"),
        )
        self.assertNotIn("line_id", values)

    def test_dialogs_are_not_saved_either(self):
        for model, values in (
            (
                "continuity.handover.return",
                {"handover_id": self.secret.id, "reason": "x"},
            ),
            (
                "continuity.handover.undo.wizard",
                {"handover_id": self.secret.id, "reason": "x"},
            ),
            ("continuity.concern.told", {"concern_id": self.concern.id, "note": "x"}),
        ):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self._rpc(self.stranger, self.env[model], "web_save", [], values, {})

    def test_tier_of_another_company(self):
        """A manager of this company asks the dialog about customers of another."""
        customer = self._create_customer("Of B", self.user_company_b)
        customer.company_id = self.company_b
        relationship = self._set_tier(customer, self.tier_a, self.company_b)
        with self.assertRaises(AccessError):
            self._onchange(
                self.user_leader_manager,
                self.env["continuity.tier.lock"],
                {"relationship_ids": [Command.set(relationship.ids)]},
                ("tier_id",),
            )

    def test_who_takes_part_sees_the_dialogs(self):
        self._approve(self._submit(self.secret))
        values = self._onchange(
            self.approver,
            self.env["continuity.handover.successor"],
            {"line_id": self.secret_line.id},
            ("former_id", "words"),
        )
        self.assertEqual(values["former_id"]["id"], self.successor.id)
        self.assertTrue(values["words"])
