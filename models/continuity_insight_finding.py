import re

from odoo import api, fields, models
from odoo.tools import SQL, escape_psql

from ..tools.text_similarity import is_unspaced
from .continuity_insight_suggestion import STATES_KEPT

# Customers suggested at once, and as many of whom is said why not: more than anybody
# writes to one by one.
SUGGESTION_LIMIT = 100

# Where a profile may name a topic: place → field of the partner.
PLACES = {
    "equipment": "continuity_equipment",
    "problems": "continuity_problems",
    "business": "continuity_business",
}


class ContinuityInsight(models.Model):
    """Which customers a piece of information fits, found by one query."""

    _inherit = "continuity.insight"

    def _suggest(self, company):
        """Suggest the customers of a company the user sees, the most fitting first.

        Suggestions somebody has begun to write stay; the others are found anew.

        :param company: ``res.company``
        :return: suggestions, those that do not suit now included
        :rtype: continuity.insight.suggestion
        """
        self.ensure_one()
        line_model = self.env["continuity.insight.suggestion"].sudo()
        visible = self.env["continuity.relationship"]._search(
            [("company_id", "=", company.id)]
        )
        line_model.search(
            [
                ("insight_id", "=", self.id),
                ("state", "=", "proposed"),
                ("why", "in", (False, "")),
                ("relationship_id", "in", visible),
            ]
        ).unlink()
        words = self.topic_ids._all_words()
        rows = self._find_fitting(company, visible, words)
        existing = {
            line.relationship_id.id: line
            for line in line_model.search(
                [
                    ("insight_id", "=", self.id),
                    ("relationship_id", "in", [row["relationship_id"] for row in rows]),
                ]
            )
        }
        for row in rows:
            row["found"] = self._found_words(row, words)
        new = line_model.create(
            [
                {
                    "insight_id": self.id,
                    "company_id": company.id,
                    "partner_id": row["partner_id"],
                    "relationship_id": row["relationship_id"],
                    "tier_id": row["tier_id"],
                    "rank": rank,
                    "found": row["found"],
                }
                for rank, row in enumerate(rows, 1)
                if row["relationship_id"] not in existing
            ]
        )
        for rank, row in enumerate(rows, 1):
            if line := existing.get(row["relationship_id"]):
                line.write({"found": row["found"], "rank": rank})
                # What could not be sent may be tried once more.
                line.filtered(lambda x: x.state == "failed").state = "proposed"
        lines = new.union(*existing.values()).filtered(lambda x: x.state == "proposed")
        self._refresh_obstacles(lines)
        return lines.with_env(self.env)

    @api.model
    def _word_pattern(self, words):
        """Return the regular expression that finds any of some words.

        A word has to begin as such, so that "press" is not found in "express"; where
        no spaces are written anything may stand before it.
        """
        parts = (
            re.escape(word) if is_unspaced(word) else rf"\m{re.escape(word)}"
            for word in words
        )
        return "|".join(parts)

    def _find_fitting(self, company, visible, words):
        """Find customers whose tags or profile name a topic.

        One statement over all customers, which returns a bounded number: those with
        the most matches first, then by tier and revenue.

        :param company: ``res.company``
        :param visible: query of the relationships the user sees
        :param list words: what the topics are called
        :return: dicts with relationship_id, partner_id, tier_id, the texts of the
            profile and the ids of matching tags
        """
        pattern = self._word_pattern(words)
        like = [f"%{escape_psql(word.lower())}%" for word in words]
        tag_ids = self._topic_tags(words).ids
        texts = {place: SQL.identifier("p", name) for place, name in PLACES.items()}
        matches = [SQL("(%s ~* %s)", text, pattern) for text in texts.values()]
        score = SQL(" + ").join(SQL("COALESCE(%s, FALSE)::int", m) for m in matches)
        columns = SQL(", ").join(
            SQL("%s AS %s", text, SQL.identifier(place))
            for place, text in texts.items()
        )
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """WITH tagged AS (
                       SELECT partner_id, ARRAY_AGG(category_id) AS tags
                         FROM res_partner_res_partner_category_rel
                        WHERE category_id = ANY(%(tag_ids)s)
                        GROUP BY partner_id
                   ), candidate AS MATERIALIZED (
                       -- Five times as fast as the regular expressions, which only
                       -- have to look at what is left.
                       SELECT id
                         FROM res_partner
                        WHERE lower(CONCAT_WS(' ', %(fields)s)) LIKE ANY(%(like)s)
                        UNION
                       SELECT partner_id FROM tagged
                   ), fitting AS (
                       SELECT r.id AS relationship_id, p.id AS partner_id, r.tier_id,
                              r.revenue, t.sequence, tagged.tags, %(columns)s,
                              %(score)s + COALESCE(CARDINALITY(tagged.tags), 0)
                                  AS score,
                              %(hindered)s AS hindered
                         FROM continuity_relationship r
                         JOIN candidate ON candidate.id = r.partner_id
                         JOIN res_partner p ON p.id = r.partner_id
                         LEFT JOIN continuity_tier t ON t.id = r.tier_id
                         LEFT JOIN tagged ON tagged.partner_id = p.id
                        WHERE r.active
                          AND r.id IN %(visible)s
                          AND (tagged.partner_id IS NOT NULL OR %(matching)s)
                   ), ranked AS (
                       SELECT *, ROW_NUMBER() OVER (
                                  PARTITION BY hindered
                                  ORDER BY score DESC, sequence, revenue DESC,
                                           relationship_id) AS place
                         FROM fitting
                   )
                   SELECT * FROM ranked WHERE place <= %(limit)s
                    ORDER BY hindered, place""",
                tag_ids=tag_ids,
                columns=columns,
                score=score,
                hindered=self._sql_hindered(company),
                visible=visible.subselect(),
                matching=SQL(" OR ").join(matches),
                like=like,
                fields=SQL(", ").join(SQL.identifier(name) for name in PLACES.values()),
                limit=SUGGESTION_LIMIT,
            )
        )
        return self.env.cr.dictfetchall()

    def _sql_hindered(self, company):
        """Return the condition under which a customer does not get it now, as far as
        the database knows: these must not take the place of those who do."""
        lang = SQL("FALSE")
        if self.lang:
            lang = SQL("COALESCE(p.lang, '') <> %s", self.lang)
        return SQL(
            """(COALESCE(p.continuity_no_courtesy, FALSE) OR %(lang)s
                OR EXISTS (SELECT FROM continuity_insight_suggestion s
                            WHERE s.partner_id = p.id AND s.company_id = %(company)s
                              AND s.state IN %(kept)s
                              AND (s.insight_id = %(insight)s
                                   OR s.planned_on > %(since)s)))""",
            lang=lang,
            company=company.id,
            kept=STATES_KEPT,
            insight=self.id,
            since=self._pause_begins(company),
        )

    @api.model
    def _pause_begins(self, company):
        """Return since when a customer should have had nothing, to get something."""
        return fields.Date.subtract(
            fields.Date.context_today(self), days=company.sudo().continuity_insight_days
        )

    @api.model
    def _topic_tags(self, words):
        """Return the tags of customers that are called like one of the topics."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT c.id
                     FROM res_partner_category c, jsonb_each_text(c.name) n
                    WHERE lower(n.value) = ANY(%s)""",
                [word.lower() for word in words],
            )
        )
        return self.env["res.partner.category"].browse(row[0] for row in rows)

    @api.model
    def _found_words(self, row, words):
        """Say what was found where: pairs of place and the words, as JSON."""
        found = []
        for place in PLACES:
            text = row[place] or ""
            named = [
                word
                for word in words
                if re.search(self._python_pattern(word), text, re.IGNORECASE)
            ]
            if named:
                found.append([place, named])
        if row["tags"]:
            tags = self.env["res.partner.category"].browse(row["tags"])
            found.append(["tags", tags.mapped("name")])
        return found

    @api.model
    def _python_pattern(self, word):
        return re.escape(word) if is_unspaced(word) else rf"\b{re.escape(word)}"

    def _refresh_obstacles(self, lines):
        """Say anew of proposed suggestions what speaks against them.

        :param lines: ``continuity.insight.suggestion``
        """
        lines = lines.sudo()
        today = fields.Date.context_today(self)
        others = lines.search_fetch(
            [
                ("partner_id", "in", lines.partner_id.ids),
                ("company_id", "in", lines.company_id.ids),
                ("state", "in", STATES_KEPT),
                ("planned_on", ">", fields.Date.subtract(today, years=1)),
            ],
            ["partner_id", "company_id", "insight_id", "planned_on"],
            order="planned_on desc",
        ).grouped(lambda line: (line.partner_id, line.company_id))
        refusals = lines.relationship_id.with_env(self.env)._contact_refusals(
            "followup"
        )
        for line in lines:
            had = others.get((line.partner_id, line.company_id), lines.browse())
            line.received_count = len(had)
            obstacle = line._find_obstacle(had - line, refusals)
            line.obstacle = obstacle
            line.suited = not obstacle


class ContinuityInsightSuggestion(models.Model):
    _inherit = "continuity.insight.suggestion"

    def _find_obstacle(self, had, refusals):
        """Return what speaks against a suggestion as a code with its facts, or None.

        :param had: other suggestions the customer had within a year, latest first
        :param dict refusals: reasons by relationship id, see ``_contact_refusals``
        """
        self.ensure_one()
        insight = self.insight_id
        pause = insight._pause_begins(self.company_id)
        recent = had.filtered(lambda line: line.planned_on > pause)[:1]
        if refusal := refusals.get(self.relationship_id.id):
            return {"code": "refusal", "text": refusal}
        if recent:
            date = fields.Date.to_string(recent.planned_on)
            return {"code": "recent", "date": date}
        if insight.lang and self.partner_id.lang != insight.lang:
            return {"code": "language"}
        return None
