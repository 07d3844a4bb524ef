from odoo import Command

from .common_handover import HandoverCommon


class LetterCommon(HandoverCommon):
    """Letters to customer 1 (a company with one person) and customer 2.

    ========================  ==================================================
    attribute                 what it is
    ========================  ==================================================
    ``template``              a courtesy letter in English and Japanese
    ``mail`` / ``paper``      an owed letter by mail, and one on paper
    ========================  ==================================================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for lang in ("ja_JP", "zh_CN"):
            cls.env["res.lang"]._activate_lang(lang)
        cls.channel_letter = cls.env.ref("customer_continuity.channel_letter")
        cls.leaver.partner_id.write({"function": "Sales", "phone": "+49 30 1234"})
        cls.contact_1.write({"name": "Jane Buyer", "email": "jane@buyer.example.com"})
        cls.customer_1.write(
            {
                "lang": "en_US",
                "street": "Main Street 1",
                "zip": "10115",
                "city": "Berlin",
                "email": "office@customer1.example.com",
            }
        )
        cls.customer_2.write({"lang": "en_US", "email": "office@customer2.example.com"})
        cls.template = cls._create_template()
        cls.template.with_context(
            lang="ja_JP"
        ).subject = "{{ object.fact_customer }}のその後"
        cls._translate_body("ja_JP", "その後いかがでしょうか。")
        cls.mail = cls._plan_letter(
            cls.customer_1, contact_ids=[Command.set(cls.contact_1.ids)]
        )
        cls.paper = cls._plan_letter(
            cls.customer_1,
            occurrence="paper",
            channel_ids=cls.channel_letter.ids,
            contact_ids=[Command.set(cls.contact_1.ids)],
        )

    @classmethod
    def _translate_body(cls, lang, text):
        body = cls.template.body_html.replace("How is it going, we wonder?", text)
        cls.template.with_context(lang=lang).body_html = body

    @classmethod
    def _create_template(cls, **values):
        return cls.env["mail.template"].create(
            {
                "name": "A question",
                "model_id": cls.env["ir.model"]._get_id("continuity.touchpoint"),
                "subject": "How is {{ object.fact_customer }}?",
                "body_html": '<p><t t-out="object.fact_salutation"/></p>'
                "<p>How is it going, we wonder?</p>"
                '<p><t t-out="object.fact_portal_link"/></p>',
                "continuity_lang": "en_US",
                **values,
            }
        )

    @classmethod
    def _plan_letter(cls, partner=None, **values):
        return cls._plan_touchpoint(
            partner,
            **{
                "name": "Question after delivery",
                "occurrence": "letter",
                "channel_ids": cls.channel_email.ids,
                "template_id": cls.template.id,
                **values,
            },
        )

    def _attempt(self, touchpoint, outcome):
        return self.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": touchpoint.id,
                "channel_id": touchpoint.channel_id.id,
                "user_id": self.leaver.id,
                "outcome": outcome,
            }
        )

    def _problems(self, touchpoint):
        return "\n".join(touchpoint._letter_problems()[touchpoint.id])

    def _body_template(self, body, **values):
        return self._create_template(body_html=body, **values)
