from odoo import api, models
from odoo.exceptions import AccessError, LockError, UserError
from odoo.tools import SQL

MAX_LANES = 8
LETTERS_PER_MINUTE = "customer_continuity.letters_per_minute"


class ContinuitySending(models.Model):
    """Lanes: the scheduled actions that send letters, and how many per minute they
    may send together. They belong to the database, not to a company."""

    _inherit = "continuity.sending"

    @api.model
    def _lanes(self):
        """Return the scheduled actions that send letters.

        :rtype: ir.cron
        """
        data = (
            self.env["ir.model.data"]
            .sudo()
            .search(
                [
                    ("module", "=", "customer_continuity"),
                    ("model", "=", "ir.cron"),
                    ("name", "=like", "cron_lane_%"),
                ],
                order="id",
            )
        )
        crons = self.env["ir.cron"].sudo().with_context(active_test=False)
        return crons.browse(data.mapped("res_id")).exists()

    @api.model
    def _get_running_lane(self):
        """Return the lane that the scheduler is running here.

        :raise UserError: when it is none: letters are sent by the scheduler alone,
            which keeps two processes from running the same lane
        """
        cron_id = self.env.context.get("cron_id")
        if not cron_id or cron_id not in self._lanes().ids:
            raise UserError(
                self.env._("Letters are sent by their scheduled actions only.")
            )
        return self.env["ir.cron"].browse(cron_id)

    @api.model
    def _find_running(self, lane_ids):
        """Return which of these lanes run now, here or on another host.

        The scheduler keeps the row of an action locked while it runs. Those that can
        be locked stay so until the end of the transaction, so that they cannot start
        meanwhile.

        :param list[int] lane_ids: ids of ``ir.cron``, existing or not
        :rtype: set[int]
        """
        rows = self.env.execute_query(
            SQL("SELECT id FROM ir_cron WHERE id = ANY(%s)", list(lane_ids))
        )
        existing = {row[0] for row in rows}
        self.env.cr.execute(
            SQL(
                """SELECT id FROM ir_cron WHERE id = ANY(%s)
                      FOR NO KEY UPDATE SKIP LOCKED""",
                list(lane_ids),
            ),
            log_exceptions=False,
        )
        return existing - {row[0] for row in self.env.cr.fetchall()}

    @api.model
    def _set_lanes(self, number):
        """Add or remove lanes.

        :param int number: how many there are to be, 1 to 8
        :raise AccessError: unless the user may change the settings
        :raise UserError: for another number, or when one to remove is sending
        """
        if not self.env.is_system():
            raise AccessError(
                self.env._("Only an administrator may change the number of lanes.")
            )
        if not 1 <= number <= MAX_LANES:
            raise UserError(
                self.env._(
                    "%(number)s lanes are not possible: choose 1 to %(most)s.",
                    number=number,
                    most=MAX_LANES,
                )
            )
        lanes = self._lanes()
        first = self.env.ref("customer_continuity.cron_lane_1").sudo()
        for index in range(len(lanes) + 1, number + 1):
            lane = first.copy({"name": f"{first.name} ({index})", "active": True})
            # By its external id it is found, and removed with the addon.
            self.env["ir.model.data"].sudo().create(
                {
                    "module": "customer_continuity",
                    "model": "ir.cron",
                    "name": f"cron_lane_{lane.id}",
                    "res_id": lane.id,
                    "noupdate": True,
                }
            )
        self._remove_lanes((lanes - first).sorted("id")[number - 1 :])

    def _remove_lanes(self, lanes):
        """Delete lanes that are not sending at this moment."""
        try:
            lanes.lock_for_update()
        except LockError as error:
            raise UserError(
                self.env._(
                    "A lane to remove is sending. Pause the letters, wait a minute and "
                    "try again."
                )
            ) from error
        actions = lanes.ir_actions_server_id
        lanes.unlink()
        actions.unlink()

    @api.model
    def _wake_lanes(self):
        """Let the lanes look for letters now instead of within the minute."""
        for lane in self._lanes():
            lane._trigger()

    @api.model
    def _get_letters_per_minute(self):
        """Return how many letters may leave per minute, 0 for any number."""
        value = self.env["ir.config_parameter"].sudo().get_param(LETTERS_PER_MINUTE)
        return int(value) if value and value.isdigit() else 0
