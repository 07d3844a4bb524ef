"""Cards and seasonal gifts: chosen, labelled, written and posted together."""

import io

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools.pdf import PdfReader, PdfWriter

from ..tools.label_sheet import POINTS, place_labels
from .common_handover import HandoverCommon


class CardCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel_card = cls.env.ref("customer_continuity.channel_card")
        for customer in cls.customer_1 | cls.customer_2:
            customer.write({"street": "Main Street 1", "city": "Ghent", "zip": "9000"})
        cls._refresh()

    def _batch(self, user=None, partners=None, **values):
        partners = self.customer_1 | self.customer_2 if partners is None else partners
        return (
            self.env["continuity.card.batch"]
            .with_user(user or self.leaver)
            .with_company(self.company_a)
            .create(
                {
                    "name": "Trading anniversary",
                    "company_id": self.company_a.id,
                    "line_ids": [
                        Command.create({"partner_id": partner.id})
                        for partner in partners
                    ],
                    **values,
                }
            )
        )


@tagged("post_install", "-at_install")
class TestCardBatch(CardCommon):
    def test_from_draft_to_posted(self):
        batch = self._batch()
        self.assertEqual(batch.line_count, 2)
        self.assertFalse(batch.line_ids.touchpoint_id, "nobody is owed a card yet")
        batch.action_ready()
        touchpoints = batch.line_ids.touchpoint_id
        self.assertEqual(len(touchpoints), 2)
        self.assertEqual(set(touchpoints.mapped("state")), {"owed"})
        self.assertEqual(touchpoints.channel_id, self.channel_card)
        self.assertEqual(touchpoints.user_id, self.leaver)
        batch.action_posted()
        self.assertEqual(batch.state, "posted")
        self.assertEqual(set(touchpoints.mapped("state")), {"done"})
        self.assertEqual(set(touchpoints.attempt_ids.mapped("outcome")), {"posted"})
        with self.assertRaises(UserError):
            batch.action_posted()
        with self.assertRaisesRegex(UserError, "stays as it is"):
            batch.name = "x"

    def test_problems_get_nothing_and_are_listed(self):
        self.customer_2.street = False
        batch = self._batch()
        line = batch.line_ids.filtered(lambda x: x.partner_id == self.customer_2)
        self.assertEqual(line.problem, "No complete address")
        self.assertEqual((batch.line_count, batch.problem_count), (1, 1))
        batch.action_ready()
        batch.action_posted()
        self.assertFalse(line.touchpoint_id)
        self.assertTrue((batch.line_ids - line).touchpoint_id)

    def test_mourning_and_gifts(self):
        self.customer_1.continuity_mourning_until = "2027-12-31"
        self.customer_2.continuity_no_gifts = True
        for kind, expected in (
            ("newyear", ["In mourning", ""]),
            ("yearend", ["", "Declines gifts"]),
            ("midsummer", ["", "Declines gifts"]),
            ("thanks", ["", ""]),
        ):
            batch = self._batch(kind=kind, date_post="2027-12-20")
            self.assertEqual(batch.line_ids.mapped("problem"), expected, kind)
        batch = self._batch(kind="newyear", date_post="2028-12-20")
        self.assertEqual(batch.line_ids.mapped("problem"), ["", ""], "a year later")

    def test_who_wants_no_courtesy(self):
        self.customer_1.continuity_no_courtesy = True
        self.assertIn("no courtesy", self._batch().line_ids[0].problem)

    def test_left_out(self):
        batch = self._batch()
        batch.line_ids[0].left_out = True
        self.assertEqual(batch.line_count, 1)
        batch.action_ready()
        self.assertFalse(batch.line_ids[0].touchpoint_id)
        batch = self._batch(partners=self.customer_1)
        batch.line_ids.left_out = True
        with self.assertRaisesRegex(UserError, "nobody to write to"):
            batch.action_ready()

    def test_budget(self):
        batch = self._batch(kind="yearend", unit_cost=30, budget=50)
        self.assertEqual(batch.cost, 60)
        self.assertTrue(batch.over_budget)
        batch.line_ids[0].left_out = True
        self.assertFalse(batch.over_budget)

    def test_settled_once_ready(self):
        batch = self._batch()
        batch.action_ready()
        with self.assertRaisesRegex(UserError, "decided"):
            batch.line_ids[0].left_out = True
        with self.assertRaisesRegex(UserError, "decided"):
            batch.line_ids[0].unlink()
        with self.assertRaisesRegex(UserError, "Cancel the batch"):
            batch.unlink()
        touchpoints = batch.line_ids.touchpoint_id
        batch.action_draft()
        batch.action_ready()
        self.assertEqual(batch.line_ids.touchpoint_id, touchpoints, "nothing twice")
        batch.action_cancel()
        self.assertEqual(set(touchpoints.mapped("state")), {"cancelled"})

    def test_collect_who_is_in_the_batch_already(self):
        """One card for each customer; a second one stays owed."""
        owed = [
            self._plan_touchpoint(
                occurrence=name,
                channel_ids=self.channel_card.ids,
                date_due="2027-03-20",
            )
            for name in ("thanks", "anniversary")
        ]
        batch = self._batch(partners=owed[0].partner_id)
        batch.action_collect_owed()
        self.assertEqual(batch.line_ids.partner_id, owed[0].partner_id)
        self.assertEqual(len(batch.line_ids.touchpoint_id), 1)
        self.assertIn(batch.line_ids.touchpoint_id, owed)

    def test_collect_owed(self):
        owed = self._plan_touchpoint(
            occurrence="card", channel_ids=self.channel_card.ids, date_due="2027-03-20"
        )
        self._plan_touchpoint(
            self.customer_2,
            occurrence="late",
            channel_ids=self.channel_card.ids,
            date_due="2027-09-01",
        )
        self._plan_touchpoint(
            self.customer_3,
            occurrence="theirs",
            channel_ids=self.channel_card.ids,
            user_id=self.successor.id,
        )
        batch = self._batch(partners=self.env["res.partner"])
        batch.action_collect_owed()
        self.assertEqual(batch.line_ids.touchpoint_id, owed)
        other = self._batch(partners=self.env["res.partner"])
        with self.assertRaisesRegex(UserError, "No customer"):
            other.action_collect_owed()
        batch.action_ready()
        batch.action_posted()
        self.assertEqual(owed.state, "done")
        self.assertEqual(
            self.env["continuity.touchpoint"].search_count(
                [("partner_id", "=", self.customer_1.id)]
            ),
            1,
            "the owed card is the card",
        )

    def test_cancelled_batch_leaves_what_was_owed_without_it(self):
        owed = self._plan_touchpoint(
            occurrence="card", channel_ids=self.channel_card.ids
        )
        batch = self._batch(partners=self.env["res.partner"])
        batch.action_collect_owed()
        batch.action_ready()
        batch.action_cancel()
        self.assertEqual(owed.state, "owed")

    def test_from_the_list_of_customers(self):
        relationships = self._relationship(self.customer_1) | self._relationship(
            self.customer_2
        )
        batches = self.env["continuity.card.batch"].with_user(self.leaver)
        action = batches.make_from_relationships(relationships.ids)
        batch = batches.browse(action["res_id"])
        self.assertEqual(batch.line_ids.partner_id, self.customer_1 | self.customer_2)
        with self.assertRaises(AccessError):
            batches.make_from_relationships(self._relationship(self.customer_3).ids)

    def test_form(self):
        with Form(
            self.env["continuity.card.batch"]
            .with_user(self.leaver)
            .with_company(self.company_a)
        ) as form:
            form.name = "Thanks"
            with form.line_ids.new() as line:
                line.partner_id = self.customer_1
        self.assertEqual(
            form.record.line_ids.relationship_id, self._relationship(self.customer_1)
        )


