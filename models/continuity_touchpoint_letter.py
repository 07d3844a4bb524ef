from collections import defaultdict
from typing import NamedTuple

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import html_sanitize, is_html_empty

from .continuity_touchpoint import OPEN_STATES

# Also found by its class in the paper letter, which leaves room to sign by hand.
SIGNATURE = Markup('<div class="o_continuity_signature">{}</div>')
# Long, and read on a telephone as well.
LINK = Markup('<a href="{0}" style="word-break:break-all">{0}</a>')

# What says that, how and as what a letter was released; empty until then.
FROZEN_FIELDS = (
    "letter_subject",
    "letter_body",
    "letter_lang",
    "letter_email",
    "letter_address",
    "letter_attachment_ids",
    "letter_hash",
    "letter_pdf_id",
    "letter_pdf_hash",
    "letter_pdf_error",
    "frozen_on",
    "released_by_id",
    "released_on",
    "posted_on",
    "letter_left",
)


class Letter(NamedTuple):
    """Subject and body of one letter, in which language and from which text."""

    subject: str
    body: Markup
    lang: str
    source_subject: str
    source_body: str


class ContinuityTouchpoint(models.Model):
    """The letter of a written contact: its template, signer and medium, and the text
    as it was released.

    What has to be right before is in ``continuity_touchpoint_letter_check.py``.
    A letter is rendered once, by Odoo's restricted rendering, from its template or
    from the text a person wrote for this one customer. What is released is frozen
    with a fingerprint (``continuity_touchpoint_release.py``).
    """

    _inherit = "continuity.touchpoint"

    # What a released letter says, and who released it, is evidence.
    _guarded_fields = frozenset(
        {
            "template_id",
            "letter_medium",
            "signer_id",
            "own_subject",
            "own_body",
            *FROZEN_FIELDS,
        }
    )

    template_id = fields.Many2one(
        "mail.template",
        string="Letter",
        index="btree_not_null",
        ondelete="set null",
        domain=[("model", "=", "continuity.touchpoint")],
    )
    letter_medium = fields.Selection(
        [("mail", "By e-mail"), ("paper", "On paper"), ("both", "Both")],
        string="Way of Sending",
        help="Empty: as the channel of this contact says.",
    )
    signer_id = fields.Many2one(
        "res.users",
        string="Signed By",
        ondelete="restrict",
        help="Empty: the responsible person.",
    )
    own_subject = fields.Char(
        help="Instead of the template's, for this customer only; facts may stand in it."
    )
    own_body = fields.Html(
        sanitize="email_outgoing",
        help="Instead of the template's, for this customer only; facts may stand in "
        "it.",
    )
    letter_lang = fields.Char(
        string="Language of the Letter",
        readonly=True,
        help="Code of the language the letter was written in.",
    )
    letter_subject = fields.Char(string="Subject of the Letter", readonly=True)
    letter_body = fields.Html(
        string="Text with the Customer's Link", readonly=True, groups=fields.NO_ACCESS
    )
    letter_email = fields.Char(string="Sent To", readonly=True)
    letter_address = fields.Text(string="Postal Address", readonly=True)
    letter_attachment_ids = fields.Many2many(
        "ir.attachment",
        "continuity_touchpoint_attachment_rel",
        string="Enclosures",
        readonly=True,
    )
    letter_hash = fields.Char(
        string="Fingerprint",
        readonly=True,
        help="SHA-256 over exactly what is sent: language, addresses, subject, text "
        "and enclosures.",
    )
    letter_pdf_id = fields.Many2one(
        "ir.attachment",
        string="PDF",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        groups=fields.NO_ACCESS,
    )
    letter_pdf_hash = fields.Char(
        string="Fingerprint of the PDF", readonly=True, help="SHA-256 of the file."
    )
    letter_pdf_error = fields.Char(
        string="Why There Is No PDF", readonly=True, help="What the last try met with."
    )
    frozen_on = fields.Datetime(
        readonly=True, help="Since when the text of the letter can no longer change."
    )
    released_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    released_on = fields.Datetime(readonly=True)
    posted_on = fields.Datetime(readonly=True)
    letter_left = fields.Boolean(
        readonly=True,
        help="It was sent and the contact goes on: the next letter takes its place "
        "once it is released, and until then its page stays open.",
    )

    is_open_letter = fields.Boolean(compute="_compute_letter_flags")
    may_withdraw_letter = fields.Boolean(compute="_compute_letter_flags")

    @api.depends(
        "state", "frozen_on", "posted_on", "letter_left", "channel_id", "letter_medium"
    )
    def _compute_letter_flags(self):
        for touchpoint in self:
            touchpoint.is_open_letter = touchpoint._is_open_letter()
            touchpoint.may_withdraw_letter = touchpoint._is_still_here()

    # === WHAT A LETTER CONSISTS OF === #

    def _letter_medium(self):
        """Return how the letter goes: mail, paper, both, or False for no letter.

        :rtype: str
        """
        self.ensure_one()
        return self.letter_medium or self.channel_id.letter_medium

    def _letter_source(self, lang):
        """Return subject and body before the facts are filled in.

        :param str lang: code of the language
        :rtype: tuple[str, str]
        """
        self.ensure_one()
        template = self.sudo().template_id.with_context(lang=lang)
        own = self.sudo()
        body = template.body_html
        if not is_html_empty(own.own_body):
            body = own.own_body
        return own.own_subject or template.subject or "", body or ""

    def _letter_preview_link(self):
        """Return the link that stands in a preview: it leads nowhere, because the
        customer's page is opened by the customer alone."""
        self.ensure_one()
        return self._portal_preview_link()

    def _render_letters(self):
        """Return the letters of these contacts as they would be sent now, with a
        link that leads nowhere.

        A letter with anything but text and facts in it is not rendered, nor one in a
        language that is no longer installed.

        :return: letters by touchpoint id
        :rtype: dict[int, Letter]
        """
        groups = defaultdict(list)
        installed = dict(self.env["res.lang"].get_installed())
        for touchpoint in self:
            lang = touchpoint._letter_language()
            if lang not in installed:
                continue
            subject, body = touchpoint._letter_source(lang)
            groups[lang, subject, str(body)].append(touchpoint.id)
        letters = {}
        for (lang, subject, body), ids in groups.items():
            render = self.env["mail.template"].sudo().with_context(lang=lang)
            if render._continuity_unallowed(
                "subject", subject
            ) or render._continuity_unallowed("body", body):
                continue
            subjects = render._render_template_inline_template_regex(
                subject, self._name, ids
            )
            bodies = render._render_template_qweb_regex(body, self._name, ids)
            for touchpoint in self.browse(ids).with_context(lang=lang):
                text = touchpoint._link_text(bodies[touchpoint.id])
                if not is_html_empty(text):
                    text += touchpoint._letter_signature()
                letters[touchpoint.id] = Letter(
                    " ".join(subjects[touchpoint.id].split()),
                    html_sanitize(text),
                    lang,
                    subject,
                    body,
                )
        return letters

    def _link_text(self, body):
        """Return a body in which the address of the customer's page can be clicked."""
        link = escape(self._letter_preview_link() or "")
        if not link or link not in body:
            return body
        return Markup(body.replace(link, LINK.format(link)))

    def _letter_signature(self):
        """Return the block at the end of every letter: a person signs, and says how
        to reach them."""
        self.ensure_one()
        facts = self.sudo()
        return SIGNATURE.format(
            self._signature_lines(
                facts.fact_signer,
                facts.fact_signer_function,
                facts.fact_signer_phone,
                facts.fact_signer_email,
                facts._fact_wechat(facts._letter_signer()),
            )
        )

    def _signature_lines(self, name, function, *contact):
        """Return who signs, line by line: from the company to the person in Japanese
        and Chinese, from the person to the company elsewhere.

        :param contact: how to reach them
        :rtype: Markup
        """
        self.ensure_one()
        lines = [name, function, self.sudo().fact_company]
        if (self.env.lang or "")[:2] in ("ja", "zh"):
            lines.reverse()
        return Markup("<br/>").join(line for line in (*lines, *contact) if line)

    # === WRITING === #

    def _is_open_letter(self):
        """Tell whether this contact is a letter that can still be written."""
        self.ensure_one()
        written = self.channel_id.written or self._letter_medium()
        return bool(
            written and self.state in OPEN_STATES and not self._has_frozen_letter()
        )

    def _has_frozen_letter(self):
        """Tell whether the letter of this contact is released; one whose place the
        next one takes does not count."""
        self.ensure_one()
        return bool(self.frozen_on) and not self.letter_left

    def _is_still_here(self):
        """Tell whether this letter is released and can still be taken back: no lane
        has taken it and nobody has posted it."""
        self.ensure_one()
        on_paper = self.state in OPEN_STATES and not self.posted_on
        return self._has_frozen_letter() and (self.state == "released" or on_paper)

    def _set_letter(self, template_id=None, letter_medium=None, signer_id=None):
        """Say which letter these contacts get, how it goes and who signs; what is
        not given stays.

        :param template_id: ``mail.template`` of a touchpoint
        :param str letter_medium: mail, paper or both
        :param signer_id: ``res.users``
        :raise AccessError: unless responsible or their manager
        :raise UserError: when one of them is no open letter
        """
        self.check_access("read")
        self._check_may_release()
        self._check_open_letters()
        values = {}
        if template_id:
            if template_id.model != self._name:
                raise UserError(
                    self.env._("“%s” is no letter of a touchpoint.", template_id.name)
                )
            values.update(template_id=template_id.id, own_subject=False, own_body=False)
        if letter_medium:
            values["letter_medium"] = letter_medium
        if signer_id:
            self._check_may_sign(signer_id)
            values["signer_id"] = signer_id.id
        self.sudo().write(values)

    def _check_may_sign(self, signer):
        """Refuse letters in the name of somebody they are none of the business of.

        :param signer: ``res.users``
        :raise AccessError: unless the signer is the user, takes part, is a manager of
            the responsible person, or is managed by the user
        """
        user = self.env.user
        for touchpoint in self.sudo():
            people = user | touchpoint.user_id | touchpoint.attendee_ids
            if signer.sudo().share or not (
                signer in people
                or signer.sudo()._is_continuity_manager_of(touchpoint.user_id)
                or user._is_continuity_manager_of(signer)
            ):
                raise AccessError(
                    self.env._(
                        "“%(letter)s” cannot be signed by %(signer)s: they do not "
                        "take part in it.",
                        letter=touchpoint.name,
                        signer=signer.sudo().name,
                    )
                )

    def _set_own_text(self, subject, body):
        """Give one customer a text of their own instead of the template's.

        :param str subject: plain text, or False for the template's
        :param str body: HTML, or False for the template's
        :raise AccessError: unless responsible or their manager
        :raise UserError: when something other than text and facts stands in it
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_release()
        self._check_open_letters()
        template = self.env["mail.template"]
        found = template._continuity_unallowed("subject", subject or "")
        if body:
            found += template._continuity_unallowed("body", body)
        if found:
            raise UserError(
                self.env._(
                    "A letter consists of text and facts only. Take out: %s",
                    ", ".join(found),
                )
            )
        self.sudo().write({"own_subject": subject, "own_body": body})

    def _check_open_letters(self):
        """Refuse to change what is no letter, or is one that was released.

        :raise UserError: naming the first of them
        """
        for touchpoint in self:
            if not touchpoint._is_open_letter():
                raise UserError(
                    self.env._(
                        "“%s” is no letter that can still be written.", touchpoint.name
                    )
                )

    # === DIALOGS === #

    def action_preview_letters(self):
        """Show these letters one by one, as the customers will get them."""
        return self.env["continuity.letter.preview"]._open(self)

    def action_write_letters(self):
        """Ask which letter these contacts get, who signs and how it goes."""
        return self.env["continuity.letter.write"]._open(self)

    def action_print_letters(self):
        """Return all these released paper letters as one file."""
        return self.env["continuity.letter.print"]._open(self)

    # === REGISTER === #

    def action_register_pdf(self):
        """Print who was told what, when, how and with what result."""
        return self.env["continuity.register"]._open(
            self, self.env._("Selection"), "pdf"
        )

    def action_register_csv(self):
        """Download who was told what, when, how and with what result."""
        return self.env["continuity.register"]._open(
            self, self.env._("Selection"), "csv"
        )
