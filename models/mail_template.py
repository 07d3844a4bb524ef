import re

from lxml import html

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools.rendering_tools import parse_inline_template

LETTER_MODEL = "continuity.touchpoint"
# How a text would reach what only colleagues may know of a customer.
INTERNAL = re.compile(r"continuity[._]\w+")
# Of our models, those a customer may be written to about.
OUTWARD_MODELS = (LETTER_MODEL, "continuity.concern")
# Texts of a template that are rendered; the body is QWeb, the others `{{ … }}`.
INLINE_FIELDS = (
    "subject",
    "email_from",
    "email_to",
    "email_cc",
    "partner_to",
    "reply_to",
    "lang",
    "scheduled_date",
)
# A word or two may be the same in two languages; more than that was not translated.
SAME_TEXT_LENGTH = 12


class MailTemplate(models.Model):
    """No template tells a customer how they are ranked (I4), whoever wrote it.

    A template of a touchpoint is a letter: it consists of plain text and of facts
    (``continuity.touchpoint._letter_facts``), in every language.
    """

    _inherit = "mail.template"

    continuity_notice = fields.Selection(
        [("courtesy", "Courtesy letter"), ("notice", "Legal or contractual notice")],
        string="Kind of Letter",
        default="courtesy",
        required=True,
        help="A courtesy letter does not reach customers who want none or have opted "
        "out of mails. A notice the law or a contract asks for does.",
    )
    continuity_lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Written In",
        default=lambda self: self.env.lang or "en_US",
        help="The language this letter was first written in. For customers with "
        "another language it has to be translated.",
    )
    continuity_facts = fields.Text(
        string="Facts", compute="_compute_continuity_facts", compute_sudo=True
    )

    @api.depends_context("lang")
    def _compute_continuity_facts(self):
        touchpoint = self.env[LETTER_MODEL]
        self.continuity_facts = "\n".join(
            f"object.{name}: {touchpoint._fields[name]._description_string(self.env)}"
            for name in touchpoint._letter_facts()
        )

    # === CHECKS === #

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._check_may_write_notices()
        return templates

    def write(self, vals):
        self._check_may_write_notices()
        result = super().write(vals)
        self._check_may_write_notices()
        return result

    def _check_may_write_notices(self):
        """Refuse notices by anybody but managers: a notice also reaches those who
        want no letters (I10).

        :raise AccessError: naming the letter
        """
        if self.env.su or self.env.user.has_group("customer_continuity.group_manager"):
            return
        for template in self.sudo():
            if template.continuity_notice == "notice":
                raise AccessError(
                    self.env._(
                        "“%s” is a legal or contractual notice: only a manager of "
                        "Customer Continuity writes these.",
                        template.name,
                    )
                )

    @api.constrains("model_id", "body_html", *INLINE_FIELDS)
    def _check_tells_no_tier(self):
        """Refuse internal fields in any language of a template, and templates of
        records that are internal as a whole.

        :raise ValidationError: naming the template and what to take out
        """
        for template in self.sudo():
            model = template.model or ""
            if model.startswith("continuity.") and model not in OUTWARD_MODELS:
                raise ValidationError(
                    self.env._(
                        "“%s” is about records customers never see: choose another "
                        "model.",
                        template.name,
                    )
                )
            for name in ("body_html", *INLINE_FIELDS):
                texts = template._continuity_texts(name)
                found = INTERNAL.search(" ".join(texts))
                if found:
                    raise ValidationError(
                        self.env._(
                            "“%(template)s” would tell customers how they are ranked: "
                            "take “%(name)s” out.",
                            template=template.name,
                            name=found[0],
                        )
                    )

    @api.constrains("model_id", "body_html", "report_template_ids", *INLINE_FIELDS)
    def _check_letter(self):
        """Refuse anything but text and facts in any language of a letter.

        For every user, because it is customers who are protected and not the server.

        :raise ValidationError: naming the letter and what to take out
        """
        for template in self.sudo().filtered(lambda t: t.model == LETTER_MODEL):
            found = []
            for name in INLINE_FIELDS:
                for text in template._continuity_texts(name):
                    found += self._continuity_unallowed("subject", text)
            for text in template._continuity_texts("body_html"):
                found += self._continuity_unallowed("body", text)
            if template.report_template_ids:
                found.append(
                    template._fields["report_template_ids"]._description_string(
                        self.env
                    )
                )
            if found:
                raise ValidationError(
                    self.env._(
                        "A letter consists of text and facts only. Take out of "
                        "“%(template)s”: %(found)s. The facts are listed on its form.",
                        template=template.name,
                        found=", ".join(dict.fromkeys(found)),
                    )
                )

    def _continuity_texts(self, name):
        """Return what a field says in all languages, without empty ones.

        :param str name: field of one template
        :rtype: list[str]
        """
        self.ensure_one()
        field = self._fields[name]
        texts = [self[name]]
        if field.translate:
            texts = (field._get_stored_translations(self) or {}).values()
        return [text for text in texts if text]

    @api.model
    def _continuity_unallowed(self, part, text):
        """Return what may not stand in a letter, as it stands there.

        :param str part: ``subject`` (plain text) or ``body`` (HTML)
        :param str text: in one language
        :rtype: list[str]
        """
        if part == "subject":
            return self._continuity_unallowed_inline(text)
        return self._continuity_unallowed_html(text)

    @api.model
    def _continuity_unallowed_inline(self, text):
        touchpoint = self.env[LETTER_MODEL]
        allowed = [
            expression
            for expression in touchpoint.mail_allowed_qweb_expressions()
            if touchpoint._fields[expression.removeprefix("object.")].type != "html"
        ]
        # A subject stands in lists and notifications; who has the link may act.
        allowed = [name for name in allowed if name != "object.fact_portal_link"]
        found = []
        for literal, expression, default in parse_inline_template(str(text)):
            if expression and expression not in allowed:
                found.append(expression)
            found += [
                mark
                for mark in ("{{", "}}", "t-out", "t-esc")
                if mark in literal + default
            ]
        return found

    @api.model
    def _continuity_unallowed_html(self, text):
        # Spelled as Odoo's restricted rendering finds it: anything else it would
        # leave in the text for the customer to read.
        allowed = self.env[LETTER_MODEL].mail_allowed_qweb_expressions()
        found = [mark for mark in ("{{", "}}", "<!--") if mark in text]
        for element in html.fragment_fromstring(text, create_parent="div").iter():
            directives = [name for name in element.attrib if name.startswith("t-")]
            if not directives:
                continue
            expression = element.attrib.get("t-out", "")
            if list(element.attrib) != ["t-out"] or len(element):
                found += [f"{name}={element.attrib[name]}" for name in directives]
            elif expression not in allowed:
                found.append(expression)
        return found

    # === LANGUAGES === #

    def _continuity_untranslated(self, lang):
        """Tell whether subject or text of this letter is missing in a language.

        Odoo shows another language where a translation is missing; a customer must
        not get a letter, nor half of one, in a language that is not theirs.

        :param str lang: code of the customer's language
        :rtype: bool
        """
        self.ensure_one()
        source = self.continuity_lang or "en_US"
        if lang == source or lang.split("_")[0] == source.split("_")[0]:
            return False
        for name in ("subject", "body_html"):
            field = self._fields[name]
            stored = field._get_stored_translations(self) or {}
            original = stored.get(source) or stored.get("en_US")
            if not original:
                continue
            if lang not in stored:
                return True
            if stored[lang] == original and self._is_sentence(original):
                return True
        return False

    @api.model
    def _is_sentence(self, text):
        """Tell whether a text is long enough to need a translation."""
        text = re.sub(r"\{\{.*?\}\}|<[^>]*>", "", text or "").strip()
        return len(text) > SAME_TEXT_LENGTH or len(re.findall(r"[^\W\d_]+", text)) > 1
