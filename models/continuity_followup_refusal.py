"""Whom one may not contact now, and for whom nobody is there: listed, never lost."""

from odoo import api, models
from odoo.tools import SQL, split_every

from .continuity_followup_planning import BATCH_SIZE, RESPONSIBLE, ROWS


class ContinuityFollowupOccurrence(models.Model):
    _inherit = "continuity.followup.occurrence"

    @api.model
    def _hold_without_owner(self, company, today, commit):
        """Hold back what nobody is there to do, and release what somebody now is."""
        problem = SQL(
            """CASE WHEN u.id IS NULL THEN %s
                    WHEN NOT u.active THEN %s
                    WHEN NOT EXISTS (SELECT FROM res_company_users_rel c
                                      WHERE c.user_id = u.id AND c.cid = o.company_id)
                        THEN %s END""",
            self.env._("Nobody looks after this customer: choose a salesperson."),
            self.env._("The salesperson is archived: choose another one."),
            self.env._("The salesperson cannot work in this company: choose another."),
        )
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_followup_occurrence x
                      SET state = CASE WHEN n.problem IS NULL THEN 'waiting'
                                       ELSE 'held' END,
                          reason = n.problem,
                          held_by = CASE WHEN n.problem IS NULL THEN NULL
                                         ELSE 'owner' END
                     FROM (SELECT o.id, %(problem)s AS problem
                             FROM %(rows)s
                        LEFT JOIN res_users u ON u.id = %(responsible)s
                            WHERE o.company_id = %(company)s
                              AND o.state IN ('waiting', 'held')
                              AND (o.state = 'waiting' OR o.held_by = 'owner')) n
                    WHERE n.id = x.id AND x.reason IS DISTINCT FROM n.problem""",
                problem=problem,
                rows=ROWS,
                responsible=RESPONSIBLE,
                company=company.id,
            )
        )

    @api.model
    def _recheck_refusals(self, company, today, commit):
        """Ask again for customers held back, and for contacts planned but not begun:
        one whose customer may not be contacted any more is taken back and listed."""
        held = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "held"),
                ("held_by", "in", ("refusal", "error")),
            ]
        )
        planned = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "in", ("planned", "merged")),
                ("touchpoint_id.state", "=", "owed"),
            ]
        )
        for ids in split_every(BATCH_SIZE, (held | planned).ids):
            rows = self.browse(ids)
            refusals = rows.relationship_id._contact_refusals("followup")
            for occurrence in rows & held:
                reason = refusals.get(occurrence.relationship_id.id)
                if not reason:
                    occurrence.write(
                        {"state": "waiting", "reason": False, "held_by": False}
                    )
                elif reason != occurrence.reason:
                    occurrence.write({"reason": reason, "held_by": "refusal"})
            refused = (rows & planned).filtered(
                lambda row, r=refusals: row.relationship_id.id in r
            )
            together = refused.grouped("touchpoint_id")
            self._in_halves(
                refused.touchpoint_id,
                lambda some, t=together, r=refusals: self._take_back(some, t, r),
                lambda touchpoint, error, t=together: t[touchpoint].write(
                    {"reason": str(error)}
                ),
            )

    @api.model
    def _take_back(self, touchpoints, rows, refusals):
        """Cancel contacts whose customers may not be contacted any more.

        :param touchpoints: ``continuity.touchpoint``
        :param dict rows: their occurrences
        :param dict refusals: see ``continuity.relationship._contact_refusals``
        """
        for touchpoint in touchpoints:
            together = rows[touchpoint]
            reason = refusals[together[0].relationship_id.id]
            together._hold(reason, "refusal")
            self._cancel_contacts(touchpoint, reason)

    def _hold(self, reason, held_by):
        """List rows with the reason why they cannot be planned now."""
        self.write(
            {
                "state": "held",
                "reason": reason,
                "held_by": held_by,
                "touchpoint_id": False,
            }
        )
