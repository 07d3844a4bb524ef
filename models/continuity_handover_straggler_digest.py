"""One message per person and day on what still lands on predecessors, over all plans.

Each plan is looked at in a transaction of its own and leaves what it found; the message
takes everything that waits for a person and clears it in one transaction.
"""

import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .continuity_handover_undo import NAMED

_logger = logging.getLogger(__name__)


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"
    _guarded_fields = frozenset({"stragglers_pending"})

    # By id of the reader: counts, and the first records and replies, for nobody else.
    stragglers_pending = fields.Json(readonly=True, copy=False, groups=fields.NO_ACCESS)

    def _keep_for_digest(self, digests):
        """Leave what was found for the day's messages.

        :param dict digests: by reader (``res.users``), lists found (see
            ``_take_stragglers``) and replies (see ``_take_replies``)
        """
        self.ensure_one()
        pending = dict(self.stragglers_pending or {})
        for reader, digest in digests.items():
            if not reader or not (digest["found"] or digest["replies"]):
                continue
            known = pending.get(str(reader.id)) or {"count": 0, "replies_count": 0}
            found = [
                [model, res_id, line.id, moved]
                for model, res_id, line, moved in digest["found"]
            ]
            replies = [[x["customer"], x["subject"]] for x in digest["replies"]]
            pending[str(reader.id)] = {
                "count": known["count"] + len(found),
                "found": (known.get("found", []) + found)[:NAMED],
                "replies_count": known["replies_count"] + len(replies),
                "replies": (known.get("replies", []) + replies)[:NAMED],
            }
        self.stragglers_pending = pending or False

    @api.model
    def _send_straggler_digests(self):
        """Send everybody for whom something waits one message, each in a transaction
        of its own."""
        cron = self.env["ir.cron"]
        waiting = self.search([("stragglers_pending", "!=", False)], order="id")
        reader_ids = {int(key) for plan in waiting for key in plan.stragglers_pending}
        for reader in self.env["res.users"].browse(sorted(reader_ids)):
            # Whoever takes them sends; a scheduler beside this one does not.
            plans = waiting.exists().try_lock_for_update(allow_referencing=True)
            own = plans.filtered(
                lambda p, key=str(reader.id): key in (p.stragglers_pending or {})
            )
            try:
                with self.env.cr.savepoint():
                    own._send_stragglers(reader)
                    own._forget_stragglers(reader)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception as error:
                # It stays, and holds up nobody else's message (I11).
                _logger.warning("No message to %s", reader, exc_info=error)
                for plan in own:
                    plan._keep_error(error)
            cron._commit_progress()

    def _forget_stragglers(self, reader):
        """Take off what somebody has been told."""
        for plan in self:
            pending = dict(plan.stragglers_pending)
            del pending[str(reader.id)]
            plan.stragglers_pending = pending or False

    def _send_stragglers(self, reader):
        """Send one person what these plans have left for them; nothing on none."""
        if not self:
            return
        plans = self.with_context(lang=reader.lang)
        entries = [plan.stragglers_pending[str(reader.id)] for plan in plans]
        count = sum(entry["count"] for entry in entries)
        replies_count = sum(entry["replies_count"] for entry in entries)
        found = [row for entry in entries for row in entry["found"]][:NAMED]
        replies = [row for entry in entries for row in entry["replies"]][:NAMED]
        names = ", ".join(plans.mapped("name"))
        body = plans.env["ir.qweb"]._render(
            "customer_continuity.handover_stragglers_digest",
            {
                "plans": names,
                "found": plans._prepare_found(found),
                "further": count - len(found),
                "replies": [{"customer": x[0], "subject": x[1]} for x in replies],
                "replies_further": replies_count - len(replies),
            },
            minimal_qcontext=True,
        )
        # About several plans it stands on none of them.
        thread = plans if len(plans) == 1 else plans.env["mail.thread"]
        thread.message_notify(
            subject=plans.env._(
                "Still landing on the predecessor: %(count)s (%(plan)s)",
                count=count + replies_count,
                plan=names,
            ),
            body=body,
            partner_ids=reader.partner_id.ids,
            email_layout_xmlid="mail.mail_notification_light",
        )

    def _prepare_found(self, rows):
        """Return what the message says of each record that was found; those deleted
        meanwhile are left out.

        :param list rows: model, id, id of the line and whether it was moved
        :rtype: list[dict]
        """
        labels = {mover.model: mover.label for mover in self._get_movers()}
        ids_by_model = defaultdict(list)
        for model, res_id, _line_id, _moved in rows:
            ids_by_model[model].append(res_id)
        existing = {
            model: set(self.env[model].browse(ids).exists().ids)
            for model, ids in ids_by_model.items()
        }
        lines = self.env["continuity.handover.line"]
        return [
            {
                "kind": labels[model],
                "name": self.env[model].browse(res_id).display_name,
                "customer": lines.browse(line_id).display_name,
                "moved": moved,
            }
            for model, res_id, line_id, moved in rows
            if res_id in existing[model]
        ]
