from odoo import Command

from .common_handover import HandoverCommon


class ConcernCommon(HandoverCommon):
    """Customer 1 of ``user_sales_a`` (here ``owner``) is a key account; its contact
    has an address. ``manager`` leads the owner's team. It is Monday, 1 March 2027."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner = cls.user_sales_a
        cls.manager = cls.user_leader
        cls.relationship = cls._set_tier(cls.customer_1, cls.tier_a)
        cls.other_relationship = cls._set_tier(cls.customer_3, cls.tier_c)
        cls.contact_1.email = "ann@customer.example.com"

    @classmethod
    def _raise(cls, **values):
        return cls.env["continuity.concern"]._raise_concern(
            **{
                "relationship": cls.relationship,
                "question": "The pump leaks oil on the floor.",
                "contact": cls.contact_1,
                **values,
            }
        )

    def _tell(self, concern, user=None, **values):
        """Answer by telephone."""
        self.env["continuity.concern.told"].with_user(user or self.owner).create(
            {"concern_id": concern.id, "note": "Told them how.", **values}
        ).action_apply()

    def _mail_answer(self, concern, user=None, **values):
        """Answer by mail, through Odoo's composer as the form opens it."""
        concern = concern.with_user(user or self.owner)
        context = concern.action_send_answer()["context"]
        composer = (
            self.env["mail.compose.message"]
            .with_user(user or self.owner)
            .with_context(**context)
            .create(values)
        )
        composer._action_send_mail()
        return concern.sudo().message_ids[:1]

    @classmethod
    def _attach(cls, concern):
        return cls.env["ir.attachment"].create(
            {
                "name": "letter.txt",
                "raw": b"Dear Sirs",
                "res_model": concern._name,
                "res_id": concern.id,
            }
        )

    def _todos(self, concern, user):
        return concern.activity_ids.filtered(lambda a: a.user_id == user)

    @classmethod
    def _common_answer(cls, question, answer="<p>Turn it off.</p>", **values):
        answer = cls.env["continuity.common.answer"].create(
            {
                "name": question[:40],
                "question": question,
                "answer": answer,
                "company_id": cls.company_a.id,
                **values,
            }
        )
        answer.action_approve()
        return answer

    @classmethod
    def _both_companies(cls, user):
        user.company_ids = [Command.link(cls.company_b.id)]
