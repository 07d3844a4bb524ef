from unittest.mock import patch

from odoo import fields

from .common_factoring import FactoringCommon

LAWS = ("us_de", "gb", "fr", "de", "jp", "cn", "generic")
WORDS = {
    "en_US": "Orders grew by a fifth, cash is sound.",
    "ja_JP": "受注は二割増え、資金繰りは安定しております。",
    "zh_CN": "订单增长两成，资金状况稳健。",
}
REASONS = {
    "en_US": "Orders grow, and so does what we buy in.",
    "ja_JP": "受注拡大に伴う仕入資金を安定させるためです。",
    "zh_CN": "随着订单增长，为稳定采购资金。",
}


class FactoringLetterCommon(FactoringCommon):
    """A running agreement; customer 1 has an invoice of 900 that is assigned, of which
    nobody was told yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for lang in ("ja_JP", "zh_CN"):
            cls.env["res.lang"]._activate_lang(lang)
        cls.env.ref("base.lang_en").active = True
        for user in cls.user_manager | cls.user_sales_a:
            user.email = f"{user.login}@example.com"
        cls.customer_1.write(
            {
                "lang": "en_US",
                "street": "Main Street 1",
                "city": "Berlin",
                "email": "office@customer1.example.com",
            }
        )
        cls.agreement = cls._run_agreement(noticed=False, update_months=6)
        cls.debtor = cls.agreement.debtor_ids.filtered(
            lambda d: d.partner_id == cls.customer_1
        )
        cls.debtor.user_id = cls.user_sales_a
        cls._word(cls.agreement)
        # Customers of whom there is nothing in the books yet.
        cls._create_invoice(cls.customer_1, 10, "2026-01-05")
        cls._create_invoice(cls.customer_2, 10, "2026-01-05")
        cls.agreement.assignment_ids.sudo().write({"state": "settled"})
        cls._refresh()
        for debtor in cls.agreement.debtor_ids:
            debtor.sudo().relationship_id = cls._relationship(debtor.partner_id)
        # What comes before a letter has tests of its own (test_factoring_telling).
        debtors = cls.env.registry["continuity.factoring.debtor"]
        for name in ("_agreement_obstacles", "_order_obstacles"):
            cls.startClassPatcher(patch.object(debtors, name, lambda *args: []))

    def setUp(self):
        super().setUp()
        self.invoice = self._bill(self.customer_1, 900, "2026-06-15", "2026-07-15")

    @classmethod
    def _word(cls, agreement):
        for lang, text in REASONS.items():
            agreement.with_context(lang=lang).customer_reason = text
        for lang, text in WORDS.items():
            agreement.with_context(lang=lang).update_words = text
        agreement.with_user(cls.user_manager).action_approve_update()

    @classmethod
    def _set_law(cls, code, debtor=None):
        law = cls.env.ref(f"customer_continuity.jurisdiction_{code}")
        (debtor or cls.debtor)._valid_reviews()[
            (debtor or cls.debtor).id
        ].jurisdiction_id = law

    @classmethod
    def _letter(cls, occurrence, debtor=None, **values):
        """Plan the letter of an occurrence as the process does."""
        debtor = debtor or cls.debtor
        channel = cls.env.ref("customer_continuity.channel_email")
        contacts = debtor.touchpoint_ids
        # Planned anew as the agreement is by now, and after what comes before it.
        stale = {occurrence, "courtesy"} if occurrence == "notice" else {occurrence}
        contacts.filtered(lambda t: t.occurrence in stale).unlink()
        if occurrence.startswith("update") and not debtor.noticed_on:
            debtor.write({"state": "noticed", "noticed_on": "2026-06-10 08:00:00"})
        touchpoint = (
            cls.env["continuity.touchpoint"]
            .sudo()
            ._plan(
                [
                    debtor._prepare_touchpoint_values(
                        occurrence,
                        channel,
                        name=occurrence,
                        purpose="factoring",
                        user_id=cls.user_manager.id,
                        date_due=fields.Date.today(),
                        template_id=debtor._factoring_template(occurrence).id,
                        **values,
                    )
                ]
            )
        )
        debtor.invalidate_recordset(["touchpoint_ids"])
        return touchpoint.sudo(False)

    @classmethod
    def _attachment(cls, name="release.pdf"):
        return (
            cls.env["ir.attachment"]
            .with_user(cls.user_manager)
            .create({"name": name, "raw": b"%PDF-1.4 signed by the factor"})
        )

    def _body(self, letter):
        return str(letter._render_letters()[letter.id].body)

    def _problems(self, letter):
        self.env.invalidate_all()
        return "\n".join(letter._letter_problems()[letter.id])

    def _release_debtor(self):
        self.debtor.write({"state": "noticed", "noticed_on": "2026-06-10 08:00:00"})
        self.debtor.with_user(self.user_manager)._release(
            fields.Date.to_date("2026-09-01"),
            fields.Date.to_date("2026-06-20"),
            self._attachment(),
            "The agreement ends",
        )
