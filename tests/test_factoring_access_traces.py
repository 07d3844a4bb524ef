"""What tells of factoring without being it: invoices, followers, numbers, files,
errors, to-do lists."""

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_factoring_access import SECRET_REASON, FactoringAccessCommon

NAMED = {"fields": {"display_name": {}}}


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringAccessTraces(FactoringAccessCommon):
    # === Invoices === #

    def test_badge_and_filters_of_invoices(self):
        moves = self.invoice_1 | self.invoice_3
        fields = ["continuity_assignment_state", "continuity_assignment_text"]
        rows = (
            # who, what they find assigned
            (self.user_manager, self.invoice_1 | self.invoice_3),
            (self.accountant, self.invoice_1),
            (self.chief, self.invoice_1),
            (self.billing, self.env["account.move"]),
            (self.bookkeeper, self.env["account.move"]),
        )
        self.chief.group_ids |= self.env.ref("account.group_account_invoice")
        for user, assigned in rows:
            with self.subTest(user=user.name):
                for move in self._rpc(user, moves, "read", fields):
                    self.assertEqual(
                        bool(move["continuity_assignment_state"]),
                        move["id"] in assigned.ids,
                    )
                    if move["id"] not in assigned.ids:
                        self.assertTellsNothing(move)
                for states, found in (
                    (["active", "disputed"], assigned),
                    (["disputed"], moves.browse()),
                    ([False], moves - assigned),
                ):
                    domain = [
                        ("id", "in", moves.ids),
                        ("continuity_assignment_state", "in", states),
                    ]
                    ids = self._rpc(user, moves.browse(), "search", domain)
                    self.assertEqual(sorted(ids), sorted(found.ids))
                domain = [
                    ("id", "in", moves.ids),
                    ("continuity_turnover_count", ">", 0),
                ]
                ids = self._rpc(user, moves.browse(), "search", domain)
                self.assertEqual(sorted(ids), sorted(assigned.ids))
                counts = self._rpc(user, moves, "read", ["continuity_turnover_count"])
                self.assertEqual(
                    {row["id"] for row in counts if row["continuity_turnover_count"]},
                    set(assigned.ids),
                )

    def test_customers_ask_for_no_such_field(self):
        moves = self.invoice_1
        names = [
            name
            for name in moves._fields
            if name.startswith("continuity_") and "message" not in name
        ]
        self.assertIn("continuity_assignment_state", names)
        known = self._rpc(self.user_portal, moves.browse(), "fields_get")
        # Where an invoice is to be paid stands on it; of the rest they know nothing.
        told = {
            "continuity_direction_id",
            "continuity_payment_note",
            "continuity_pdf_renewed",
        }
        self.assertLessEqual({*names} & {*known}, told)
        names = sorted({*names} - told)
        for name in names:
            # Odoo checks no groups of a field that has a search method.
            domain = [("id", "in", moves.ids), (name, "!=", False)]
            with self.subTest(name=name):
                try:
                    found = self._rpc(
                        self.user_portal, moves.browse(), "search", domain
                    )
                except (AccessError, UserError, NotImplementedError):
                    continue
                self.assertFalse(found)

    def test_reasons_of_contract_reviews(self):
        """Why something is not assigned comes from reviews salespeople do not read."""
        self._review(self.customer_1, result="excluded", reason="They would leave us.")
        late = self._bill(self.customer_1, 50, "2026-06-25", "2026-07-25")
        self.assertFalse(self._assignments(late))
        context = {"continuity_factoring_id": self.open.id}
        for user, told in (
            (self.user_sales_a, False),
            (self.user_sales_b, False),
            (self.chief, True),
            (self.accountant, True),
        ):
            user.group_ids |= self.env.ref("account.group_account_invoice")
            shown = self._rpc(
                user,
                late,
                "read",
                ["continuity_not_assigned_reason"],
                context=context,
            )
            with self.subTest(user=user.name):
                self.assertEqual("They would leave us." in str(shown), told)
        context = {"continuity_factoring_id": self.secret.id}
        shown = self._rpc(
            self.accountant,
            self.invoice_3,
            "read",
            ["continuity_not_assigned_reason"],
            context=context,
        )
        self.assertFalse(shown[0]["continuity_not_assigned_reason"])

    def test_what_is_refused_on_a_sold_invoice_names_nobody(self):
        for method in ("button_draft", "button_cancel"):
            with self.subTest(method=method), self.assertRaises(UserError) as caught:
                self._rpc(self.accountant, self.invoice_3, method)
            self.assertTellsNothing(caught.exception)
            self.assertNotIn("assigned", str(caught.exception))
            with self.assertRaises(UserError) as caught:
                self._rpc(self.user_manager, self.invoice_3, method)
            self.assertIn(self.secret_factor.name, str(caught.exception))

    def test_button_on_invoices(self):
        for user in self.accountant | self.chief:
            with self.assertRaises(UserError) as caught:
                self._rpc(user, self.invoice_3, "action_continuity_assign")
            self.assertTellsNothing(caught.exception)

    def test_journal_of_the_factor(self):
        """Salespeople read journals."""
        self.clearing.sudo().continuity_factor_id = self.secret_factor
        for user in self.user_sales_b | self.user_portal:
            self.assertNotIn(
                "continuity_factor_id",
                self._rpc(user, self.clearing.browse(), "fields_get"),
            )
            domain = [("continuity_factor_id", "!=", False)]
            with self.assertRaises(AccessError):
                self._rpc(user, self.clearing.browse(), "search_count", domain)

    def test_no_way_round_through_what_everybody_reads(self):
        reachable = []
        for name in ("res.partner", "res.users", "res.company", "sale.order"):
            for field in self.env[name]._fields.values():
                if (field.comodel_name or "").startswith("continuity.factor"):
                    reachable.append(str(field))
        for name in ("account.move", "account.move.line", "account.journal"):
            for field in self.env[name]._fields.values():
                if (field.comodel_name or "").startswith("continuity.factor"):
                    if not field.groups:
                        reachable.append(str(field))
        self.assertFalse(reachable)

    def test_no_way_round_through_where_an_invoice_is_paid(self):
        paths = ("factoring_id.internal_reason_kept", "bank_account_id.acc_number")
        for user in (self.user_portal, self.user_sales_a, self.billing):
            for path in paths:
                domain = [(f"continuity_direction_id.{path}", "!=", False)]
                with self.subTest(user=user.name, path=path):
                    try:
                        found = self._rpc(
                            user, self.env["account.move"], "search", domain
                        )
                    except AccessError:
                        continue
                    self.assertNotIn(self.invoice_1.id, found)

    # === That there is one === #

    def test_numbers_tell_of_no_agreement(self):
        sequences = self.env["ir.sequence"]
        for user in self._colleagues():
            found = self._rpc(
                user,
                sequences,
                "search_read",
                [("code", "=", "continuity.factoring")],
                ["number_next_actual"],
            )
            self.assertFalse(found)
            self.assertFalse(
                self._rpc(user, sequences, "next_by_code", "continuity.factoring")
            )

    def test_followers_messages_and_activities_tell_of_no_agreement(self):
        secret = self.secret.with_user(self.user_manager)
        secret.message_subscribe(self.accountant.partner_id.ids)
        secret.message_post(body="x", partner_ids=self.user_manager.partner_id.ids)
        secret.sudo()._remind(self.user_manager, lambda env: "Secret to-do")
        attachment = self.env["ir.attachment"].create(
            {
                "name": "contract.txt",
                "raw": SECRET_REASON.encode(),
                "res_model": secret._name,
                "res_id": secret.id,
            }
        )
        for model, domain in (
            ("mail.followers", [("res_model", "=", secret._name)]),
            ("mail.message", [("model", "=", secret._name)]),
            ("mail.activity", [("res_model", "=", secret._name)]),
            ("mail.notification", [("mail_message_id.model", "=", secret._name)]),
            ("ir.attachment", [("res_model", "=", secret._name)]),
        ):
            key = "mail_message_id.res_id" if "notif" in model else "res_id"
            for user in self.outsiders:
                with self.subTest(model=model, user=user.name):
                    try:
                        count = self._rpc(
                            user,
                            self.env[model],
                            "search_count",
                            [*domain, (key, "=", secret.id)],
                        )
                    except AccessError:
                        count = 0
                    self.assertFalse(count)
        for user in self.outsiders:
            for method, args in (
                ("read", (["raw", "name"],)),
                ("generate_access_token", ()),
                ("copy", ({"res_model": False, "res_id": 0},)),
                ("write", ({"public": True},)),
            ):
                with self.assertRaises(AccessError, msg=f"{user.name} {method}"):
                    self._rpc(user, attachment, method, *args)

    def test_who_speaks_to_one_customer_is_not_told_of_the_others(self):
        self.open.message_post(body="Customer 2 asked why.", message_type="comment")
        messages = self.env["mail.message"]
        domain = [("model", "=", self.open._name), ("res_id", "=", self.open.id)]
        for user, told in (
            (self.user_sales_a, False),
            (self.chief, True),
            (self.accountant, True),
            (self.user_manager, True),
        ):
            with self.subTest(user=user.name):
                self._rpc(user, self.open, "read", ["name"])
                count = self._rpc(user, messages, "search_count", domain)
                self.assertEqual(bool(count), told)
                shown = self._rpc(
                    user,
                    self.open,
                    "web_read",
                    {"name": {}, "debtor_ids": {"fields": {"partner_id": NAMED}}},
                )
                self.assertIn(self.customer_1.name, str(shown))
                self.assertEqual(self.customer_2.name in str(shown), told)
                [shown] = self._rpc(user, self.open, "read", ["internal_reason"])
                self.assertEqual(shown["internal_reason"], told and "Growth.")

    def test_files_and_to_dos_of_an_agreement_name_all_its_customers(self):
        listing = self.env["continuity.factoring.list"].with_user(self.accountant)
        listing.create({"factoring_id": self.open.id}).action_csv()
        self.open.sudo()._remind(
            self.user_manager, lambda env: f"It reached nobody: {self.customer_2.name}"
        )
        own = [("res_model", "=", self.open._name), ("res_id", "=", self.open.id)]
        file = self.env["ir.attachment"].search(own)
        self.assertIn(self.customer_2.name, file.raw.decode())
        activity = self.env["mail.activity"].search(own)
        for user, told in (
            (self.user_sales_a, False),
            (self.accountant, True),
            (self.chief, True),
        ):
            for records, field in ((file, "name"), (activity, "summary")):
                with self.subTest(user=user.name, model=records._name):
                    for domain in (own, [("id", "in", records.ids)]):
                        found = self._rpc(
                            user, records.browse(), "search_read", domain, [field]
                        )
                        self.assertEqual(
                            [row["id"] for row in found], told and records.ids or []
                        )
                    if not told:
                        with self.assertRaises(AccessError):
                            self._rpc(user, records, "read", [field])

    def test_what_keeps_an_agreement_from_starting_names_all_its_customers(self):
        self.open.sudo().state = "approved"
        self._review(self.customer_2, result="excluded", reason="They would leave us.")
        for user, told in ((self.user_sales_a, False), (self.accountant, True)):
            [shown] = self._rpc(user, self.open, "read", ["next_step"])
            with self.subTest(user=user.name):
                self.assertEqual("They would leave us." in str(shown), told)
                self.assertEqual(self.customer_2.name in str(shown), told)

    def test_why_a_customer_is_not_told(self):
        """Who speaks to them learns that it is the contract, not what it says."""
        self.debtor_1.sudo().write({"state": "planned", "noticed_on": False})
        self._review(self.customer_1, result="excluded", reason="They would leave us.")
        self._tell_inside(self.open)
        self.debtor_1.sudo()._plan_touchpoints()
        self.assertTrue(self.debtor_1.plan_error)
        for user, told in (
            (self.user_sales_a, False),
            (self.accountant, True),
            (self.user_manager, True),
        ):
            [shown] = self._rpc(
                user, self.debtor_1, "read", ["waits_for", "plan_error"]
            )
            with self.subTest(user=user.name):
                self.assertIn("contract", str(shown))
                self.assertEqual("They would leave us." in str(shown), told)

    def test_lists_of_what_there_is_to_do(self):
        """Today, the activities at the top of the screen, the morning mail."""
        secret = self.secret.sudo()
        secret._remind(self.user_manager, lambda env: "Secret to-do")
        secret.debtor_ids._plan_touchpoints()
        touchpoints = self.env["continuity.touchpoint"]
        domain = [
            ("origin_model", "=", "continuity.factoring.debtor"),
            ("origin_id", "in", secret.debtor_ids.ids),
        ]
        self.assertFalse(touchpoints.search_count(domain))
        for user in self.user_sales_b | self.chief | self.accountant:
            with self.subTest(user=user.name):
                groups = user.with_user(user)._get_activity_groups()
                self.assertNotIn("continuity.factoring", str(groups))
                mails = self.env["mail.mail"].search([])
                user.sudo()._continuity_send_morning_mail()
                for mail in self.env["mail.mail"].search([]) - mails:
                    self.assertTellsNothing(f"{mail.subject} {mail.body_html}")
                    self.assertNotIn("actoring", mail.body_html)
        manager = self.user_manager
        groups = manager.with_user(manager)._get_activity_groups()
        self.assertIn("continuity.factoring", str(groups))

    def test_deleting_what_an_agreement_is_about_tells_nothing(self):
        right = self.env.ref("base.group_partner_manager")
        (self.chief | self.accountant).group_ids |= right
        account = self._create_account(self.customer_3, "DE02 1203 0000 0000 9999")
        account.unlink()
        for record in (self.customer_3, self.secret_factor, self.invoice_3):
            for user in self.chief | self.accountant:
                with (
                    self.subTest(record=record, user=user.name),
                    mute_logger("odoo.sql_db"),
                ):
                    with self.assertRaises(Exception) as caught:
                        self._rpc(user, record, "unlink")
                    self.assertIsInstance(caught.exception, UserError)
                    self.assertNotIn("actoring", str(caught.exception))
                    self.assertNotIn("assign", str(caught.exception).lower())
