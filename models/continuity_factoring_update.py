"""What customers are told at a regular rhythm while factoring lasts (X7): words
somebody approved, on business and finances."""

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    # Written anew for each round, and approved for each.
    _editable_fields = frozenset({"update_words"})
    _guarded_fields = frozenset({"update_approved_by_id", "update_approved_on"})

    update_words = fields.Text(
        string="How Things Stand",
        translate=True,
        copy=False,
        help="On business progress and finances, for customers: true, concrete, and "
        "nothing about anybody else. An approver has to approve it each time.",
    )
    update_approved_by_id = fields.Many2one(
        "res.users", string="Words Approved By", readonly=True, copy=False
    )
    update_approved_on = fields.Datetime(
        string="Words Approved On", readonly=True, copy=False
    )

    def write(self, vals):
        if "update_words" not in vals:
            return super().write(vals)
        if not self.env.su:
            self._check_may_word_update()
        result = super().write(vals)
        # Other words are nobody's approved words.
        self.sudo()._drop_update_approval()
        return result

    def _drop_update_approval(self):
        self.write({"update_approved_by_id": False, "update_approved_on": False})

    def _update_field_translations(
        self, field_name, translations, digest=None, source_lang=""
    ):
        is_update = field_name == "update_words"
        if is_update and not self.env.su:
            self._check_may_word_update()
        result = super()._update_field_translations(
            field_name, translations, digest, source_lang
        )
        if is_update:
            self.sudo()._drop_update_approval()
        return result

    def _check_may_word_update(self):
        """Refuse words to customers by people who do not carry the agreement out.

        :raise AccessError: unless author, approver, manager or its contact
        """
        for agreement in self:
            people = agreement.contact_id | agreement.create_uid
            people |= agreement.submitted_by_id
            if self.env.user not in people and not agreement._may_manage():
                raise AccessError(
                    self.env._(
                        "How things stand is written by those who carry %s out.",
                        agreement.name,
                    )
                )

    def action_approve_update(self):
        """Approve the words customers get next.

        :raise AccessError: unless an approver or a manager
        :raise UserError: without words
        """
        self._check_may_manage()
        for agreement in self:
            if not (agreement.update_words or "").strip():
                raise UserError(
                    self.env._("Write first how things stand, then approve it.")
                )
        # Who approves was checked above; the guard keeps others out.
        self.sudo().write(
            {
                "update_approved_by_id": self.env.uid,
                "update_approved_on": fields.Datetime.now(),
            }
        )


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    def _update_obstacles(self, touchpoint, kind):
        """Say that the words of a regular letter are nobody's approved words, or are
        those of the time before."""
        if kind != "update":
            return []
        agreement = self.factoring_id
        if not agreement.update_approved_on:
            return [
                self.env._(
                    "Nobody has approved how things stand: an approver does so on %s.",
                    agreement.name,
                )
            ]
        day = fields.Date.to_date(touchpoint.occurrence.partition(":")[2][:10])
        day = day or touchpoint.date_due
        earliest = day - relativedelta(months=agreement.update_months or 1)
        approved = agreement._local_date(agreement.update_approved_on)
        if approved >= earliest:
            return []
        return [
            self.env._(
                "How things stand was approved on %(day)s, for the letter before: "
                "write and approve it anew on %(plan)s.",
                day=format_date(self.env, approved),
                plan=agreement.name,
            )
        ]