@tagged("post_install", "-at_install")
class TestCardLabels(CardCommon):
    def test_addresses(self):
        japan = self._create_customer(
            "東京精機株式会社",
            self.leaver,
            lang="en_US",
            street="千代田1-1",
            city="千代田区",
            zip="100-0001",
            country_id=self.env.ref("base.jp").id,
        )
        batch = self._batch(partners=self.customer_1 | japan)
        self.assertEqual(
            batch.line_ids[0].address.splitlines()[:2], ["Customer 1", "Main Street 1"]
        )
        self.assertIn("〒100-0001", batch.line_ids[1].address)
        lines = japan._continuity_postal_address(japan.browse(), "ja_JP").splitlines()
        self.assertEqual(lines[0], "〒100-0001")
        self.assertEqual(lines[-1], "東京精機株式会社 御中")
        person = self._create_customer("山田", is_company=False, parent_id=japan.id)
        lines = person._continuity_postal_address(person, "ja_JP").splitlines()
        self.assertEqual(lines[-2:], ["東京精機株式会社", "山田 様"])

    def test_country_is_for_letters_abroad(self):
        japan = self._create_customer(
            "東京精機株式会社",
            self.leaver,
            street="千代田1-1",
            city="千代田区",
            country_id=self.env.ref("base.jp").id,
        )
        for country, said in (("base.de", True), ("base.jp", False)):
            self.company_a.country_id = self.env.ref(country)
            recipient = japan.with_company(self.company_a)
            address = recipient._continuity_postal_address(japan.browse(), "en_US")
            self.assertEqual("Japan" in address, said)

    def test_sheets(self):
        customers = self.env["res.partner"].create(
            [
                {
                    "name": f"Customer <{n}>",
                    "is_company": True,
                    "user_id": self.leaver.id,
                    "street": "Street",
                    "city": "City",
                }
                for n in range(26)
            ]
        )
        batch = self._batch(partners=customers)
        self.assertEqual(len(batch._labels()), 26)
        action = batch.action_print_labels()
        self.assertEqual(action["report_name"], "customer_continuity.report_labels")
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("customer_continuity.report_labels", batch.ids)[0]
            .decode()
        )
        self.assertEqual(html.count('continuity_label"'), 26)
        self.assertIn("Customer &lt;25&gt;", html)
        batch.line_ids.left_out = True
        with self.assertRaisesRegex(UserError, "no addresses"):
            batch.action_print_labels()

    def test_on_the_sheet(self):
        """Each label stands where the sheet has one, whatever renders it."""
        label = PdfWriter()
        for _number in range(26):
            label.add_blank_page(70 * POINTS, 36 * POINTS)
        stream = io.BytesIO()
        label.write(stream)
        sheets = PdfReader(io.BytesIO(place_labels(stream.getvalue(), 3, 8))).pages
        self.assertEqual(len(sheets), 2)
        self.assertAlmostEqual(float(sheets[0].mediabox.width), 210 * POINTS, 1)
        self.assertAlmostEqual(float(sheets[0].mediabox.height), 297 * POINTS, 1)

    def test_rendered(self):
        """The real renderer: two sheets, and addresses 70 mm apart."""
        customers = self.env["res.partner"].create(
            [
                {
                    "name": f"Customer{n}",
                    "is_company": True,
                    "user_id": self.leaver.id,
                    "street": "Street",
                    "city": "City",
                }
                for n in range(26)
            ]
        )
        batch = self._batch(partners=customers)
        content, kind = (
            self.env["ir.actions.report"]
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf("customer_continuity.report_labels", batch.ids)
        )
        self.assertEqual(kind, "pdf")
        pages = PdfReader(io.BytesIO(content)).pages
        self.assertEqual(len(pages), 2)
        self.assertIn("Customer25", pages[1].extract_text())
        self.assertNotIn("Customer25", pages[0].extract_text())


