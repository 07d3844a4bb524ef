import logging

from odoo import models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import plaintext2html

_logger = logging.getLogger(__name__)


class ContinuityDocumentMixin(models.AbstractModel):
    """A numbered document that people carry from state to state.

    Needs the fields ``name`` and ``state``.
    """

    _name = "continuity.document.mixin"
    _description = "Document with States"
    _inherit = ["mail.thread", "mail.activity.mixin"]

    def _message_subscribe(self, partner_ids=None, subtype_ids=None, customer_ids=None):
        # Who follows what can be read by every user. Those who are asked for
        # something get an activity.
        known = self.filtered(lambda document: document._may_be_followed())
        return super(ContinuityDocumentMixin, known)._message_subscribe(
            partner_ids, subtype_ids, customer_ids
        )

    def _may_be_followed(self):
        """Tell whether it may be known that this document exists; an extension says no
        for what belongs to a plan that is not approved.

        :rtype: bool
        """
        self.ensure_one()
        return True

    def _remind(self, users, text, note=False, deadline=None):
        """Give people a to-do on the record, each in their own language.

        Without a mail: every employee may read to whom one was sent and with which
        subject, and the record may be confidential.

        :param users: ``res.users``
        :param text: function from an environment to the summary in its language
        :param str note: plain text
        :param date deadline: by when; today without
        :return: the to-dos
        :rtype: mail.activity
        """
        activities = self.env["mail.activity"].sudo()
        for user in users.sudo():
            record = self.sudo().with_context(
                lang=user.lang, mail_activity_quick_update=True
            )
            activity = record.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=deadline,
                summary=text(record.env),
                note=plaintext2html(note) if note else False,
                user_id=user.id,
            )
            activities |= activities.browse(activity.ids if activity else ())
        return activities.with_env(self.env)

    def _check_state(self, *states):
        """Refuse an action in a state it does not belong to.

        :raise UserError: unless all documents are in one of ``states``
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        for document in self:
            if document.state not in states:
                raise UserError(
                    self.env._(
                        "%(name)s is %(state)s; this is possible only while it is "
                        "%(allowed)s.",
                        name=document.name,
                        state=labels[document.state],
                        allowed=" / ".join(labels[state] for state in states),
                    )
                )

    # === SCHEDULER === #

    def _run_each(self, work):
        """Let a scheduled action work on one document after the other, each in its
        own transaction.

        A document that fails keeps the reason (:meth:`_keep_error`), is tried again
        by the next run and holds up no other (I11). The run does not fail for it:
        Odoo would switch the scheduled action off for all documents after some days.
        When Odoo says that time is up, the next run goes on behind the last document:
        what a search finds again every time would leave no time for the others.

        :param work: function that takes one document
        :return: whether all have had their turn
        :rtype: bool
        """
        cron = self.env["ir.cron"]
        progress = (
            self.env["ir.cron.progress"]
            .sudo()
            .browse(self.env.context.get("ir_cron_progress_id"))
        )
        reached = progress._continuity_reached()
        ids = sorted(id_ for id_ in self.ids if id_ > reached)
        cron._commit_progress(remaining=len(ids))
        for document_id in ids:
            # Locked one by one: each commit gives the locks back.
            document = self.browse(document_id)
            document = document.try_lock_for_update(allow_referencing=True)
            try:
                with self.env.cr.savepoint():
                    work(document)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception as error:
                _logger.warning("%s cannot go on", document.name, exc_info=error)
                document._keep_error(error)
            is_last = document_id == ids[-1]
            progress.continuity_last_id = 0 if is_last else document_id
            if not cron._commit_progress(1) and not is_last:
                return False
        return True

    def _keep_error(self, error):
        """Leave on a document why the scheduler could not go on with it; an extension
        that runs often puts it where it does not add up.

        :param Exception error: what went wrong
        """
        self.message_post(body=self.env._("The scheduler could not go on: %s", error))
