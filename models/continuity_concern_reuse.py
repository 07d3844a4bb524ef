from odoo import api, fields, models
from odoo.exceptions import UserError

from .continuity_concern import OPEN_STATES


class ContinuityConcern(models.Model):
    """Answers that were found good once are offered for the next such question."""

    _inherit = "continuity.concern"

    common_answer_id = fields.Many2one(
        "continuity.common.answer",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The common answer that was used.",
    )
    offered_answer_ids = fields.Many2many(
        "continuity.common.answer",
        string="Similar Questions",
        compute="_compute_offered_answer_ids",
    )

    @api.depends("question", "lang", "state")
    @api.depends_context("uid")
    def _compute_offered_answer_ids(self):
        model = self.env["continuity.common.answer"]
        for concern in self:
            offers = []
            if concern.state in OPEN_STATES and concern.id:
                offers = model._offers(concern)
            concern.offered_answer_ids = model.browse(key for key, _why in offers)

    def web_read(self, specification):
        # The web client cannot say in a list within a form whose form it is.
        if len(self) == 1 and (offered := specification.get("offered_answer_ids")):
            context = {
                **offered.get("context", {}),
                "continuity_concern_id": self.id,
            }
            offered = {**offered, "context": context}
            specification = {**specification, "offered_answer_ids": offered}
        return super().web_read(specification)

    def use_answer(self, answer_id):
        """Fill in a common answer, in the customer's language, and count its use.

        :param int answer_id: id of the ``continuity.common.answer``
        :raise AccessError: unless the user handles the concern and sees the answer
        :raise UserError: when the answer is not approved for this concern
        """
        self.ensure_one()
        self._check_may_handle()
        self._check_state(*OPEN_STATES)
        answer = self.env["continuity.common.answer"].browse(answer_id)
        answer.check_access("read")
        readable = {row[0] for row in answer._read_offerable(self)}
        if answer.id not in readable:
            raise UserError(
                self.env._(
                    "This answer is not approved in the language of %s: write one.",
                    self.name,
                )
            )
        # Else a second click would count it twice.
        if self.common_answer_id != answer:
            answer.sudo().used_count += 1
        self.sudo().write(
            {
                "answer": answer.with_context(lang=self.lang).answer,
                "common_answer_id": answer.id,
                "state": "in_progress",
            }
        )

    def action_save_as_common_answer(self):
        """Open a new common answer with the words of this one.

        :raise AccessError: unless the user handles the concern
        :raise UserError: without an answer
        """
        self.ensure_one()
        self._check_may_handle()
        if not self.answer:
            raise UserError(self.env._("Write the answer to %s first.", self.name))
        title = self.question.strip().splitlines()[0]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Common Answer"),
            "res_model": "continuity.common.answer",
            "view_mode": "form",
            "target": "new",
            "context": {
                "lang": self.lang or self.env.lang,
                "default_name": title[:80],
                "default_question": self.question,
                "default_answer": self.answer,
                "default_company_id": self.company_id.id,
            },
        }
