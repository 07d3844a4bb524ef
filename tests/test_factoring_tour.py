from odoo import Command, fields
from odoo.tests import tagged

from .common_credit import CreditCommon
from .common_factor_choice import CHEAP_OFFER, FIGURES, PATIENT_OFFER
from .common_tour import StoryTourCommon

LANGUAGES = {"ja_JP": "base.jp", "zh_CN": "base.cn", "en_US": "base.us"}
CUSTOMERS = 50
KEY_ACCOUNTS = 10
# Of the fifty: three want to be asked, one refuses, three contracts are unread.
COVERED = 43


@tagged("post_install", "-at_install")
class TestFactoringTour(CreditCommon, StoryTourCommon):
    """From two offers to the release, in the browser of each person: 50 customers in
    three languages, ten of them key accounts."""

    dated = {
        "continuity_factoring_debtor": ("told_on", "noticed_on", "acknowledged_on"),
        "continuity_touchpoint": ("date_due", "date_show", "date_done", "date_planned"),
        "continuity_touchpoint_attempt": ("date",),
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for lang in LANGUAGES:
            cls.env["res.lang"]._activate_lang(lang)
        cls.company_a.write(
            {
                "country_id": cls.env.ref("base.jp").id,
                "phone": "+81 3 1111 0000",
                "company_registry": "0100-01-000001",
                "continuity_standing_min_paid": 1,
            }
        )
        manager = "sales_team.group_sale_manager"
        cls.boss = cls._create_person("boss", "Boss", manager)
        cls.head = cls._create_person("head", "Head", manager)
        cls.seller = cls._create_person(
            "seller", "Seller", "sales_team.group_sale_salesman"
        )
        cls.keeper = cls._create_person(
            "keeper",
            "Keeper",
            "account.group_account_user",
            "account.group_account_manager",
        )
        cls._create_factors()
        cls._create_customers()

    @classmethod
    def _create_factors(cls):
        cls.factor, cls.other_factor = (
            cls._create_customer(
                name,
                company_registry=f"HRB {number}",
                country_id=cls.env.ref("base.de").id,
            )
            for number, name in enumerate(("First Factor", "Second Factor"), 1000)
        )
        cls.account = cls.env["res.partner.bank"].create(
            {
                "partner_id": cls.factor.id,
                "acc_number": "DE02 1203 0000 0000 2020",
                "bank_id": cls.env["res.bank"]
                .create({"name": "Bank of Factors", "bic": "BYLADEM1001"})
                .id,
            }
        )
        # Where customers pay again in the end.
        cls.bank.bank_account_id = cls.env["res.partner.bank"].create(
            {
                "partner_id": cls.company_a.partner_id.id,
                "acc_number": "DE02 5001 0517 5407 3249",
            }
        )
        cls.choice = (
            cls.env["continuity.factor.choice"]
            .with_user(cls.boss)
            .create(
                {
                    "name": "Financing of next year's orders",
                    "company_id": cls.company_a.id,
                    **FIGURES,
                }
            )
        )
        cls._offer(cls.factor, **PATIENT_OFFER)
        cls._offer(cls.other_factor, **CHEAP_OFFER)

    @classmethod
    def _offer(cls, factor, **values):
        paper = cls.env["ir.attachment"].with_user(cls.boss)
        document = paper.create({"name": "offer.pdf", "raw": b"%PDF"})
        cls.choice.offer_ids.create(
            {
                "choice_id": cls.choice.id,
                "factor_id": factor.id,
                "valid_until": fields.Date.add(fields.Date.today(), days=30),
                "document_ids": [Command.set(document.ids)],
                **values,
            }
        )

    @classmethod
    def _create_customers(cls):
        langs = list(LANGUAGES)
        cls.customers = cls.env["res.partner"].create(
            [
                {
                    "name": f"Buyer {number:02}",
                    "is_company": True,
                    "company_id": cls.company_a.id,
                    "user_id": cls.seller.id,
                    "email": f"buyer{number}@tour.example.com",
                    "street": f"{number} Main Street",
                    "city": "City",
                    "lang": langs[number % 3],
                    "country_id": cls.env.ref(LANGUAGES[langs[number % 3]]).id,
                }
                for number in range(CUSTOMERS)
            ]
        )
        today = fields.Date.today()
        paid, cls.invoices = (
            cls._create_invoices(
                [
                    (customer, amount, fields.Date.subtract(today, days=days))
                    for customer in cls.customers
                ]
            )
            for amount, days in ((500, 90), (1000, 10))
        )
        cls.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=paid.ids
        ).create(
            {
                "payment_date": fields.Date.subtract(today, days=60),
                "journal_id": cls.bank.id,
            }
        )._create_payments()
        cls._refresh()
        tiers = [cls.env.ref(f"customer_continuity.tier_{key}") for key in "ac"]
        for number, customer in enumerate(cls.customers):
            cls._relationship(customer).sudo().write(
                {"tier_id": tiers[number >= KEY_ACCOUNTS].id, "tier_locked": True}
            )
        cls._review_contracts()

    @classmethod
    def _review_contracts(cls):
        """Five restrict the assignment, one forbids it under German law, three have
        not been read."""
        reviews = (
            cls.env["continuity.contract.review"]
            .with_user(cls.boss)
            .with_company(cls.company_a)
        )
        germany = cls.env.ref("customer_continuity.jurisdiction_de")
        paper = cls.env["ir.attachment"].with_user(cls.boss)
        consent = paper.create({"name": "consent.pdf", "raw": b"%PDF"})
        special = {
            20: {"result": "consent"},
            21: {"result": "consent"},
            22: {"result": "consent"},
            23: {
                "result": "consent",
                "consent_on": fields.Date.today(),
                "consent_attachment_ids": [Command.set(consent.ids)],
            },
            24: {"result": "excluded"},
            25: {"result": "debtor_may_pay", "jurisdiction_id": germany.id},
        }
        values = [
            {
                "partner_id": customer.id,
                "company_id": cls.company_a.id,
                "assignment_clause": "Claims may be assigned.",
                "result": "free",
                **special.get(number, {}),
                **({"reason": "The clause says so."} if number in special else {}),
            }
            for number, customer in enumerate(cls.customers)
            if number not in (30, 31, 32)
        ]
        reviews.create(values).action_confirm()

    # === The story === #

    def test_from_two_offers_to_the_release(self):
        self._choose_and_draft()
        self._confirm_and_activate()
        self._tell_a_key_account()
        self._notice_everybody()
        self._ask_and_answer()
        self._release_everybody()

    def _choose_and_draft(self):
        self._open_tour(
            "action_factor_choice",
            self.choice,
            "continuity_factoring_choose",
            "tour_boss",
        )
        self.assertEqual(self.choice.chosen_offer_id.factor_id, self.factor)
        self.agreement = self.env["continuity.factoring"].search(
            [("company_id", "=", self.company_a.id)]
        )
        self.assertEqual(self.agreement.state, "submitted")
        covered = self.agreement.debtor_ids.filtered(lambda d: d.state != "out")
        self.assertEqual(len(covered), COVERED)
        self.assertLessEqual(covered.partner_id, self.customers)
        in_person = covered.filtered("in_person").partner_id
        self.assertLessEqual(self.customers[:KEY_ACCOUNTS], in_person)
        self.assertTrue(all(covered.mapped("proposal_reason")))
        self.assertTrue(all(covered.mapped("standing_id")))

    def _agreement_tour(self, tour, login):
        self._open_tour(
            "action_factoring", self.agreement, f"continuity_factoring_{tour}", login
        )

    def _confirm_and_activate(self):
        self._agreement_tour("approve", "tour_head")
        self._agreement_tour("confirm", "tour_keeper")
        direction = self.agreement.direction_ids
        self.assertEqual(direction.confirmed_by_id, self.keeper)
        self._agreement_tour("activate", "tour_boss")
        self.assertEqual(self.agreement.state, "running")
        self.assertEqual(
            self.agreement.assignment_ids.move_id,
            self.invoices.filtered(
                lambda m: m.partner_id in self.agreement.debtor_ids.partner_id
            ),
        )
        # Nobody outside hears of it before everybody inside.
        self.assertFalse(self.agreement.debtor_ids.touchpoint_ids)
        self.agreement.internal_ids.filtered(lambda s: s.state == "open").with_user(
            self.boss
        ).action_done()
        self.agreement.debtor_ids._plan_contacts()

    def _contact(self, debtor, occurrence):
        return debtor.touchpoint_ids.filtered(lambda t: t.occurrence == occurrence)

    def _tell_a_key_account(self):
        self.key = self.agreement.debtor_ids.filtered(
            lambda d: d.partner_id == self.customers[2]
        )
        talk = self._contact(self.key, "talk")
        self._open_tour(
            "action_touchpoint", talk, "continuity_factoring_talk", "tour_seller"
        )
        self.assertEqual(talk.state, "done")
        self.assertEqual(self.key.state, "told")
        self._open_tour(
            "action_factoring_debtor",
            self.key,
            "continuity_factoring_letter",
            "tour_boss",
        )
        letter = self._contact(self.key, "courtesy")
        self.assertTrue(letter.released_on)

    def _notice_everybody(self):
        """The rest of the letters, without a browser: released as people release them,
        delivered as the scheduler notes it."""
        debtors = self.agreement.debtor_ids.filtered(lambda d: d.state != "out")
        talks = debtors.touchpoint_ids.filtered(
            lambda t: t.occurrence == "talk" and t.state != "done"
        )
        # Nobody meets two at the same time.
        now = fields.Datetime.now()
        for number, talk in enumerate(talks, 1):
            talk.with_user(talk.user_id).sudo().log_attempt(
                "held",
                date=fields.Datetime.subtract(now, hours=2 * number),
                minutes=20,
                note="Told.",
            )
        self._send(debtors, "courtesy")
        self._pass_days(8)
        self._send(debtors, "notice")
        self.assertEqual(set(debtors.mapped("state")), {"noticed"})
        notices = debtors.touchpoint_ids.filtered(lambda t: t.occurrence == "notice")
        for lang, words in (
            ("ja_JP", "債権譲渡通知書"),
            ("zh_CN", "应收账款转让通知书"),
            ("en_US", "assigned"),
        ):
            letters = notices.filtered(lambda t, lang=lang: t.letter_lang == lang)
            self.assertTrue(letters, lang)
            for letter in letters:
                text = f"{letter.letter_subject} {letter.letter_body}"
                self.assertIn(words, text)
                self.assertIn("First Factor", text)
                self.assertIn("DE02", text)
        german = self._contact(
            debtors.filtered(lambda d: d.partner_id == self.customers[25]), "notice"
        )
        self.assertEqual(
            german.template_id,
            self.env.ref("customer_continuity.letter_factoring_notice_de"),
        )

    def _send(self, debtors, occurrence):
        letters = debtors.touchpoint_ids.filtered(
            lambda t: t.occurrence == occurrence and t.state == "owed"
        )
        letters.filtered(lambda t: not t.released_on).with_user(
            self.boss
        ).action_release()
        now = fields.Datetime.now()
        self.env["continuity.touchpoint.attempt"].create(
            [
                {
                    "touchpoint_id": letter.id,
                    "channel_id": letter.channel_id.id,
                    "user_id": letter.user_id.id,
                    "outcome": "sent",
                    "date": now,
                    "letter_hash": letter.letter_hash,
                }
                for letter in letters
            ]
        )
        for letter in letters:
            letter.sudo()._apply_attempts("sent", now)

    def _ask_and_answer(self):
        """The customer opens the link of the notice on their own."""
        notice = self._contact(self.key, "notice")
        url = notice._issue_portal_link(None).removeprefix(notice.get_base_url())
        self.env.flush_all()
        self.start_tour(url, "continuity_factoring_page")
        self.env.invalidate_all()
        self.assertEqual(self.key.state, "acknowledged")
        concern = self.env["continuity.concern"].search(
            [("partner_id", "=", self.key.partner_id.id)]
        )
        self.assertIn("paid May", concern.question)
        self.assertTrue(concern.deadline)

    def _release_everybody(self):
        self._open_tour(
            "action_factoring_debtor",
            self.key,
            "continuity_factoring_release",
            "tour_keeper",
        )
        # Who entered it is not the one who confirms it.
        self.assertNotEqual(self.key.state, "released")
        self._open_tour(
            "action_factoring_debtor",
            self.key,
            "continuity_factoring_confirm_release",
            "tour_boss",
        )
        self.assertEqual(self.key.state, "released")
        self.assertFalse(
            self.agreement.assignment_ids.filtered(
                lambda a: a.debtor_id == self.key and a.state == "active"
            )
        )
        self.assertTrue(self._contact(self.key, "release"))
        paper = (
            self.env["ir.attachment"]
            .with_user(self.boss)
            .create({"name": "release.pdf", "raw": b"%PDF"})
        )
        debtors = self.agreement.debtor_ids.filtered(
            lambda d: d.state not in ("out", "released")
        )
        today = fields.Date.today()
        debtors.with_user(self.boss)._release(today, today, paper, "It ends.")
        self._send(debtors | self.key, "release")
        self._agreement_tour("end", "tour_boss")
        self.assertEqual(self.agreement.state, "done")
