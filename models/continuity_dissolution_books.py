"""What follows for the telling when the books of a customer change (D3, D4)."""

from odoo import fields, models

from .continuity_dissolution_telling import LETTER
from .continuity_obligation_items import MONEY_OWED
from .continuity_touchpoint import OPEN_STATES

# Letters chosen by segment; another one was chosen by a person and stays.
SEGMENT_LETTERS = ("unfulfilled", "paying", "settled")


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _refresh_obligations(self, commit=False):
        before = {
            line.id: line.segment
            for line in self.sudo().customer_ids
            if self.state == "running" and line.state == "planned"
        }
        result = super()._refresh_obligations(commit)
        if self.state == "running":
            self.sudo()._follow_books(before)
        return result

    def _follow_books(self, before):
        """Let the contacts of customers who have not been told follow their segment,
        and plan the notice for those who have become creditors.

        :param dict before: segments by id of the line, as they were
        """
        self.ensure_one()
        lines = self.env["continuity.dissolution.customer"].browse(before).exists()
        lines.filtered(lambda line: line.segment != before[line.id])._replan_telling()
        groups = self.env["continuity.obligation"]._read_group(
            [
                ("dissolution_id", "=", self.id),
                ("kind", "in", MONEY_OWED),
                ("state", "=", "open"),
                ("customer_id.state", "!=", "out"),
            ],
            ["customer_id"],
        )
        creditors = self.env["continuity.dissolution.customer"].union(
            *(customer for (customer,) in groups)
        )
        told = self.env["continuity.touchpoint"].search(
            [
                ("origin_model", "=", creditors._name),
                ("origin_id", "in", creditors.ids),
                ("occurrence", "=", "creditor"),
            ]
        )
        new = creditors - creditors.browse(told.mapped("origin_id"))
        today = fields.Date.today()
        notices = new._plan_creditor_notices()
        notices.filtered(lambda t: t.date_show <= today)._show()


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    def _replan_telling(self):
        """Plan what another segment asks for besides, and let letters nobody has
        released be those of the segment. A talk that was owed stays owed."""
        by_segment = self.env["mail.template"].union(
            *(self._segment_letter(code) for code in SEGMENT_LETTERS)
        )
        for segment, lines in self.grouped("segment").items():
            letters = lines.touchpoint_ids.filtered(
                lambda t: (
                    t.occurrence.startswith("tell:")
                    and t.state in OPEN_STATES
                    and not t._has_frozen_letter()
                    and t.template_id in by_segment
                )
            )
            letters.write({"template_id": self._segment_letter(segment).id})
        self._plan_touchpoints()
        self._update_telling()

    def _segment_letter(self, segment):
        template = self.env.ref(
            LETTER % (segment or "settled"), raise_if_not_found=False
        )
        return template or self.env["mail.template"]
