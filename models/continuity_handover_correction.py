"""The correcting word: for customers who were told of a change that was undone, or that
does not come about because they are left out or the plan is given up. A person writes
and releases it; nothing goes out by itself.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .continuity_handover_telling import LETTER
from .continuity_touchpoint import REVOCABLE_STATES

# A contact the customer has heard of the change by, or may be hearing right now.
TOLD_STATES = ("done", "sending", "uncertain")
# Which touchpoints put right what was told.
CORRECTION = "correct:"
# What of a line has not changed hands and may still be told.
WAITING_STATES = ("open", "queued")


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    to_correct_ids = fields.Many2many(
        "continuity.touchpoint",
        compute="_compute_to_correct_ids",
        string="Need a Correcting Word",
        help="These customers have heard of the change already.",
    )

    @api.depends("undo_ids.touchpoint_ids", "line_ids.state", "state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_to_correct_ids(self):
        for plan in self:
            told = plan._told_in_vain().with_env(self.env)
            plan.to_correct_ids = told._filtered_access("read")

    def _told_in_vain(self):
        """Return by what customers have heard of changes that were undone or do not
        come about, whoever may read it.

        :rtype: continuity.touchpoint
        """
        # Whoever is to be told otherwise does not depend on who asks; callers show
        # of it what their user may read.
        plans = self.sudo()
        return plans.undo_ids.touchpoint_ids | plans.line_ids._told_in_vain()

    def action_correcting_word(self):
        """Plan letters to those who were told of a change that does not stand, and
        show them.

        :raise AccessError: unless predecessor, successor, approver or manager
        :raise UserError: when nobody was told
        """
        self.ensure_one()
        self._check_participant()
        told = self._told_in_vain()
        lines = self.sudo().line_ids.browse(told.mapped("origin_id")).exists()
        lines = lines._correctable()
        if not lines:
            raise UserError(self.env._("Nobody has to be told otherwise."))
        touchpoints = self.env["continuity.touchpoint"]._plan(
            [line._prepare_correction_values() for line in lines]
        )
        return touchpoints.sudo(False).action_preview_letters()

    def _ask_for_correcting_word(self, told):
        """Give the predecessors the list of customers who heard of the change.

        :param told: ``continuity.touchpoint`` by which they heard
        """
        self.ensure_one()
        lines = self.line_ids.browse(told.mapped("origin_id"))._correctable()
        for leaver, own in lines.grouped("leaver_id").items():
            partners = own.partner_id
            self._remind(
                leaver,
                lambda env, partners=partners: env._(
                    "Tell %s customers that you stay their contact after all",
                    len(partners),
                ),
                "\n".join(partners.mapped("display_name")),
            )

    def _cancel(self, reason):
        waiting = self.sudo().line_ids.filtered(lambda x: x.state in WAITING_STATES)
        result = super()._cancel(reason)
        # The list made when single customers were left out went with the plan's other
        # activities: they are named once more until their word is prepared.
        left = self.sudo().line_ids.filtered(
            lambda x: (
                x.state == "left"
                and not any(t._is_correction() for t in x.touchpoint_ids)
            )
        )
        for plan, lines in (waiting | left).grouped("handover_id").items():
            plan._ask_for_correcting_word(lines._told_in_vain())
        return result


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    def _told_touchpoints(self):
        """Return by what the customers of these lines have heard of the change."""
        return self.touchpoint_ids.filtered(
            lambda t: t.state in TOLD_STATES and not t._is_correction()
        )

    def _told_in_vain(self):
        """Return by what customers heard of a change that does not come about: they
        were left out, or the plan was given up before their cut-over. Whoever was told
        of a leave that is over has nothing to hear."""
        today = fields.Date.context_today(self)
        lines = self.filtered(
            lambda x: (
                x.state == "left"
                or (x.state in WAITING_STATES and x.plan_state == "cancelled")
            )
        )
        lines = lines.filtered(
            lambda x: (
                not (
                    x.handover_id.reason == "leave"
                    and x.handover_id.return_date
                    and x.handover_id.return_date <= today
                )
            )
        )
        return lines._told_touchpoints()

    def _correctable(self):
        """Return the lines whose predecessor can say that they stay the contact: they
        are still here, and nobody has taken the customer over since."""
        lines = self.filtered(
            lambda x: x.state != "moved" and x.relationship_id and x.leaver_id.active
        )
        moved = self.search(
            Domain("relationship_id", "in", lines.relationship_id.ids)
            & Domain("state", "=", "moved")
        ).grouped("relationship_id")

        def is_handed_on(line):
            dates = line._told_touchpoints().filtered("date_done").mapped("date_done")
            since = line.undone_on or max(dates, default=line.create_date)
            others = moved.get(line.relationship_id, self.browse())
            return any(other.moved_on > since for other in others)

        return lines.filtered(lambda x: not is_handed_on(x))

    def _leave(self, reason):
        result = super()._leave(reason)
        told = self.sudo()._told_in_vain()
        if not told:
            return result
        for plan in self.sudo().handover_id:
            plan._ask_for_correcting_word(
                told.filtered(lambda t, p=plan: t.origin_id in p.line_ids.ids)
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Somebody has heard of the change already"),
                "message": self.env._(
                    "%s: write them a correcting word on the tab “Correcting Word” of "
                    "the plan. Nothing is sent by itself.",
                    ", ".join(told.partner_id.mapped("display_name")),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _withdraw_contacts(self, reason):
        """Withdraw what has not gone out to customers who are not handed over; a word
        that puts right what they heard is still owed."""
        touchpoints = self.touchpoint_ids.filtered(lambda t: not t._is_correction())
        touchpoints._cancel(reason)

    def _preview_leaving(self):
        """Return what becomes of the contacts with these customers if they are not
        handed over: withdrawn, and told, by what they have heard of it already.

        :rtype: dict
        """
        return {
            "withdrawn": self.touchpoint_ids.filtered(
                lambda t: t.state in REVOCABLE_STATES
            ),
            "told": self._told_touchpoints(),
        }

    def _prepare_correction_values(self):
        """Return the touchpoint of the word that puts right what was told."""
        self = self.with_context(lang=self.leaver_id.lang)
        template = self.env.ref(LETTER % "correction", raise_if_not_found=False)
        values = self._prepare_written_values(
            f"{CORRECTION}{self.undo_id.id or 'left'}",
            name=self.env._("Correcting word: %s", self.display_name),
            date_due=fields.Date.context_today(self),
        )
        return {
            **values,
            "template_id": template and template.id,
            "signer_id": False,
            "cosigner_id": False,
        }


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    def _is_correction(self):
        """Tell whether this contact puts right what a customer was told.

        :rtype: bool
        """
        self.ensure_one()
        return self.occurrence.startswith(CORRECTION)