@tagged("post_install", "-at_install")
class TestCardAccess(CardCommon):
    def test_each_their_own(self):
        batch = self._batch()
        for user, may in (
            (self.leaver, True),
            (self.colleague, False),
            (self.user_all, True),
            (self.user_company_b, False),
            (self.user_portal, False),
        ):
            found = batch.with_user(user).with_context(
                allowed_company_ids=user.company_ids.ids
            )
            with self.subTest(user=user.login):
                self.assertEqual(found.has_access("read"), may)
                self.assertEqual(
                    found.line_ids.has_access("write") if may else False, may
                )

    def test_strangers_customers(self):
        """Neither their address nor their tier can be had by way of a card."""
        with self.assertRaises(AccessError):
            self._batch(partners=self.customer_3)
        batch = self._batch()
        with self.assertRaises(AccessError):
            batch.line_ids[0].partner_id = self.customer_3
        of_b = self._create_customer("Of B", company_id=self.company_b.id)
        with self.assertRaises(UserError):
            self._batch(partners=of_b)

    def test_strangers_complaints_are_not_told(self):
        """Not even of a card that is never saved."""
        self._set_tier(self.customer_3, self.tier_a)
        self.customer_3.write({"street": "Side Street 2", "city": "Ghent"})
        self.env["continuity.concern"]._raise_concern(
            relationship=self._relationship(self.customer_3),
            kind="legal",
            question="We sue you.",
        )
        problems = {}
        for user in (self.user_sales_b, self.leaver):
            problems[user] = self._rpc(
                user,
                self.env["continuity.card.batch.line"],
                "onchange",
                [],
                {
                    "partner_id": self.customer_3.id,
                    "batch_id": self._batch(user=user, partners=[]).id,
                },
                ["partner_id"],
                {"problem": {}},
            )["value"].get("problem")
        self.assertTrue(problems[self.user_sales_b])
        self.assertFalse(problems[self.leaver])

    def test_guarded(self):
        batch = self._batch()
        batch.action_ready()
        line = batch.line_ids[0]
        owed = self._plan_touchpoint(occurrence="call")
        for records, values in (
            (batch, {"state": "posted"}),
            (batch, {"posted_on": "2027-03-01 05:00:00"}),
            (line, {"touchpoint_id": owed.id}),
            (line, {"tier_id": self.tier_a.id}),
        ):
            with self.assertRaises(UserError):
                self._rpc(self.leaver, records, "write", values)

    def test_colleagues_cards_are_not_posted(self):
        batch = self._batch(user=self.user_all, user_id=self.leaver.id)
        batch.action_ready()
        with self.assertRaises(AccessError):
            batch.action_posted()
        self.assertEqual(batch.line_ids.touchpoint_id.mapped("state"), ["owed", "owed"])
        batch.with_user(self.leaver).action_posted()
        self.assertEqual(batch.state, "posted")
