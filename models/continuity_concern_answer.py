import logging

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import is_html_empty

from ..tools.incoming_mail import DELAYED
from .continuity_concern import OPEN_STATES

_logger = logging.getLogger(__name__)

# Of concerns the customer has an answer to.
ANSWERED_STATES = ("answered", "closed")


class ContinuityConcern(models.Model):
    """Answering: by mail through Odoo's composer, or by word of mouth."""

    _name = "continuity.concern"
    _inherit = ["continuity.concern", "continuity.bounce.mixin"]

    _guarded_fields = frozenset({"answer_error"})

    answer = fields.Html(
        copy=False,
        sanitize="email_outgoing",
        help="What the customer is told, without greeting and signature.",
    )
    answered_on = fields.Datetime(readonly=True, copy=False, tracking=True)
    answered_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="restrict"
    )
    answer_message_id = fields.Many2one(
        "mail.message",
        string="Answer as Sent",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    answer_error = fields.Char(
        string="Why the Answer Did Not Arrive", readonly=True, copy=False
    )

    @api.model
    def mail_allowed_qweb_expressions(self):
        """What a mail about a concern may say: question, answer, who signs. Nothing
        else reaches a customer by a template (I4)."""
        return (
            "object.name",
            "object.question",
            "object.answer",
            "object.contact_id.name",
            "object.partner_id.name",
            "object.company_id.name",
            "user.name",
            "user.signature",
        )

    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["contact_id", "partner_id"]

    def _answer_template(self):
        """Return the template of the mail with the answer."""
        return self.env.ref("customer_continuity.mail_template_concern_answer")

    def action_send_answer(self):
        """Open the composer with the answer to the person who asked.

        :raise AccessError: unless the user handles the concern
        :raise UserError: without an answer or an address to send it to
        """
        self.ensure_one()
        self._check_may_answer()
        person = self.contact_id or self.partner_id
        if not person.email:
            raise UserError(
                self.env._(
                    "%s has no e-mail address: enter one, or answer by telephone.",
                    person.display_name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Answer"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_template_id": self._answer_template().id,
                "default_subtype_id": self.env.ref(
                    "customer_continuity.subtype_concern_answer"
                ).id,
                "default_partner_ids": person.ids,
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "hide_mail_template_management_options": True,
            },
        }

    def _check_may_answer(self):
        """Refuse answers by others, to closed concerns, or without words.

        :raise AccessError: unless the user handles the concern
        :raise UserError: saying what to do first
        """
        self._check_may_handle()
        self._check_state(*OPEN_STATES)
        for concern in self:
            if is_html_empty(concern.answer):
                raise UserError(
                    self.env._("Write the answer to %s first.", concern.name)
                )

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        subtype = self.env.ref("customer_continuity.subtype_concern_answer")
        if message.subtype_id == subtype:
            self._answered_by_mail(message)
        return result

    def _answered_by_mail(self, message):
        """Note that the answer went out by mail.

        :param message: ``mail.message``
        :raise AccessError: unless the user handles the concern
        :raise UserError: when nobody of the customer gets the mail
        """
        self.ensure_one()
        self._check_may_answer()
        customer = self.partner_id.commercial_partner_id
        people = message.sudo().partner_ids
        if customer not in people.commercial_partner_id:
            raise UserError(
                self.env._("Send the answer to somebody at %s.", customer.display_name)
            )
        self.sudo().answer_message_id = message
        touchpoint = self._plan_answer(
            self.env.ref("customer_continuity.channel_email")
        )
        self._note_delivery(touchpoint, "sent")
        touchpoint._apply_attempts("sent", fields.Datetime.now())
        self._answered(touchpoint)

    def action_answered_in_person(self):
        """Open the dialog that records an answer given by word of mouth.

        :raise AccessError: unless the user handles the concern
        """
        self.ensure_one()
        self._check_may_handle()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answered by Telephone or in Person"),
            "res_model": "continuity.concern.told",
            "view_mode": "form",
            "target": "new",
            "context": {"default_concern_id": self.id},
        }

    def _answered_in_person(self, channel, attempt_values):
        """Note that the answer was given by word of mouth.

        :param channel: ``continuity.channel``
        :param dict attempt_values: date, minutes and note of the contact, see
            ``continuity.touchpoint.log_attempt``
        :raise AccessError: unless the user handles the concern
        :raise UserError: when the contact cannot have taken place
        """
        self.ensure_one()
        self._check_may_answer()
        touchpoint = self._plan_answer(channel)
        touchpoint.log_attempt("held", **attempt_values)
        # What becomes of a mail sent before no longer matters.
        self.sudo().answer_message_id = False
        self._answered(touchpoint)

    def _touchpoint_taken_back(self, touchpoints):
        """An answer by word of mouth that was reported by mistake is none.

        :raise UserError: when the concern was closed by it
        """
        result = super()._touchpoint_taken_back(touchpoints)
        for concern in self.sudo().filtered(lambda c: c.state in ANSWERED_STATES):
            if concern.touchpoint_ids.sorted("id")[-1:] not in touchpoints:
                continue
            if concern.state == "closed":
                raise UserError(
                    self.env._(
                        "%s was closed by this answer: open it again first.",
                        concern.name,
                    )
                )
            concern._resume()
        return result

    def _plan_answer(self, channel):
        """Return a new contact in the ledger for an answer over a channel."""
        concern = self.sudo()
        return self.env["continuity.touchpoint"]._plan(
            [
                concern._prepare_touchpoint_values(
                    f"answer:{len(concern.touchpoint_ids) + 1}",
                    channel,
                    name=self.env._("Answer to %s", concern.name),
                    user_id=self.env.uid,
                    date_due=fields.Date.context_today(self),
                    contact_ids=[Command.set(concern.contact_id.ids)],
                )
            ]
        )

    def _note_delivery(self, touchpoint, outcome, note=False):
        """Record on the contact what became of the mail.

        :param touchpoint: ``continuity.touchpoint`` of the answer
        :param str outcome: sent, rejected or bounced
        :param str note: what the mail server said
        """
        touchpoint = touchpoint.sudo()
        touchpoint.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": touchpoint.id,
                "channel_id": touchpoint.channel_id.id,
                "user_id": touchpoint.user_id.id,
                "outcome": outcome,
                "note": note,
            }
        )

    def _answered(self, touchpoint):
        """Settle an open concern by a contact that reached the customer."""
        self.ensure_one()
        touchpoint._refresh_relationships()
        self.sudo().write(
            {
                "state": "answered",
                "answered_on": touchpoint.sudo().date_done,
                "answered_by_id": self.env.uid,
                "answer_error": False,
            }
        )
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])

    # === WHAT COMES BACK === #

    def message_update(self, msg_dict, update_vals=None):
        """Put an answered concern to work again when the customer writes back; not
        for a colleague's mail, nor when a machine says that somebody is away."""
        result = super().message_update(msg_dict, update_vals)
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        by_person = msg_dict.get("message_type", "email") == "email"
        if by_person and (not author or author.partner_share):
            self.filtered(lambda c: c.state in ANSWERED_STATES)._resume()
        return result

    def _bounce_reader(self):
        return self.owner_id

    def _bounce_doubt(self, bounce, message_id):
        self.ensure_one()
        if not self._has_answer():
            return False  # it is being worked on anyhow
        people = self._answer_notifications()
        addresses = people.mapped("mail_email_address")
        addresses += people.res_partner_id.mapped("email_normalized")
        env = self.with_context(lang=self.owner_id.lang).env
        return self._doubt_of_report(env, bounce, addresses, self.answered_on)

    def _receive_bounce(self, bounce, message_id):
        if self._has_answer() and bounce.kind != DELAYED:
            self._answer_did_not_arrive("bounced", bounce.text)

    def _has_answer(self):
        """Tell whether the customer is believed to have the answer."""
        self.ensure_one()
        return self.state in ANSWERED_STATES and bool(self.answered_on)

    def _answer_notifications(self):
        """Return what is known of the answer's way to the people of the customer;
        colleagues may have got a copy."""
        customer = self.partner_id.commercial_partner_id
        return self.answer_message_id.notification_ids.filtered(
            lambda n: n.res_partner_id.commercial_partner_id == customer
        )

    def _answer_could_not_leave(self, reason):
        """Take an answer back whose mail failed, unless it was only a colleague's copy
        or somebody of the customer got it all the same. Where that fails, Odoo's
        sending goes on.

        :param str reason: what went wrong
        """
        self.ensure_one()
        states = self._answer_notifications().mapped("notification_status")
        if "sent" in states or "exception" not in states:
            return
        try:
            with self.env.cr.savepoint():
                self._answer_did_not_arrive("rejected", reason)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("The answer to %s could not be taken back", self)

    def _answer_did_not_arrive(self, outcome, reason):
        """Put concerns to work again whose answer reached nobody: an answer that came
        back, or never left, is none.

        :param str outcome: rejected or bounced
        :param str reason: what the mail server said
        """
        for concern in self.sudo():
            answers = concern.touchpoint_ids.filtered("channel_id.written")
            for touchpoint in answers.sorted("id")[-1:]:
                concern._note_delivery(touchpoint, outcome, reason)
                touchpoint._refresh_relationships()
            env = concern.with_context(lang=concern.owner_id.lang).env
            concern.answer_error = env._(
                "The answer did not arrive: %s. Call the customer, or send it again.",
                reason or "-",
            )
            concern._resume()
            concern.message_post(
                body=concern.answer_error, subtype_xmlid="mail.mt_note"
            )
