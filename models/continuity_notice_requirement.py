import re

from lxml import html

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import is_html_empty
from odoo.tools.rendering_tools import parse_inline_template

FACT = re.compile(r"\bobject\.(fact_\w+)")


class MailTemplate(models.Model):
    """A letter whose contents somebody asks for: the law, a contract, good manners."""

    _inherit = "mail.template"

    continuity_contents = fields.Selection(
        [],
        string="Contents Checked As",
        help="Before such a letter is released, it is compared with the list under "
        "“Required Contents”: what is missing for this customer keeps it back. Empty: "
        "nothing is asked of its contents.",
    )


class ContinuityNoticeRequirement(models.Model):
    """One thing a notice has to say, why, and which facts say it.

    Data: processes ship theirs, and people add or archive them. A process adds its
    kinds of notice to ``mail.template.continuity_contents`` and says in
    ``_letter_jurisdictions`` of its lines which law applies.
    """

    _name = "continuity.notice.requirement"
    _description = "Required Content of a Notice"
    _inherit = ["continuity.legal.mixin"]
    _order = "contents, sequence, id"

    contents = fields.Selection(
        selection="_selection_contents", string="Notice", required=True, index=True
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    code = fields.Char(required=True, help="Short technical name, such as “reason”.")
    name = fields.Char(
        string="What It Says", required=True, translate=True, help="In a few words."
    )
    why = fields.Char(
        required=True,
        translate=True,
        help="What the customer needs it for, in one sentence.",
    )
    jurisdiction_id = fields.Many2one(
        "continuity.jurisdiction",
        ondelete="cascade",
        index="btree_not_null",
        help="Empty: wherever the company has its seat.",
    )
    fact_names = fields.Char(
        string="Facts That Say It",
        required=True,
        help="Technical names, separated by spaces; one of them is enough.",
    )
    only_if_fact = fields.Char(
        string="Only If Known",
        help="Technical name of a fact: asked only for customers of whom it is known, "
        "such as those who paid in advance.",
    )
    may_be_text = fields.Boolean(
        string="A Sentence Will Do",
        help="Where the fact is not known, the text that stands in the letter instead "
        "of it is enough.",
    )

    _code_uniq = models.Constraint(
        "UNIQUE(contents, code, jurisdiction_id)",
        "This notice has such a requirement already.",
    )

    @api.model
    def _selection_contents(self):
        field = self.env["mail.template"]._fields["continuity_contents"]
        return field._description_selection(self.env)

    @api.constrains("fact_names", "only_if_fact")
    def _check_facts(self):
        """Refuse names of facts there are none of: nothing would ever fulfil them.

        :raise ValidationError: naming the first
        """
        known = self.env["continuity.touchpoint"]._letter_facts()
        for requirement in self:
            names = [*requirement._facts(), *(requirement.only_if_fact or "").split()]
            for name in names:
                if name not in known:
                    raise ValidationError(
                        self.env._(
                            "“%s” is no fact: the facts are listed on the form of a "
                            "letter.",
                            name,
                        )
                    )

    def _facts(self):
        """Return the names of the facts any of which fulfils this requirement.

        :rtype: list[str]
        """
        self.ensure_one()
        return (self.fact_names or "").split()

    @api.model
    def _requirements_for(self, contents, jurisdiction):
        """Return what a notice has to say under a law.

        :param str contents: value of ``mail.template.continuity_contents``
        :param jurisdiction: ``continuity.jurisdiction``, or none
        :rtype: continuity.notice.requirement
        """
        return self.sudo().search(
            [
                ("contents", "=", contents),
                ("jurisdiction_id", "in", [False, *jurisdiction.ids]),
            ]
        )

    def _problem(self, used, touchpoint):
        """Return why a letter does not fulfil this requirement, or nothing.

        :param dict used: facts of the text: whether a text stands in their place
        :param touchpoint: ``continuity.touchpoint`` in the language of its letter,
            read for its facts
        :rtype: str or None
        """
        self.ensure_one()
        if self.only_if_fact and not touchpoint._has_fact(self.only_if_fact):
            return None
        present = [name for name in self._facts() if name in used]
        if not present:
            return self.env._(
                "The notice does not say: %(what)s. %(why)s Add one of these to its "
                "text: %(facts)s.",
                what=self.name,
                why=self.why,
                facts=", ".join(
                    self.env["continuity.touchpoint"]
                    ._fields[name]
                    ._description_string(self.env)
                    for name in self._facts()
                ),
            )
        if any(touchpoint._has_fact(name) for name in present):
            return None
        has_text = any(used[name] for name in present)
        # Without a text in its place, it was said already that the fact is missing.
        if self.may_be_text or not has_text:
            return None
        return self.env._(
            "The notice has to say: %(what)s. %(why)s For this customer it is not "
            "known yet.",
            what=self.name,
            why=self.why,
        )


class ContinuitySubjectMixin(models.AbstractModel):
    _inherit = "continuity.subject.mixin"

    def _letter_jurisdictions(self, touchpoints):
        """Hook: say which law the letters of these lines have to satisfy.

        :param touchpoints: ``continuity.touchpoint`` of these lines
        :return: ``continuity.jurisdiction`` by touchpoint id; none for the others
        :rtype: dict[int, continuity.jurisdiction]
        """
        return {}


class ContinuityTouchpoint(models.Model):
    """A notice says what it has to say to this customer, or it is not released."""

    _inherit = "continuity.touchpoint"

    def _letter_problems(self):
        problems = super()._letter_problems()
        checked = self.filtered(
            lambda t: (
                t.sudo().template_id.continuity_contents and not t._has_frozen_letter()
            )
        )
        jurisdictions = checked._jurisdictions_of_origins()
        no_law = self.env["continuity.jurisdiction"]
        groups = checked.grouped(
            lambda t: (
                t.sudo().template_id.continuity_contents,
                jurisdictions.get(t.id, no_law),
            )
        )
        for key, touchpoints in groups.items():
            required = self.env["continuity.notice.requirement"]._requirements_for(*key)
            for touchpoint in touchpoints:
                problems[touchpoint.id] += touchpoint._contents_problems(required)
        return problems

    def _jurisdictions_of_origins(self):
        """Ask the lines these contacts came from which law applies."""
        jurisdictions = {}
        for model, touchpoints in self.grouped("origin_model").items():
            lines = self.env[model].browse(touchpoints.mapped("origin_id"))
            if hasattr(lines, "_letter_jurisdictions"):
                jurisdictions.update(lines.exists()._letter_jurisdictions(touchpoints))
        return jurisdictions

    def _contents_problems(self, requirements):
        """Say what this notice has to say and does not, for people.

        :param requirements: ``continuity.notice.requirement`` it has to fulfil
        :rtype: list[str]
        """
        self.ensure_one()
        lang = self._letter_language()
        used = self._facts_used(*self._letter_source(lang))
        facts = self.sudo().with_context(lang=lang)
        # Sentences for the reader, facts for the customer.
        found = [r.with_env(self.env)._problem(used, facts) for r in requirements]
        return [problem for problem in found if problem]

    @api.model
    def _facts_used(self, subject, body):
        """Return the facts that stand in a text, and whether a text stands in their
        place where they are not known.

        :param str subject: with ``{{ object.fact_… }}``
        :param str body: HTML with ``t-out``
        :rtype: dict[str, bool]
        """
        used = {}
        for _literal, expression, default in parse_inline_template(str(subject)):
            for name in FACT.findall(expression):
                used[name] = used.get(name) or bool(default.strip())
        for element in html.fragment_fromstring(
            str(body) or "<p/>", create_parent="div"
        ).iter():
            for name in FACT.findall(element.attrib.get("t-out", "")):
                used[name] = used.get(name) or bool((element.text or "").strip())
        return used

    def _has_fact(self, name):
        """Tell whether a fact is known for this contact; HTML without text is not."""
        self.ensure_one()
        value = self[name]
        if self._fields[name].type == "html":
            return not is_html_empty(value)
        return bool(value)
