from odoo import fields, models

from .continuity_touchpoint import OPEN_STATES


class ContinuityTouchpoint(models.Model):
    """Contacts a process puts off to a later day, or brings forward again."""

    _inherit = "continuity.touchpoint"

    def _put_off(self, day, due):
        """Show these contacts from a day on, and not before.

        Those somebody has tried already stay: the customer has heard of it. A letter
        that is released waits for its day. Activities and future meetings go until
        then.

        :param date day: the first day it is shown, or a letter leaves
        :param date due: by when it is owed
        :return: those that are to be shown by now; the caller shows them together
        :rtype: continuity.touchpoint
        """
        today = fields.Date.context_today(self)
        to_show = self.browse()
        for touchpoint in self.sudo():
            if touchpoint.state not in (*OPEN_STATES, "released"):
                continue
            if touchpoint.attempt_ids:
                continue
            touchpoint.write({"date_show": day, "date_due": max(due, day)})
            if touchpoint.state == "released":
                continue
            if day > today:
                touchpoint._withdraw()
            else:
                touchpoint._move_activity(touchpoint.date_due)
                to_show |= touchpoint
        return to_show
