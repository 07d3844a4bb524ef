from odoo import models
from odoo.tools import SQL


class ContinuityDissolutionCustomer(models.Model):
    """When a customer of a campaign needs nothing any more: told, owed nothing, and
    decided. Whoever is owed something again is looked after again."""

    _inherit = "continuity.dissolution.customer"

    def _update_closed(self):
        """Close those of these customers who need nothing any more, and open the others
        again."""
        if self:
            self._write_closed(SQL("c.id IN %s", self._ids))

    def _write_closed(self, which):
        """Bring the state of told customers in line with obligations, choices and
        transfers, in one statement.

        :param SQL which: condition on the customers, alias ``c``
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH seen AS (
                    SELECT c.id, c.state = 'closed' AS is_closed,
                           (c.choice IS NOT NULL OR c.segment = 'settled')
                           AND NOT EXISTS (
                               SELECT FROM continuity_obligation o
                                WHERE o.customer_id = c.id AND o.state = 'open')
                           AND NOT EXISTS (
                               SELECT FROM continuity_transfer t
                                WHERE t.customer_id = c.id
                                  AND t.state IN ('proposed', 'agreed'))
                           AS needs_nothing
                      FROM continuity_dissolution_customer c
                     WHERE c.state IN ('told', 'closed') AND %s
                )
                UPDATE continuity_dissolution_customer c
                   SET state = CASE WHEN needs_nothing THEN 'closed' ELSE 'told' END,
                       write_uid = %s, write_date = now() AT TIME ZONE 'UTC'
                  FROM seen
                 WHERE seen.id = c.id AND is_closed <> needs_nothing
                """,
                which,
                self.env.uid,
            )
        )
        if self.env.cr.rowcount:
            self.env.invalidate_all()

    def _record_choice(self, choice, by, note=""):
        result = super()._record_choice(choice, by, note)
        self._update_closed()
        return result

    def _update_telling(self, without=None):
        result = super()._update_telling(without)
        self._update_closed()
        return result


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _refresh_obligations(self, commit=False):
        result = super()._refresh_obligations(commit)
        lines = self.env["continuity.dissolution.customer"]
        lines._write_closed(SQL("c.dissolution_id = %s", self.id))
        return result


class ContinuityObligation(models.Model):
    _inherit = "continuity.obligation"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self.sudo().customer_id._update_closed()
        return result
