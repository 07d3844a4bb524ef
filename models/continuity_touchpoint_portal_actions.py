import hashlib
import json
import unicodedata
from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

# What a field of a form may hold, in characters.
MAX_LENGTHS = {"text": 2000, "name": 100, "phone": 40, "when": 200}
CONCERN_KINDS = ("question", "worry", "complaint")
# Characters that make a text read as something else than what it says.
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class AnswerError(ValidationError):
    """What the customer is to correct, in words meant for the customer. The text of
    any other error stays inside."""


class ContinuityTouchpoint(models.Model):
    """What the buttons of the customer's page do.

    Each answer is kept, told the responsible person, and, where there is something
    to do, put into their list. The same answer pressed twice is one answer.
    """

    _inherit = "continuity.touchpoint"

    def _portal_actions(self):
        """Return the method behind each button; extensions add theirs.

        A method gets the person and the cleaned form, and returns values of
        ``continuity.portal.answer``; it raises AnswerError with what to correct.

        :rtype: dict
        """
        return {
            "acknowledge": self._portal_acknowledge,
            "ask": self._portal_ask,
            "choose_time": self._portal_choose_time,
            "call_me": self._portal_call_me,
            "wrong_person": self._portal_wrong_person,
            "rate": self._portal_rate,
        }

    def _portal_act(self, kind, contact, form):
        """Do what the customer asked for by a button.

        For the controller alone, which has checked the link or the account.

        :param str kind: a key of :meth:`_portal_actions`
        :param contact: ``res.partner``, the person whose page it is
        :param dict form: what was entered; anything else than known texts is ignored
        :return: the answer, an earlier one when the same was pressed before
        :rtype: continuity.portal.answer
        :raise AnswerError: with what the customer is to correct
        """
        self.ensure_one()
        touchpoint = self.sudo().with_company(self.company_id)
        touchpoint._portal_take_turns()
        form = touchpoint._portal_clean(form)
        fingerprint = touchpoint._portal_fingerprint(kind, contact, form)
        answers = touchpoint.env["continuity.portal.answer"]
        latest = answers.search(
            [
                ("touchpoint_id", "=", self.id),
                ("partner_id", "=", contact.id),
                ("kind", "=", kind),
            ],
            limit=1,
        )
        day_ago = fields.Datetime.now() - timedelta(days=1)
        again = latest.fingerprint == fingerprint and latest.date > day_ago
        if again and touchpoint._portal_holds(kind, form):
            return latest
        values = touchpoint._portal_actions()[kind](contact, form)
        answer = answers.create(
            {
                "touchpoint_id": self.id,
                "partner_id": contact.id,
                "kind": kind,
                "fingerprint": fingerprint,
                "text": form["text"],
                **values,
            }
        )
        touchpoint._portal_log_contact(answer)
        touchpoint._portal_notify(answer)
        return answer

    def _portal_take_turns(self):
        """Let answers to one letter come one after the other: a second one at the
        same moment is refused by the database, and tried again by Odoo."""
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_touchpoint SET write_date = write_date
                    WHERE id = %s""",
                self.id,
            ),
            log_exceptions=False,
        )

    def _portal_holds(self, kind, form):
        """Tell whether what was said before still holds, so that the same said again
        is no answer of its own; extensions know what has changed since.

        :param str kind: a key of :meth:`_portal_actions`
        :param dict form: cleaned
        :rtype: bool
        """
        return True

    def _portal_clean(self, form):
        """Return the known texts of a form, without what is no text.

        :raise AnswerError: when one is too long
        """
        clean = {"kind": str(form.get("kind") or ""), "rating": form.get("rating")}
        clean["slot"] = str(form.get("slot") or "")[:20]
        for name, limit in MAX_LENGTHS.items():
            value = form.get(name)
            value = value if isinstance(value, str) else ""
            value = "".join(
                c
                for c in value.replace("\r\n", "\n")
                if c == "\n" or (unicodedata.category(c) not in ("Cc", "Cs"))
                if c not in BIDI
            ).strip()
            if len(value) > limit:
                raise AnswerError(
                    self.env._(
                        "Your text is too long: please use at most %s characters.",
                        limit,
                    )
                )
            clean[name] = value if name == "text" else " ".join(value.split())
        return clean

    def _portal_fingerprint(self, kind, contact, form):
        """Return what makes two answers the same."""
        said = json.dumps([kind, contact.id, form], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()

    # === BUTTONS === #

    def _portal_acknowledge(self, contact, form):
        """The letter was received. Nothing more is said or given up by it."""
        name = form["name"] or contact.name
        if not self.ack_date:
            self.write({"ack_date": fields.Datetime.now(), "ack_name": name})
            self._notify_origin("_touchpoint_acknowledged")
        return {"detail": name}

    def _portal_ask(self, contact, form):
        """A question becomes a concern with an owner and a deadline."""
        if not form["text"]:
            raise AnswerError(self.env._("Please write what you want to know."))
        kind = form["kind"] if form["kind"] in CONCERN_KINDS else "question"
        concern = self.env["continuity.concern"]._raise_concern(
            touchpoint=self,
            kind=kind,
            question=form["text"],
            source="portal",
            contact=contact,
        )
        deadline = concern.sudo().deadline
        return {"deadline": deadline and self._portal_local_day(deadline)}

    def _portal_choose_time(self, contact, form):
        """One of the times offered makes or moves the appointment; a wish goes to the
        responsible person."""
        appointment = self._portal_appointment()
        (appointment or self)._take_turns()
        if form["slot"]:
            slots = {
                fields.Datetime.to_string(slot): slot
                for slot in self._portal_slots(contact)
            }
            if form["slot"] not in slots:
                raise AnswerError(
                    self.env._(
                        "This time is no longer free. Please choose another one."
                    )
                )
            slot = slots[form["slot"]]
            if not (appointment and appointment._portal_move_to(slot)):
                colleague = self.with_env(self._portal_colleague_env())
                user = self._portal_responsible()
                appointment = self._portal_plan_follow_up(
                    colleague.env._("Call at the time agreed: %s", contact.name),
                    contact,
                    date_planned=slot,
                    date_due=self._portal_local_day(slot),
                    why=colleague._portal_moment(slot, user.partner_id),
                )
            return {
                "detail": self._portal_moment(slot, contact),
                "follow_up_id": appointment.id,
                "deadline": self._portal_local_day(slot),
            }
        if not form["text"]:
            raise AnswerError(
                self.env._("Please choose a time, or write when it would suit you.")
            )
        deadline = self._portal_deadline()
        follow_up = self._portal_plan_follow_up(
            self._portal_colleague_env()._("Agree a time: %s", contact.name),
            contact,
            date_due=deadline,
            why=form["text"],
        )
        return {"follow_up_id": follow_up.id, "deadline": deadline}

    def _portal_move_to(self, slot):
        """Move this appointment, unless the process it belongs to does not allow it.

        :param datetime slot: UTC
        :return: whether it was moved
        :rtype: bool
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._reschedule(slot)
                self._notify_origin("_touchpoint_rescheduled")
        except UserError:
            return False
        return True

    def _portal_call_me(self, contact, form):
        """A call is owed by the end of the next working day."""
        if sum(c.isdigit() for c in form["phone"]) < 5:
            raise AnswerError(
                self.env._("Please enter the telephone number we can reach you on.")
            )
        deadline = self._portal_deadline()
        detail = " · ".join(filter(None, [form["phone"], form["when"]]))
        follow_up = self._portal_plan_follow_up(
            self._portal_colleague_env()._("Call back: %s", contact.name),
            contact,
            date_due=deadline,
            why=detail,
        )
        return {
            "detail": detail,
            "follow_up_id": follow_up.id,
            "deadline": deadline,
        }

    def _portal_wrong_person(self, contact, form):
        """Somebody else is responsible: proposed, not changed, because nobody knows
        who pressed the button."""
        env = self._portal_colleague_env()
        self.partner_id.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=self._portal_responsible().id,
            summary=env._("Wrong person: %s", contact.name),
            note=Markup("<p>%s</p><p>%s</p>")
            % (
                env._(
                    "Somebody who opened the letter to %s says to be the wrong person "
                    "for it. Check it, then correct the customer's people.",
                    contact.name,
                ),
                _quote(form["text"] or env._("They did not say who is right.")),
            ),
        )
        return {}

    def _portal_rate(self, contact, form):
        """The latest rating counts."""
        try:
            rating = int(form["rating"])
        except (TypeError, ValueError):
            rating = 0
        if not 1 <= rating <= 5:
            raise AnswerError(self.env._("Please choose from 1 to 5."))
        self.write({"rating": rating, "rating_text": form["text"]})
        return {"detail": str(rating)}

    # === WHAT FOLLOWS === #

    def _portal_colleague_env(self):
        """Return an environment in the responsible person's language."""
        return self.with_context(lang=self._portal_responsible().lang).env

    def _portal_plan_follow_up(self, name, contact, **values):
        """Plan a call that the customer asked for, and show it at once.

        :param str name: subject
        :param contact: ``res.partner`` who asked
        :param values: of the touchpoint; date_due at least
        :return: the touchpoint
        """
        user = self._portal_responsible()
        channel = self.env.ref("customer_continuity.channel_call")
        number = self.search_count(
            [("origin_model", "=", self._name), ("origin_id", "=", self.id)]
        )
        follow_up = self._plan(
            [
                {
                    "name": name,
                    "origin_model": self._name,
                    "origin_id": self.id,
                    "occurrence": f"portal:{number + 1}",
                    "relationship_id": self.relationship_id.id,
                    "partner_id": self.partner_id.id,
                    "contact_ids": [(4, contact.id)] if contact.parent_id else [],
                    "company_id": self.company_id.id,
                    "purpose": self.purpose,
                    "channel_ids": channel.ids,
                    "user_id": user.id,
                    "date_show": fields.Date.context_today(self),
                    **values,
                }
            ]
        ).sudo()
        follow_up._show_or_keep_error()
        return follow_up

    def _portal_log_contact(self, answer):
        """Count it as a contact when the customer wrote to us in person: a page that
        was opened, or a button alone, is none."""
        wrote = answer.text or answer.kind == "call_me"
        if not wrote or answer.kind == "wrong_person":
            return
        self.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": self.id,
                "channel_id": self.env.ref("customer_continuity.channel_portal").id,
                "user_id": self._portal_responsible().id,
                "outcome": "held",
                "note": answer.text or answer.detail,
            }
        )
        self._refresh_relationships()

    def _portal_notify(self, answer):
        """Tell the responsible person what the customer did, in Odoo's inbox or by
        mail as they have chosen."""
        user = self._portal_responsible()
        env = self._portal_colleague_env()
        kind = dict(answer._fields["kind"]._description_selection(env))
        subject = env._(
            "%(customer)s: %(what)s",
            customer=self.partner_id.name,
            what=kind[answer.kind],
        )
        lines = [
            env._(
                "On the page of “%(letter)s”, opened by the link of %(person)s.",
                letter=self.letter_subject or self.name,
                person=answer.partner_id.name,
            ),
            answer.detail,
        ]
        body = Markup("").join(Markup("<p>%s</p>") % line for line in lines if line)
        env["mail.thread"].message_notify(
            model=self._name,
            res_id=self.id,
            author_id=self.env.ref("base.partner_root").id,
            partner_ids=user.partner_id.ids,
            subject=subject,
            body=body + (_quote(answer.text) if answer.text else ""),
        )


def _quote(text):
    """Return a customer's words as HTML: lines kept, nothing in it a link."""
    return Markup('<blockquote style="white-space: pre-line">%s</blockquote>') % text
