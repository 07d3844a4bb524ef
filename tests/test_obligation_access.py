from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_obligation import ObligationCommon


@tagged("post_install", "-at_install")
class TestObligationAccess(ObligationCommon):
    """Who arranges, settles and decides what is owed; what nobody may write."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._order(cls.customer_1, (4, 1, 50))
        cls.campaign._refresh_obligations()
        cls.found = cls.campaign.obligation_ids.filtered(
            lambda row: row.kind == "undelivered"
        )
        cls.typed = cls._typed(cls.line_1)

    @classmethod
    def _typed(cls, line, **values):
        return cls.env["continuity.obligation"].create(
            {
                "customer_id": line.id,
                "kind": "warranty",
                "description": "Two years on the pump",
                **values,
            }
        )

    # === Seeing === #

    def _seen_by(self, user):
        return (
            self.env["continuity.obligation"]
            .with_user(user)
            .with_context(allowed_company_ids=user.company_ids.ids)
            .search([("dissolution_id", "=", self.campaign.id)])
        )

    def test_a_draft_is_seen_by_those_it_names(self):
        for user in (self.author, self.member, self.approver):
            self.assertIn(self.found, self._seen_by(user), user.name)
        for user in (self.speaker, self.stranger, self.user_company_b):
            self.assertFalse(self._seen_by(user), user.name)

    def test_an_approved_one_by_who_speaks_to_the_customer(self):
        self._start()
        self.assertIn(self.found, self._seen_by(self.speaker))
        for user in (self.user_sales_b, self.stranger, self.user_company_b):
            self.assertFalse(self._seen_by(user), user.name)

    def test_the_other_company_sees_nothing(self):
        self._start()
        manager_b = self._create_user(
            "manager_b", "sales_team.group_sale_manager", companies=self.company_b
        )
        self.assertFalse(self._seen_by(manager_b))
        with self.assertRaises(AccessError):
            self.found.with_user(manager_b).read(["amount"])

    # === Writing === #

    def test_what_comes_from_the_books_is_not_written(self):
        for vals in (
            {"amount": 1},
            {"quantity": 0},
            {"description": "Nothing"},
            {"kind": "other"},
            {"currency_id": self.yen.id},
        ):
            with self.assertRaises(UserError):
                self._rpc(self.author, self.found, "write", vals)
        for vals in (
            {"state": "settled"},
            {"origin_id": 0},
            {"decided_by_id": self.approver.id},
            {"settled_by_document": True},
            {"dissolution_id": False},
            {"partner_id": self.customer_2.id},
        ):
            for row in (self.found, self.typed):
                with self.assertRaises(AccessError):
                    self._rpc(self.author, row, "write", vals)

    def test_what_people_arrange_is(self):
        vals = {"resolution": "transfer", "deadline": "2027-05-01", "note": "Soon"}
        self._rpc(self.member, self.found, "write", vals)
        self.assertEqual(self.found.resolution, "transfer")

    def test_strangers_arrange_nothing(self):
        self._start()
        for user in (self.stranger, self.user_sales_b, self.user_company_b):
            with self.assertRaises(AccessError):
                self._rpc(user, self.found, "write", {"note": "Mine"})
            with self.assertRaises(AccessError):
                self._rpc(user, self.found, "action_settle")
            with self.assertRaises(AccessError):
                self._rpc(user, self.found, "_decide", "No reason")

    def test_nobody_makes_themselves_responsible(self):
        self._start()
        values = {
            "customer_id": self.line_1.id,
            "kind": "other",
            "description": "Mine",
            "user_id": self.stranger.id,
        }
        with self.assertRaises(AccessError):
            self._rpc(
                self.stranger, self.env["continuity.obligation"], "create", [values]
            )

    def test_the_responsible_person_works_on_it(self):
        self._start()
        self.typed.user_id = self.user_sales_b
        self._rpc(self.user_sales_b, self.typed, "write", {"note": "Tomorrow"})
        self._rpc(self.user_sales_b, self.typed, "action_settle")
        self.assertEqual(self.typed.state, "settled")
        self.assertEqual(self.typed.settled_by_id, self.user_sales_b)

    def test_kinds_of_the_books_are_not_typed(self):
        values = {
            "customer_id": self.line_1.id,
            "kind": "prepayment",
            "description": "Believe me",
        }
        with self.assertRaises(UserError):
            self._rpc(
                self.author, self.env["continuity.obligation"], "create", [values]
            )
        with self.assertRaises(UserError):
            self._rpc(self.author, self.typed, "write", {"kind": "credit"})

    def test_an_obligation_stays_with_its_customer(self):
        with self.assertRaises(UserError):
            self._rpc(self.author, self.typed, "write", {"customer_id": self.line_2.id})

    def test_evidence_is_not_deleted(self):
        with self.assertRaises(UserError):
            self._rpc(self.author, self.found, "unlink")
        self._rpc(self.member, self.typed, "action_settle")
        with self.assertRaises(UserError):
            self._rpc(self.author, self.typed, "unlink")
        other = self._typed(self.line_2)
        self._rpc(self.author, other, "unlink")
        self.assertFalse(other.exists())

    def test_a_closed_campaign_is_frozen(self):
        self.campaign.sudo().state = "done"
        with self.assertRaises(UserError):
            self._rpc(self.author, self.typed, "write", {"note": "Later"})
        with self.assertRaises(UserError):
            self._rpc(self.author, self.typed, "action_settle")

    def test_the_form(self):
        form = Form(
            self.env["continuity.obligation"]
            .with_user(self.member)
            .with_context(default_customer_id=self.line_2.id)
        )
        form.kind = "export_help"
        form.description = "Moving the project data"
        self.assertEqual(form.resolution, "export")
        row = form.save()
        self.assertEqual(row.partner_id, self.customer_2)
        self.assertEqual(row.dissolution_id, self.campaign)

    # === Ending === #

    def test_the_books_keep_what_they_show(self):
        with self.assertRaisesRegex(UserError, self.order.name):
            self.found.with_user(self.member).action_settle()

    def test_an_export_ends_with_the_customers_acceptance(self):
        row = self._typed(self.line_1, kind="export_help").with_user(self.member)
        with self.assertRaisesRegex(UserError, "accepted"):
            row.action_settle()
        row.write({"accepted_on": "2027-03-01", "accepted_by": "Ms Wang"})
        row.action_settle()
        self.assertEqual(row.state, "settled")

    def test_a_decision_names_who_and_why(self):
        action = self.found.with_user(self.author).action_decide()
        wizard = Form(
            self.env["continuity.reason.wizard"]
            .with_user(self.author)
            .with_context(**action["context"])
        )
        wizard.reason = "The successor delivers the rest; they agreed in writing."
        wizard.save().action_apply()
        self.assertEqual(self.found.state, "decided")
        self.assertEqual(self.found.decided_by_id, self.author)
        self.assertIn("in writing", self.found.decision)
        self.found.with_user(self.author).action_reopen()
        self.assertEqual((self.found.state, self.found.decision), ("open", False))

    def test_a_decision_needs_a_reason_and_an_end(self):
        row = self.found.with_user(self.author)
        with self.assertRaises(UserError):
            row._decide("  ")
        row.resolution = False
        with self.assertRaisesRegex(UserError, "how it ends"):
            row._decide("Because")

    def test_only_authors_decide(self):
        self._start()
        with self.assertRaises(AccessError):
            self.found.with_user(self.speaker)._decide("I would rather not")

    def test_what_the_books_settled_is_not_reopened(self):
        self.order.order_line.qty_delivered = 4
        self.campaign._refresh_obligations()
        with self.assertRaises(AccessError):
            self.found.with_user(self.author).action_reopen()

    def test_the_document_opens(self):
        action = self.found.action_open_document()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("sale.order", self.order.id)
        )
        self._receive(self.customer_1, 10)
        self.campaign._refresh_obligations()
        row = self.campaign.obligation_ids.filtered(lambda r: r.kind == "prepayment")
        self.assertEqual(row.action_open_document()["res_model"], "account.move")
        self.assertFalse(self.typed.action_open_document())

    def test_late_ones_are_found(self):
        self.typed.deadline = "2027-02-28"
        late = self.env["continuity.obligation"].search(
            [("is_late", "=", True), ("dissolution_id", "=", self.campaign.id)]
        )
        self.assertEqual(late, self.typed)
        rest = self.env["continuity.obligation"].search(
            [("is_late", "=", False), ("dissolution_id", "=", self.campaign.id)]
        )
        self.assertEqual(rest, self.campaign.obligation_ids - self.typed)
