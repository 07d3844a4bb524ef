"""What the tests of access to handovers share."""

from odoo.exceptions import AccessError

from .common_handover import HandoverCommon

MODELS = (
    "continuity.handover",
    "continuity.handover.line",
    "continuity.handover.check",
    "continuity.handover.approval",
    "continuity.handover.move",
)


class AccessCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group_export = cls.env.ref("base.group_allow_export")
        cls.user_leader_manager = cls._create_user(
            "chief", "sales_team.group_sale_manager"
        )

    @classmethod
    def _records(cls, plan):
        """All records of a plan, by model."""
        return {
            "continuity.handover": plan,
            "continuity.handover.line": plan.line_ids,
            "continuity.handover.check": plan.line_ids.check_ids,
            "continuity.handover.approval": plan.approval_ids,
            "continuity.handover.move": plan.move_ids,
        }

    @classmethod
    def _log_a_move(cls, plan):
        cls.env["continuity.handover.move"].sudo().create(
            {
                "handover_id": plan.id,
                "line_id": plan.line_ids[0].id,
                "kind": "write",
                "model": "res.partner",
                "res_id": cls.customer_1.id,
                "field": "user_id",
                "old_value_id": cls.leaver.id,
                "new_value_id": cls.successor.id,
            }
        )

    def _let_export(self, user):
        # Each change of somebody's groups empties all caches.
        if self.group_export not in user.group_ids:
            user.group_ids += self.group_export

    def _reads(self, user, plan):
        """Assert that a user reads the whole of a plan, in every way."""
        self._let_export(user)
        for model, records in self._records(plan).items():
            with self.subTest(user=user.login, model=model):
                mine = self.env[model].with_user(user)
                domain = [("id", "in", records.ids)]
                self.assertEqual(mine.search(domain), records)
                self.assertEqual(mine.search_count(domain), len(records))
                [[count]] = mine._read_group(domain, aggregates=["__count"])
                self.assertEqual(count, len(records))
                own = records.with_user(user)
                self.assertEqual(len(own.read()), len(records))
                self.assertEqual(len(own.mapped("display_name")), len(records))
                if model.endswith(".line") and self._takes_no_list(user, plan):
                    with self.assertRaises(AccessError):
                        own.export_data(["id", "display_name"])
                    continue
                exported = own.export_data(["id", "display_name"])["datas"]
                self.assertEqual(len(exported), len(records))

    def _takes_no_list(self, user, plan):
        """Tell whether somebody leaves by this plan, and exports no customers."""
        plan = plan.sudo()
        leaves = plan.reason == "resignation" and user in plan.leaver_ids
        return leaves and plan.state in ("submitted", "approved", "running")

    def _is_blind(self, user, plan):
        """Assert that a user learns nothing of a plan in any way."""
        self._let_export(user)
        for model, records in self._records(plan).items():
            if not records:
                continue
            with self.subTest(user=user.login, model=model):
                self._is_blind_to(user, records)
        with self.subTest(user=user.login, model="mail"):
            self._has_no_mail_of(user, plan)

    def _is_blind_to(self, user, records):
        self.env.invalidate_all()
        model = self.env[records._name].with_user(user)
        domain = [("id", "in", records.ids)]
        self.assertFalse(model.search(domain))
        self.assertEqual(model.search_count(domain), 0)
        [[count]] = model._read_group(domain, aggregates=["__count"])
        self.assertEqual(count, 0)
        groups = model.web_read_group(domain, ["create_uid"], ["__count"])
        self.assertFalse(groups["length"])
        [total] = model.formatted_read_group(domain, [], ["__count"])
        self.assertEqual(total["__count"], 0)
        if model._rec_names_search or model._rec_name:
            self.assertFalse(model.name_search("", domain))
            for name in records.mapped("display_name"):
                found = {id_ for id_, _name in model.name_search(name, limit=None)}
                self.assertFalse(found.intersection(records.ids))
        own = records.with_user(user)
        for method, args in (
            ("read", (["id"],)),
            ("read", (["display_name"],)),
            ("web_read", ({"display_name": {}},)),
            ("export_data", (["display_name"],)),
            ("write", ({},)),
            ("write", ({"create_uid": user.id},)),
            ("unlink", ()),
            ("copy", ()),
        ):
            with self.assertRaises(AccessError, msg=(method, args)) as caught:
                self._rpc(user, own, method, *args)
            for name in records.mapped("display_name"):
                if name:
                    self.assertNotIn(name, str(caught.exception))
        for operation in ("read", "write", "unlink"):
            self.assertFalse(own.has_access(operation), operation)
        # Nor by asking another way: through what points there.
        for field in own._fields.values():
            if field.type == "one2many" and field.comodel_name in MODELS:
                with self.assertRaises(AccessError):
                    own.mapped(field.name)

    def _has_no_mail_of(self, user, plan):
        thread = [("model", "=", plan._name), ("res_id", "in", plan.ids)]
        documents = [("res_model", "=", plan._name), ("res_id", "in", plan.ids)]
        # Odoo lets every user read who follows what, so it must be nobody.
        if plan.confidential or plan.state == "draft":
            self.assertFalse(plan.sudo().message_follower_ids)
        for model, domain in (
            ("mail.message", thread),
            ("mail.activity", documents),
            ("ir.attachment", documents),
            ("mail.notification", [("mail_message_id", "in", plan.message_ids.ids)]),
        ):
            records = self.env[model].with_user(user)
            try:
                found = records.search_count(domain)
            except AccessError:
                continue
            self.assertFalse(found, model)
        partner = user.partner_id
        self.assertNotIn(partner, plan.message_partner_ids)
        messages = plan.sudo().message_ids
        self.assertNotIn(partner, messages.notified_partner_ids)
