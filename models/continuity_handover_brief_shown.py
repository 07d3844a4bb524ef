from odoo import api, fields, models
from odoo.tools import format_amount, format_date, formatLang

from .continuity_handover_brief import ANSWERS


class ContinuityHandoverBrief(models.Model):
    """The frozen content in the words of the reader, on screen and on paper."""

    _inherit = "continuity.handover.brief"

    def _shown_answers(self):
        """Return the five questions with their answers, empty where missing.

        :rtype: list[tuple[str, str]]
        """
        self.ensure_one()
        labels = self.fields_get(ANSWERS, ["string"])
        return [
            (labels[name]["string"], (self[name] or "").strip()) for name in ANSWERS
        ]

    def _shown_sections(self):
        """Return the frozen content in the words of the reader.

        :return: dicts with title, card, columns, rows (texts) and how many more rows
            there were
        :rtype: list[dict]
        """
        self.ensure_one()
        content = self.content or {}
        return [
            self._show_section(section, content[section.key])
            for section in self._get_sections()
            if content.get(section.key)
        ]

    @api.model
    def _show_section(self, section, part):
        """Return one section of frozen content in the words of the reader."""
        rows = [
            [self._format(column, row) for column in section.columns]
            for row in part["rows"]
        ]
        # A column nobody filled only takes room.
        used = [i for i in range(len(section.columns)) if any(row[i] for row in rows)]
        return {
            "key": section.key,
            "title": section.title,
            "card": section.card,
            "columns": [section.columns[i] for i in used],
            "rows": [[row[i] for i in used] for row in rows],
            "more": part["total"] - len(rows),
        }

    @api.model
    def _format(self, column, row):
        value = row.get(column.key)
        if value in (None, False, "", []):
            return ""
        return getattr(self, f"_format_{column.kind}")(value, column, row)

    @api.model
    def _format_text(self, value, column=None, row=None):
        if isinstance(value, dict):
            # A translated name as the database keeps it, in all its languages.
            lang = self.env.lang or "en_US"
            return value.get(lang) or value.get("en_US") or next(iter(value.values()))
        return str(value)

    @api.model
    def _format_phone(self, value, column, row):
        return value

    @api.model
    def _format_joined(self, value, column, row):
        return ": ".join(self._format_text(part) for part in value if part)

    @api.model
    def _format_product(self, value, column, row):
        name = self._format_text(value)
        variant = ", ".join(map(self._format_text, row.get("variant") or ()))
        return f"{name} ({variant})" if variant else name

    @api.model
    def _format_choice(self, value, column, row):
        if isinstance(value, str):
            return column.options.get(value, value)
        return self._format_text(value)

    @api.model
    def _format_date(self, value, column, row):
        if len(value) > len("2000-01-01"):
            moment = fields.Datetime.to_datetime(value)
            return self.env["ir.qweb.field.datetime"].value_to_html(
                moment, {"hide_seconds": True}
            )
        return format_date(self.env, value)

    @api.model
    def _format_money(self, value, column, row):
        currency = self.env["res.currency"].browse(row["currency_id"])
        return format_amount(self.env, value, currency)

    @api.model
    def _format_number(self, value, column=None, row=None):
        digits = 0 if value == int(value) else 2
        return formatLang(self.env, value, digits=digits)

    @api.model
    def _format_quantity(self, value, column, row):
        quantity = self._format_number(value)
        unit = row.get("unit")
        return f"{quantity} {self._format_text(unit)}" if unit else quantity

    @api.model
    def _format_ratio(self, value, column, row):
        return " / ".join(self._format_number(part or 0) for part in value)

    @api.model
    def _format_percent(self, value, column, row):
        return f"{self._format_number(value)} %"

    @api.model
    def _format_flag(self, value, column, row):
        return self.env._("Yes")

    @api.model
    def _format_lang(self, value, column, row):
        return dict(self.env["res.lang"].get_installed()).get(value, value)

    @api.model
    def _format_events(self, value, column, row):
        """Show purchases: day, document and the reason the customer had."""
        shown = []
        for day, document, reason in value:
            text = f"{format_date(self.env, day)} {document}"
            shown.append(f"{text}: {reason}" if reason else text)
        return "\n".join(shown)
