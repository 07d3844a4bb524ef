from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# The five answers only a person has, in the order they are read.
ANSWERS = (
    "answer_buying",
    "answer_people",
    "answer_promises",
    "answer_risk",
    "answer_advice",
)


@dataclass(frozen=True)
class BriefColumn:
    """One kind of value in the rows of a section.

    :param str key: of the value in the row
    :param str label: what it is called, translated
    :param str kind: how the raw value is shown, see ``_format_<kind>``
    :param dict options: labels of a selection, by value
    :param bool wide: holds whole sentences, which take the room that is left
    """

    key: str
    label: str
    kind: str = "text"
    options: dict = field(default_factory=dict)
    wide: bool = False

    @property
    def css(self):
        """How its cells are set: figures flush right, dates and numbers unbroken."""
        if self.kind in ("money", "number", "quantity", "ratio", "percent"):
            return "text-end"
        if self.wide:
            return "o_brief_wide"
        return "o_brief_unbroken" if self.kind in ("date", "phone") else None


@dataclass(frozen=True)
class BriefSection:
    """One part of a brief; its rows come from ``_section_<key>``.

    :param str key: identifies it in the frozen content
    :param str title: translated
    :param list columns: of :class:`BriefColumn`
    :param bool card: a single row, shown as a list of labels and values
    """

    key: str
    title: str
    columns: list
    card: bool = False


