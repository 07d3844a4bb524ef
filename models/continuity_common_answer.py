from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools.text_similarity import common_tokens, overlap, tokens

# Answers read for one comparison, the most used first: enough for any company, and
# bounded.
READ_LIMIT = 1000
OFFER_LIMIT = 5
# Less than this in common is chance.
LEAST_SHARED = 2
LEAST_SHARE = 0.4


class ContinuityCommonAnswer(models.Model):
    """A question customers ask again and again, and the answer that was found good.

    ==========  ===============================================================
    state       means
    ==========  ===============================================================
    proposed    written by somebody; not offered yet
    approved    a manager stands behind the words; offered for similar questions
    ==========  ===============================================================

    Changing the words of an approved answer takes the approval back, unless a
    manager does. It is offered in the languages it was written in or translated to.
    """

    _name = "continuity.common.answer"
    _description = "Common Answer"
    _inherit = ["continuity.guarded.mixin", "mail.thread"]
    _order = "used_count desc, id"
    _guarded_fields = frozenset(
        {"state", "used_count", "approved_by_id", "approved_on", "source_lang"}
    )

    name = fields.Char(string="Title", required=True, translate=True)
    question = fields.Text(
        required=True, translate=True, help="As customers would ask it."
    )
    answer = fields.Html(required=True, translate=True, sanitize="email_outgoing")
    topic_ids = fields.Many2many("continuity.topic", string="Topics")
    company_id = fields.Many2one(
        "res.company",
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
        help="Leave empty to offer it in all companies.",
    )
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [("proposed", "Proposed"), ("approved", "Approved")],
        string="Status",
        default="proposed",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    approved_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="set null"
    )
    approved_on = fields.Datetime(readonly=True, copy=False)
    source_lang = fields.Char(
        string="Written In",
        readonly=True,
        default=lambda self: self.env.lang or "en_US",
        help="Code of the language it was written in first.",
    )
    used_count = fields.Integer(string="Used", readonly=True, copy=False)
    similarity = fields.Char(
        string="Why",
        compute="_compute_similarity",
        help="What this question and the customer's have in common.",
    )

    _offer_idx = models.Index("(used_count) WHERE active AND state = 'approved'")

    @api.depends_context("continuity_concern_id", "lang")
    def _compute_similarity(self):
        concern = self.env["continuity.concern"].browse(
            self.env.context.get("continuity_concern_id") or []
        )
        reasons = {}
        if concern.exists() and concern.has_access("read"):
            reasons = dict(self._offers(concern))
        for answer in self:
            answer.similarity = reasons.get(answer.id, False)

    # === APPROVAL === #

    def _may_approve(self):
        return self.env.user.has_group("customer_continuity.group_manager")

    def write(self, vals):
        words = {"name", "question", "answer", "company_id"}.intersection(vals)
        withdrawn = self.browse()
        if words and not self.env.su and not self._may_approve():
            withdrawn = self.filtered(lambda a: a.state == "approved")
        result = super().write(vals)
        if withdrawn:
            withdrawn.sudo().write(
                {"state": "proposed", "approved_by_id": False, "approved_on": False}
            )
        return result

    def action_approve(self):
        """Stand behind the words, so that they are offered to everybody.

        :raise AccessError: unless the user is a manager who may edit the answers
        """
        self.check_access("write")
        if not self._may_approve():
            raise AccessError(
                self.env._("Only a manager of Customer Continuity approves answers.")
            )
        self.sudo().write(
            {
                "state": "approved",
                "approved_by_id": self.env.uid,
                "approved_on": fields.Datetime.now(),
            }
        )

    # === OFFERING === #

    @api.model
    def _offers(self, concern):
        """Find the common answers to questions like a customer's.

        Those of the concern's company, or of all, that are written in or translated
        to the customer's language.

        :param concern: one ``continuity.concern`` the user may read
        :return: pairs of id and the reason, for people, the most alike first
        :rtype: list[tuple[int, str]]
        """
        rows = self._read_offerable(concern)
        asked = tokens(concern.question)
        known = [tokens(f"{name} {question}") for _id, name, question in rows]
        dull = common_tokens(known)
        asked -= dull
        found = []
        for (answer_id, *_words), words in zip(rows, known, strict=True):
            shared, possible = overlap(asked, words - dull)
            if shared >= LEAST_SHARED and shared >= LEAST_SHARE * possible:
                found.append((shared / possible, shared, possible, answer_id))
        found.sort(key=lambda row: (-row[0], -row[1], row[3]))
        return [
            (
                answer_id,
                self.env._(
                    "%(shared)s of %(possible)s words alike",
                    shared=shared,
                    possible=possible,
                ),
            )
            for _share, shared, possible, answer_id in found[:OFFER_LIMIT]
        ]

    @api.model
    def _read_offerable(self, concern):
        """Read id, title and question of the answers a concern could be answered by.

        :rtype: list[tuple]
        """
        lang = concern.lang or "en_US"
        self.flush_model()
        return self.env.execute_query(
            SQL(
                """SELECT id, name ->> %(lang)s, question ->> %(lang)s
                     FROM continuity_common_answer
                    WHERE active
                      AND state = 'approved'
                      AND (company_id = %(company)s OR company_id IS NULL)
                      AND question ->> %(lang)s IS NOT NULL
                      AND answer ->> %(lang)s IS NOT NULL
                      -- Without a translation Odoo keeps the first text as English.
                      AND (%(lang)s <> 'en_US' OR source_lang = 'en_US'
                           OR question ->> 'en_US' <> question ->> source_lang)
                    ORDER BY used_count DESC NULLS LAST, id
                    LIMIT %(limit)s""",
                lang=lang,
                company=concern.company_id.id,
                limit=READ_LIMIT,
            )
        )

    def action_use(self):
        """Use this answer for the concern it is offered for."""
        self.ensure_one()
        concern = self.env["continuity.concern"].browse(
            self.env.context.get("continuity_concern_id") or []
        )
        concern.use_answer(self.id)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
