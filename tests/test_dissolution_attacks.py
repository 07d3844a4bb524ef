from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_transfer import TransferCommon

NAMED = {"fields": {"display_name": {}}}


class AttackCommon(TransferCommon):
    """A campaign of company A that runs, and a secret one nobody but its author,
    approver and task force knows of."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secret = cls._create_campaign(
            kind="branch", member_ids=[Command.create({"user_id": cls.member.id})]
        )
        cls.secret_line = cls._add_customer(
            cls.customer_3,
            cls.tier_a,
            "paying",
            user=cls.user_sales_b,
            campaign=cls.secret,
        )
        cls.secret_transfer = cls.secret_line.sudo()._propose_transfer(cls.provider)
        cls.secret_transfer = cls.secret_transfer.with_env(cls.env)
        cls.chief = cls._create_user("chief", "sales_team.group_sale_manager")
        cls.outsiders = cls.stranger | cls.user_sales_b | cls.user_company_b | cls.chief

    def _onchange(self, user, model, values, *shown):
        self.env.invalidate_all()
        record = self.env[model]
        spec = {n: NAMED if record._fields[n].relational else {} for n in shown}
        return self._rpc(user, record.browse(), "onchange", [], values, [], spec)


@tagged("post_install", "-at_install")
class TestDissolutionAttacks(AttackCommon):
    """Somebody wants to see, or to take part in, what is none of their business."""

    def test_speaker_joins_the_task_force(self):
        """Who only speaks to some customers would see all of them as a member."""
        members = self.env["continuity.dissolution.member"]
        values = {"dissolution_id": self.campaign.id, "user_id": self.speaker.id}
        with self.assertRaises(AccessError):
            self._rpc(self.speaker, members, "create", [values])
        with self.assertRaises(AccessError):
            self._rpc(
                self.speaker,
                self.campaign.member_ids,
                "write",
                {"user_id": self.speaker.id},
            )
        with self.assertRaises(AccessError):
            self._rpc(self.speaker, self.campaign.member_ids, "unlink")
        self.assertNotIn(self.speaker, self.campaign.sudo().reader_ids)

    def test_author_changes_the_task_force(self):
        members = self.env["continuity.dissolution.member"]
        values = {
            "dissolution_id": self.campaign.id,
            "user_id": self.colleague.id,
            "role": "legal",
        }
        self._rpc(self.author, members, "create", [values])
        self.assertIn(self.colleague, self.campaign.sudo().reader_ids)

    def test_member_moved_to_another_campaign(self):
        own = self._create_campaign()
        member = own.member_ids
        member.sudo().dissolution_id.approval_ids.write({"user_id": self.approver.id})
        with self.assertRaises(AccessError):
            self._rpc(
                self.user_company_b, member, "write", {"dissolution_id": self.secret.id}
            )

    def test_dialogs_about_customers_one_may_not_see(self):
        """A dialog is made for any id, and shows the name behind it."""
        line, transfer = self.secret_line.id, self.secret_transfer.id
        dialogs = (
            (
                "continuity.dissolution.choice",
                {"customer_id": line, "choice": "finish", "choice_by": "x"},
                "customer_id",
            ),
            ("continuity.provider.choice", {"customer_id": line}, "customer_id"),
            (
                "continuity.consent.wizard",
                {"transfer_id": transfer, "answer": "given", "answered_by": "x"},
                "transfer_id",
            ),
            (
                "continuity.dissolution.introduce",
                {
                    "line_id": line,
                    "note": "x",
                    "provider_id": self.provider.id,
                    "channel_id": self.channel_visit.id,
                },
                "line_id",
            ),
            (
                "continuity.dissolution.milestone.done",
                {"milestone_id": self.secret.milestone_ids[:1].id},
                "milestone_id",
            ),
        )
        for model, values, link in dialogs:
            for user in self.outsiders:
                with (
                    self.subTest(model=model, user=user.login),
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(AccessError),
                ):
                    self._rpc(
                        user, self.env[model], "web_save", [], values, {link: NAMED}
                    )

    def test_dialogs_moved_to_another_customer(self):
        for model, values, link, other in (
            (
                "continuity.dissolution.choice",
                {"choice": "finish", "choice_by": "x"},
                ("customer_id", self.line_1.id),
                self.secret_line.id,
            ),
            (
                "continuity.consent.wizard",
                {"answer": "given", "answered_by": "x"},
                ("transfer_id", self.transfer.id),
                self.secret_transfer.id,
            ),
        ):
            name, own = link
            wizard = self.env[model].with_user(self.speaker)
            wizard = wizard.create({**values, name: own})
            with self.subTest(model=model), self.assertRaises(AccessError):
                self._rpc(self.speaker, wizard, "write", {name: other})

    def test_forms_asked_about_what_one_may_not_see(self):
        line, transfer = self.secret_line.id, self.secret_transfer.id
        campaign = self.secret.id
        event = self.env["continuity.dissolution.event"].create(
            {"dissolution_id": campaign}
        )
        forms = (
            ("continuity.dissolution.member", {"dissolution_id": campaign}),
            ("continuity.dissolution.approval", {"dissolution_id": campaign}),
            ("continuity.dissolution.milestone", {"dissolution_id": campaign}),
            ("continuity.dissolution.event", {"dissolution_id": campaign}),
            ("continuity.dissolution.guest", {"event_id": event.id}),
            ("continuity.dissolution.work", {"dissolution_id": campaign}),
            ("continuity.dissolution.work", {"line_id": line}),
            ("continuity.dissolution.hours", {"dissolution_id": campaign}),
            ("continuity.dissolution.introduction", {"line_id": line}),
            ("continuity.dissolution.choice", {"customer_id": line}),
            ("continuity.dissolution.introduce", {"line_id": line}),
            ("continuity.provider.choice", {"customer_id": line}),
            ("continuity.obligation", {"customer_id": line}),
            ("continuity.transfer", {"customer_id": line}),
            ("continuity.consent", {"transfer_id": transfer}),
            ("continuity.consent.wizard", {"transfer_id": transfer}),
            ("continuity.export.package", {"transfer_id": transfer}),
        )
        for model, values in forms:
            for user in self.outsiders:
                with self.subTest(model=model, **values, user=user.login):
                    try:
                        shown = self._onchange(user, model, values, *values)
                    except (AccessError, UserError) as error:
                        self.assertNotIn(self.customer_3.name, str(error))
                        self.assertNotIn(self.secret.name, str(error))
                        continue
                    self.assertNotIn(self.customer_3.name, str(shown))
                    self.assertNotIn(self.secret.name, str(shown))

    def test_names_of_key_customers(self):
        """Who speaks to one customer is not told which others have not heard of it."""
        milestone = self.campaign.milestone_ids.filtered("event_id.is_public")[:1]
        if not milestone:
            event = self.env["continuity.timetable.event"].search(
                [("is_public", "=", True)], limit=1
            )
            milestone = self.env["continuity.dissolution.milestone"].create(
                {"dissolution_id": self.campaign.id, "event_id": event.id}
            )
        speaker = self.user_sales_b
        self.assertEqual(self.line_3.user_id, speaker)
        try:
            wizard = self._rpc(
                speaker,
                self.env["continuity.dissolution.milestone.done"],
                "web_save",
                [],
                {"milestone_id": milestone.id},
                {"unreached_names": {}, "unreached_count": {}},
            )
        except AccessError:
            return
        self.assertFalse(wizard[0]["unreached_names"])
        self.assertFalse(wizard[0]["unreached_count"])

    def test_author_is_told_who_has_not_heard(self):
        event = self.env["continuity.timetable.event"].search(
            [("is_public", "=", True)], limit=1
        )
        milestone = self.env["continuity.dissolution.milestone"].search(
            [("dissolution_id", "=", self.campaign.id), ("event_id", "=", event.id)]
        ) or self.env["continuity.dissolution.milestone"].create(
            {"dissolution_id": self.campaign.id, "event_id": event.id}
        )
        for user in (self.author, self.approver, self.member):
            wizard = (
                self.env["continuity.dissolution.milestone.done"]
                .with_user(user)
                .create({"milestone_id": milestone.id})
            )
            self.assertIn(self.customer_1.name, wizard.unreached_names)

    def test_hours_of_all(self):
        self.env["continuity.dissolution.work"].create(
            {"dissolution_id": self.campaign.id, "minutes": 120, "kind": "legal"}
        )
        for user, hours in (
            (self.speaker, 0),
            (self.member, 2),
            (self.author, 2),
            (self.approver, 2),
        ):
            shown = self._rpc(user, self.campaign, "read", ["hours_total"])
            self.assertEqual(shown[0]["hours_total"], hours, user.login)

    # === THAT THERE IS ONE === #

    def test_numbers_tell_of_no_campaign(self):
        sequences = self.env["ir.sequence"]
        for user in self.outsiders:
            found = self._rpc(
                user,
                sequences,
                "search_read",
                [("code", "=", "continuity.dissolution")],
                ["number_next_actual"],
            )
            self.assertFalse(found)
            self.assertFalse(
                self._rpc(user, sequences, "next_by_code", "continuity.dissolution")
            )

    def test_followers_tell_of_no_campaign(self):
        event = (
            self.env["continuity.dissolution.event"]
            .with_user(self.author)
            .create({"dissolution_id": self.secret.id})
        )
        event.host_id = self.member
        event.message_subscribe(self.approver.partner_id.ids)
        event.message_post(body="x", partner_ids=self.member.partner_id.ids)
        transfer = self.secret_transfer.with_user(self.author)
        transfer.message_post(body="x", partner_ids=self.member.partner_id.ids)
        transfer.message_subscribe(self.approver.partner_id.ids)
        for record in (self.secret, event, transfer):
            for model, domain in (
                ("mail.followers", [("res_model", "=", record._name)]),
                ("mail.message", [("model", "=", record._name)]),
                ("mail.activity", [("res_model", "=", record._name)]),
                ("mail.notification", [("mail_message_id.model", "=", record._name)]),
                ("ir.attachment", [("res_model", "=", record._name)]),
            ):
                key = "mail_message_id.res_id" if "notif" in model else "res_id"
                with self.subTest(model=model, record=record._name):
                    domain = [*domain, (key, "=", record.id)]
                    for user in self.outsiders:
                        try:
                            count = self._rpc(
                                user, self.env[model], "search_count", domain
                            )
                        except AccessError:
                            count = 0
                        self.assertFalse(count, user.login)

    def test_deleting_the_customer_tells_nothing(self):
        partner = self._create_customer("Plain", self.stranger)
        campaign = self._create_campaign(kind="branch")
        self._add_customer(partner, self.tier_a, "paying", campaign=campaign)
        self.stranger.write(
            {"group_ids": [Command.link(self.env.ref("base.group_partner_manager").id)]}
        )
        with mute_logger("odoo.sql_db"), self.assertRaises(Exception) as caught:
            self._rpc(self.stranger, partner, "unlink")
        self.assertIsInstance(caught.exception, UserError)
        self.assertNotIn("issolution", str(caught.exception))

    def test_nothing_is_found(self):
        for model in (
            "continuity.dissolution",
            "continuity.dissolution.customer",
            "continuity.dissolution.member",
            "continuity.dissolution.approval",
            "continuity.dissolution.milestone",
            "continuity.dissolution.work",
            "continuity.dissolution.hours",
            "continuity.transfer",
            "continuity.consent",
            "continuity.obligation",
            "continuity.export.package",
        ):
            path = {
                "continuity.dissolution": "id",
                "continuity.consent": "transfer_id.dissolution_id",
            }.get(model, "dissolution_id")
            for user in self.outsiders:
                with self.subTest(model=model, user=user.login):
                    found = self._rpc(
                        user,
                        self.env[model],
                        "search_count",
                        [(path, "=", self.secret.id)],
                    )
                    self.assertFalse(found)

    def test_domains_tell_nothing(self):
        """What a salesperson may read leads to what they may not."""
        for model, path in (
            ("continuity.provider", "document_ids.partner_id.name"),
            ("res.partner", "message_ids.model"),
        ):
            self._rpc(
                self.stranger, self.env[model], "search_count", [(path, "=", "x")]
            )
        reachable = []
        for name in ("res.partner", "res.users", "res.company", "sale.order"):
            for field in self.env[name]._fields.values():
                if (field.comodel_name or "").startswith(
                    ("continuity.dissolution", "continuity.obl", "continuity.transfer")
                ):
                    reachable.append(str(field))
        self.assertFalse(reachable)

    # === FILES === #

    def test_letter_to_a_colleagues_customer(self):
        """A commitment letter names a customer whom somebody else speaks to."""
        attachments = self.env["ir.attachment"]
        found = self._rpc(
            self.stranger,
            attachments,
            "search_count",
            [
                ("res_model", "=", "continuity.provider.document"),
                ("res_field", "=", "file"),
                ("res_id", "=", self.commitment.id),
            ],
        )
        self.assertFalse(found)
        with self.assertRaises(AccessError):
            self._rpc(self.stranger, self.commitment, "read", ["partner_id", "file"])

    def test_package_is_for_who_is_named(self):
        package = self._export()
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", package._name),
                ("res_id", "=", package.id),
                ("res_field", "!=", False),
            ]
        )
        self.assertTrue(attachment)
        for user in self.outsiders | self.speaker | self.author | self.approver:
            with self.subTest(user=user.login):
                for method, args in (
                    ("read", (["raw", "datas"],)),
                    ("generate_access_token", ()),
                    ("copy", ({"res_field": False, "res_id": 0, "res_model": False},)),
                    ("write", ({"public": True},)),
                    ("write", ({"res_model": False, "res_field": False},)),
                ):
                    with self.assertRaises(AccessError, msg=method):
                        self._rpc(user, attachment, method, *args)
                found = self._rpc(
                    user,
                    attachment.browse(),
                    "search_count",
                    [("id", "=", attachment.id), ("res_field", "=", "content")],
                )
                self.assertFalse(found)
                try:
                    shown = self._rpc(user, package, "read", ["file"])
                except AccessError:
                    continue
                self.assertFalse(shown[0]["file"])

    def test_successors_before_a_campaign_is_known_of(self):
        for user in (self.stranger, self.user_company_b):
            with self.subTest(user=user.login):
                for records in (self.provider, self.provider.document_ids):
                    model = records.browse()
                    found = self._rpc(user, model, "search_count", [])
                    self.assertFalse(found)
                    with self.assertRaises(AccessError):
                        self._rpc(user, records, "read", ["display_name"])
        for user in (self.speaker, self.author, self.member):
            self._rpc(user, self.provider, "read", ["display_name", "taken_count"])

    # === GUARDED FIELDS === #

    def test_states_by_every_way_in(self):
        now = fields.Datetime.now()
        rows = (
            (self.campaign, {"state": "done"}),
            (self.campaign, {"reader_ids": [Command.link(self.author.id)]}),
            (self.campaign, {"confidential": False}),
            (
                self.campaign,
                {"customer_ids": [Command.update(self.line_1.id, {"state": "closed"})]},
            ),
            (self.line_1, {"choice": "terminate"}),
            (
                self.line_1,
                {"transfer_ids": [Command.update(self.transfer.id, {"state": "done"})]},
            ),
            (
                self.line_1,
                {
                    "obligation_ids": [
                        Command.create({"kind": "credit", "description": "x"})
                    ]
                },
            ),
            (self.transfer, {"state": "done"}),
            (
                self.transfer,
                {"consent_ids": [Command.create({"kind": "data", "answer": "given"})]},
            ),
            (self.commitment, {"confirmed_on": now}),
            (self.commitment, {"sha256": "x"}),
            (
                self.provider,
                {
                    "document_ids": [
                        Command.update(self.commitment.id, {"content": "text"})
                    ]
                },
            ),
        )
        for record, values in rows:
            with (
                self.subTest(record=record, **values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(UserError),
            ):
                self._rpc(self.author, record, "write", values)