class ContinuityHandoverBrief(models.Model):
    """The handover brief (引継書) of one customer: what the successor reads first.

    *Content* is built from Odoo when the plan is approved, and again when somebody
    asks for it before the cut-over; in between it stays as it was. It keeps raw values
    (ISO dates, amounts with their currency, names in all languages): words, dates and
    amounts take the reader's language when they are shown, on screen and on paper by
    the same template.

    Facts are collected with the rights of the app, whoever builds it, and are the
    predecessor's to hand over: everything of the company about a customer of theirs,
    and of a customer who belongs to a colleague only what carries the predecessor's
    name or nobody's. Private meetings are in no brief.

    The five *answers* are the predecessor's, or of whoever manages the plan. Read by
    predecessor, author, approvers and managers of the plan, by the successor of the
    line from the approval on, and by those who may see both plan and customer
    (``security/continuity_handover_brief_rules.xml``).
    """

    _name = "continuity.handover.brief"
    _description = "Handover Brief"
    _order = "line_id"
    _rec_name = "line_id"

    line_id = fields.Many2one(
        "continuity.handover.line", required=True, index=True, ondelete="cascade"
    )
    handover_id = fields.Many2one(
        related="line_id.handover_id", store=True, index=True, precompute=True
    )
    content = fields.Json(readonly=True)
    built_on = fields.Datetime(readonly=True)
    built_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    build_error = fields.Char(string="Could Not Be Built", readonly=True)
    answer_buying = fields.Text(string="What They Really Buy Us For")
    answer_people = fields.Text(string="Who Decides and Who Doubts")
    answer_promises = fields.Text(string="What We Promised")
    answer_risk = fields.Text(string="What Would Lose Them")
    answer_advice = fields.Text(string="One Piece of Advice")
    answered_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    answered_on = fields.Datetime(readonly=True)

    _line_uniq = models.UniqueIndex("(line_id)", "This customer has a brief already.")

    # === BUILDING === #

    @api.model
    def _build(self, lines):
        """Freeze what Odoo knows now of the customers of some lines.

        The number of statements depends neither on the number of lines nor on that
        of their documents. Whoever calls it has checked the user's right to.

        :param lines: ``continuity.handover.line``
        :rtype: continuity.handover.brief
        """
        lines = lines.sudo()
        briefs = self.sudo()._ensure(lines)
        contents = self._collect(lines)
        now = fields.Datetime.now()
        for brief in briefs:
            brief.write(
                {
                    "content": contents[brief.line_id.id],
                    "built_on": now,
                    "built_by_id": self.env.uid,
                    "build_error": False,
                }
            )
        return briefs.sudo(False)

    @api.model
    def _ensure(self, lines):
        """Return the briefs of lines, creating the missing ones empty."""
        briefs = self.search([("line_id", "in", lines.ids)])
        missing = lines - briefs.line_id
        return briefs | self.create([{"line_id": line.id} for line in missing])

    @api.model
    def _collect(self, lines, keys=None):
        """Return the raw content of the briefs of some lines.

        :param lines: ``continuity.handover.line``
        :param keys: of the sections to collect; None for all
        :return: per line id a dict of section key to ``{"rows": …, "total": …}``
        :rtype: dict[int, dict]
        """
        self.env.flush_all()
        lines = lines.sudo()
        contents = {line_id: {} for line_id in lines.ids}
        if not lines:
            return contents
        for section in self._get_sections():
            if keys is not None and section.key not in keys:
                continue
            for line_id, rows in getattr(self, f"_section_{section.key}")(
                lines
            ).items():
                contents[line_id][section.key] = rows
        return contents

    @api.model
    def _get_sections(self):
        """Return the parts of a brief in the order they are read, with the words in
        the language of the context. An extension adds a :class:`BriefSection` and a
        method ``_section_<key>(lines)``, see :meth:`_query`.

        :rtype: list[BriefSection]
        """
        return []

    @api.model
    def _query(self, lines, found, order, limit=20, keys=None):
        """Run the query of one section for a batch of lines.

        :param lines: ``continuity.handover.line``
        :param SQL found: a SELECT with a column ``line_id`` and the values of the
            rows; may use the tables ``line`` and ``person`` of :meth:`_sql_scope`
        :param SQL order: of the rows of one line
        :param int limit: how many rows of a line are kept
        :param keys: names of the columns to keep; None for all
        :return: per line id ``{"rows": list of dicts, "total": how many there are}``
        """
        self.env.cr.execute(
            SQL(
                """%s, found AS (%s), ranked AS (
            SELECT found.*,
                   row_number() OVER (PARTITION BY line_id ORDER BY %s) AS rank_n,
                   count(*) OVER (PARTITION BY line_id) AS rank_total
              FROM found)
            SELECT * FROM ranked WHERE rank_n <= %s ORDER BY line_id, rank_n""",
                self._sql_scope(lines),
                found,
                order,
                limit,
            )
        )
        result = {}
        for row in self.env.cr.dictfetchall():
            line_id, total = row.pop("line_id"), row.pop("rank_total")
            row.pop("rank_n")
            values = {
                key: self._to_raw(value)
                for key, value in row.items()
                if value not in (None, "", False) and (keys is None or key in keys)
            }
            part = result.setdefault(line_id, {"rows": [], "total": total})
            part["rows"].append(values)
        return result

    @api.model
    def _to_raw(self, value):
        """Return a value of the database as it stands in the frozen content."""
        if isinstance(value, datetime):
            return fields.Datetime.to_string(value.replace(microsecond=0))
        if isinstance(value, date):
            return fields.Date.to_string(value)
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, list):
            return [self._to_raw(item) for item in value]
        return value

    @api.model
    def _sql_scope(self, lines):
        """Return the tables every section starts from.

        ``line``: id, partner_id, lead_id, leaver_id, company_id; ``own``, whether the
        customer is the predecessor's, whose documents are theirs to hand over;
        ``seen``, whether they see the customer, who is theirs or nobody's.
        ``person``: the same for each contact of the customer that belongs to the
        company or to all, archived ones too; ``line_id``, ``person_id``.
        """
        return SQL(
            """
        WITH line AS MATERIALIZED (
            SELECT l.id, l.id AS line_id, l.partner_id, l.lead_id, l.leaver_id,
                   l.company_id,
                   COALESCE(c.user_id = l.leaver_id, FALSE) AS own,
                   COALESCE(c.user_id = l.leaver_id, l.partner_id IS NOT NULL) AS seen
              FROM continuity_handover_line l
         LEFT JOIN res_partner c ON c.id = l.partner_id
             WHERE l.id IN %s
        ), person AS MATERIALIZED (
            SELECT line.line_id, line.partner_id, line.leaver_id, line.company_id,
                   line.own, line.seen, p.id AS person_id
              FROM line
              JOIN res_partner p ON p.commercial_partner_id = line.partner_id
             WHERE p.company_id IS NULL OR p.company_id = line.company_id
        )""",
            tuple(lines.ids),
        )

    @api.model
    def _sql_theirs(self, user, scope="person"):
        """Return the condition that a document is the predecessor's to hand over.

        :param SQL user: column with the salesperson of the document
        :param str scope: ``line`` or ``person``
        """
        return SQL(
            "(%s OR %s IS NULL OR %s = %s)",
            SQL.identifier(scope, "own"),
            user,
            user,
            SQL.identifier(scope, "leaver_id"),
        )

    @api.model
    def _sql_not_private(self, event):
        """Return the condition that a meeting is none, or not private: nor in a
        calendar that is private unless said otherwise.

        :param SQL event: column with the id of the meeting
        """
        return SQL(
            """NOT EXISTS (
                SELECT FROM calendar_event private
             LEFT JOIN res_users_settings own ON own.user_id = private.user_id
                 WHERE private.id = %s
                   AND COALESCE(private.privacy, own.calendar_default_privacy, %s)
                       = 'private')""",
            event,
            self.env["res.users"]._default_user_calendar_default_privacy() or "public",
        )

    @api.model
    def _sql_variant(self, product):
        """Return the names of what tells a variant from the others of its product, in
        all languages, as Odoo names it; null where there is only one.

        :param SQL product: column with the id of the ``product.product``
        """
        return SQL(
            """(SELECT jsonb_agg(
                           value.name
                           ORDER BY choices.sequence, attribute.sequence, attribute.id)
                  FROM product_variant_combination part
                  JOIN product_template_attribute_value choice
                    ON choice.id = part.product_template_attribute_value_id
                  JOIN product_template_attribute_line choices
                    ON choices.id = choice.attribute_line_id
                   AND choices.value_count > 1
                  JOIN product_attribute_value value
                    ON value.id = choice.product_attribute_value_id
                  JOIN product_attribute attribute
                    ON attribute.id = choice.attribute_id
                 WHERE part.product_product_id = %s)""",
            product,
        )

    # === SCHEDULER === #

    @api.model
    def _domain_to_build(self):
        """Return the lines of approved plans that wait for their brief."""
        return (
            Domain("plan_state", "in", ("approved", "running"))
            & Domain("state", "=", "open")
            & Domain("excluded", "=", False)
            & (
                Domain("brief_ids", "=", False)
                | Domain(
                    "brief_ids",
                    "any",
                    [("built_on", "=", False), ("build_error", "=", False)],
                )
            )
        )
