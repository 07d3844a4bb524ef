import hashlib
import json

from odoo import fields, models
from odoo.exceptions import AccessError, LockError, UserError
from odoo.fields import Command

from .continuity_touchpoint import OPEN_STATES, WRITTEN_OUTCOMES
from .continuity_touchpoint_letter import FROZEN_FIELDS


class ContinuityTouchpoint(models.Model):
    """Release of letters: a person looks at them, says yes, and they are frozen.

    By mail (or both) the contact becomes ``released`` and waits for a lane; on paper
    it stays owed until somebody says that the letter was posted.
    """

    _inherit = "continuity.touchpoint"

    def _check_may_release(self):
        """Refuse to release, change, print or withdraw other people's letters.

        :raise AccessError: unless responsible or a manager of the responsible
        """
        user = self.env.user
        for touchpoint in self.sudo():
            owner = touchpoint.user_id
            if user != owner and not user._is_continuity_manager_of(owner):
                raise AccessError(
                    self.env._(
                        "“%(name)s” is the letter of %(person)s: they or their manager "
                        "release and print it.",
                        name=touchpoint.name,
                        person=owner.name,
                    )
                )

    def _lock_letters(self):
        """Let nobody else release, withdraw or send these letters meanwhile.

        :raise UserError: when somebody is at it
        """
        try:
            self.sudo().lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._("Somebody else is working on these letters: try again.")
            ) from error
        self.invalidate_recordset(["state", "frozen_on", "letter_left"])

    def action_release(self):
        """Release these letters: freeze them, and let those that go by mail be sent.

        :return: a notification: how many were released, and which not and why
        :raise AccessError: unless responsible or their manager
        :raise UserError: when none can be released, listing what stands in the way
        """
        released, problems = self._release()
        message = self._describe_problems(problems)
        if not released:
            raise UserError(message or self.env._("There is no letter to release."))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if problems else "success",
                "title": self.env._("%s letters released", len(released)),
                "message": message,
                "sticky": bool(problems),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _release(self):
        """Release those of these letters that nothing stands in the way of.

        :return: the released contacts, and the problems of the others by id
        :rtype: tuple[continuity.touchpoint, dict[int, list[str]]]
        :raise AccessError: unless responsible or their manager
        """
        self.check_access("read")
        self._check_may_release()
        self._lock_letters()
        problems = {
            key: found for key, found in self._letter_problems().items() if found
        }
        ready = self.filtered(lambda t: t.id not in problems)
        ready._freeze()
        return ready, problems

    def _describe_problems(self, problems):
        """Return one text that says of each letter what stands in the way.

        :param dict problems: lists of reasons by touchpoint id
        """
        lines = [
            self.env._(
                "%(customer)s, %(name)s: %(reasons)s",
                customer=touchpoint.partner_id.display_name,
                name=touchpoint.name,
                reasons=" ".join(problems[touchpoint.id]),
            )
            for touchpoint in self
            if problems.get(touchpoint.id)
        ]
        return "\n".join(lines)

    def _freeze(self):
        """Render these letters once more, now with the link to the customer's page,
        and keep them as they are, with a fingerprint.

        Called after :meth:`_letter_problems` found nothing.
        """
        now = fields.Datetime.now()
        # The date of the letter is the day it is released.
        self.sudo().filtered("letter_left")._thaw()
        self.sudo().write({"released_on": now})
        letters = self._render_letters()
        for touchpoint in self.sudo():
            letter = letters[touchpoint.id]
            medium = touchpoint._letter_medium()
            by_mail = medium in ("mail", "both")
            subject, body = touchpoint._with_real_link(letter)
            touchpoint.write(
                {
                    "letter_medium": medium,
                    "signer_id": touchpoint._letter_signer().id,
                    "letter_subject": subject,
                    "letter_body": body,
                    "letter_lang": letter.lang,
                    "letter_email": by_mail and touchpoint._letter_email(),
                    "letter_address": medium in ("paper", "both")
                    and touchpoint._letter_postal_address(letter.lang),
                    "letter_attachment_ids": [
                        Command.set(touchpoint._freeze_enclosures().ids)
                    ],
                    "frozen_on": now,
                    "released_on": now,
                    "released_by_id": self.env.uid,
                    "posted_on": False,
                    "letter_pdf_error": False,
                    # Another letter than the one that may have gone before.
                    "letter_message_id": False,
                    "send_tries": 0,
                    "soft_bounces": 0,
                    "send_after": False,
                    "send_error": False,
                    "state": "released" if by_mail else touchpoint.state,
                }
            )
            # Read back: the fingerprint is of what is kept, not of what was meant.
            touchpoint.letter_hash = touchpoint._letter_fingerprint()
        if self.filtered(lambda t: t.state == "released"):
            self.env["continuity.sending"]._wake_lanes()

    def _with_real_link(self, letter):
        """Return subject and body with the customer's own link, opened only now and
        only where the letter contains it."""
        self.ensure_one()
        preview = self._letter_preview_link()
        if not preview or preview not in letter.body:
            return letter.subject, letter.body
        link = self._issue_portal_link()
        return letter.subject, letter.body.replace(preview, link)

    def _freeze_enclosures(self):
        """Return copies of what is enclosed, which may change tomorrow: the template's
        files, and those of the line this contact came from."""
        self.ensure_one()
        files = self.template_id.attachment_ids
        line = self.env[self.origin_model].browse(self.origin_id).exists()
        if hasattr(line, "_letter_enclosures"):
            files |= line._letter_enclosures(self)
        return files.copy(
            {
                "res_model": self._name,
                "res_id": self.id,
                "res_field": False,
                "public": False,
            }
        )

    def _letter_postal_address(self, lang):
        """Return the lines for the window of the envelope.

        :param str lang: code of the language of the letter
        """
        self.ensure_one()
        recipient = self._letter_recipient().with_company(self.company_id)
        return recipient._continuity_postal_address(self._letter_person(), lang)

    def _letter_fingerprint(self):
        """Return the SHA-256 over exactly what is sent, to compare with the one kept.

        :rtype: str
        """
        self.ensure_one()
        enclosures = [
            [enclosure.name, hashlib.sha256(enclosure.raw or b"").hexdigest()]
            for enclosure in self.sudo().letter_attachment_ids.sorted("id")
        ]
        content = [
            self.letter_lang,
            self.letter_email or "",
            self.letter_address or "",
            self.letter_subject,
            str(self.letter_body),
            enclosures,
        ]
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def _letter_evidence(self, attempt_vals):
        """Return what an attempt keeps of the letter it sent.

        :param dict attempt_vals: of ``continuity.touchpoint.attempt``
        :rtype: dict
        """
        self.ensure_one()
        letter = self.sudo()
        if not letter._has_frozen_letter():
            return {}
        posted = attempt_vals["outcome"] == "posted"
        address = ", ".join((letter.letter_address or "").splitlines())
        return {
            "letter_subject": letter.letter_subject,
            "letter_hash": letter.letter_pdf_hash if posted else letter.letter_hash,
            "recipient": address if posted else letter.letter_email,
            "message_id": not posted and letter.letter_message_id,
        }

    # === AFTER THE RELEASE === #

    def action_withdraw_letter(self):
        """Take released letters back, as long as no lane has taken them and nobody
        has posted them. Their links to the customer's page stop working.

        :raise AccessError: unless responsible or their manager
        :raise UserError: when one of them has left
        """
        self.check_access("read")
        self._check_may_release()
        self._lock_letters()
        for touchpoint in self:
            if not touchpoint._is_still_here():
                raise UserError(
                    self.env._(
                        "“%s” has left or was not released: it cannot be taken back.",
                        touchpoint.name,
                    )
                )
        for touchpoint in self.sudo():
            touchpoint._take_back()

    def _take_back(self):
        """Make a letter that has not left one to write again."""
        self.ensure_one()
        files = self.letter_attachment_ids | self.letter_pdf_id
        self._thaw()
        self.state = "tried" if self.attempt_ids else "owed"
        files.unlink()

    def _take_back_refused(self, reason):
        """Take a letter back because its customer may not be written to any more; what
        they got on paper reached them.

        :param str reason: what the responsible person reads
        """
        self.ensure_one()
        self.write({"lane": 0, "send_error": reason})
        self._note_letter_status("canceled")
        if self.posted_on:
            self._settle_by_post()
        else:
            self._take_back()
            self._show_or_keep_error()

    def _thaw(self):
        """Make these contacts letters to write again; files stay as evidence."""
        self.sudo().write(dict.fromkeys(FROZEN_FIELDS, False))

    def action_mark_posted(self):
        """Record that these paper letters were posted.

        :raise AccessError: unless the user takes part or is their manager
        :raise UserError: when one of them is not released, or was posted already
        """
        self.check_access("read")
        self._check_may_release()
        for touchpoint in self:
            paper = touchpoint.letter_medium != "mail"
            if not touchpoint._has_frozen_letter() or not paper:
                raise UserError(
                    self.env._(
                        "“%s” is no released paper letter: release it first.",
                        touchpoint.name,
                    )
                )
            if touchpoint.posted_on:
                raise UserError(self.env._("“%s” was posted already.", touchpoint.name))
        self.sudo().write({"posted_on": fields.Datetime.now()})
        paper = self.filtered(lambda t: t.state in OPEN_STATES)
        if paper:
            paper.log_attempt("posted")
        # By mail too: what comes of the mail decides the state.
        if others := self - paper:
            self.env["continuity.touchpoint.attempt"].sudo().create(
                [
                    {
                        "touchpoint_id": touchpoint.id,
                        "channel_id": touchpoint.channel_id.id,
                        "user_id": self.env.uid,
                        "outcome": "posted",
                    }
                    for touchpoint in others
                ]
            )

    def _goes_by_post(self, channel):
        """A mail that goes on paper is posted too."""
        return super()._goes_by_post(channel) or (
            channel == self.channel_id
            and bool(self)
            and self._letter_medium() in ("paper", "both")
        )

    def _switch_channel(self, reason):
        stuck = super()._switch_channel(reason)
        (self - stuck)._let_go_of_letters()
        return stuck

    def _end_ladder(self, reason):
        if not self.channel_id.is_meeting:
            self._let_go_of_letters()
        return super()._end_ladder(reason)

    def _let_go_of_letters(self):
        """Make room for the next letter; attempts keep the fingerprint of this one.

        One that left keeps its text and the link to its page until the next is
        released: the customer has it in their hands.
        """
        frozen = self.sudo().filtered("frozen_on")
        left = frozen.filtered(
            lambda t: (
                t.letter_left
                or t.posted_on
                or t._last_attempt().outcome in WRITTEN_OUTCOMES
            )
        )
        left.write({"letter_left": True})
        (frozen - left)._thaw()
        self.sudo().write({"letter_medium": False})
