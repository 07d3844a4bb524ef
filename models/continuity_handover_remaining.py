from odoo import api, fields, models
from odoo.tools import SQL, format_date, format_datetime

from .continuity_handover_brief import ANSWERS

# Ids of a line are so far apart: each kind of work on it has its own.
KINDS = 16


class ContinuityHandoverRemaining(models.Model):
    """What remains for a predecessor to prepare, visit and answer, in all plans (H13).

    One row per customer and kind of work, read from lines, items, visits and outside
    steps by one SELECT: no table, nothing to keep up to date. A row is gone as soon as
    the work is done. Extensions add a kind in :meth:`_sources` and :meth:`_describe`.
    """

    _name = "continuity.handover.remaining"
    _description = "What Remains of a Handover"
    _auto = False
    _order = "value desc, days_left, id"
    _rec_name = "line_id"
    _depends = {
        "continuity.handover": ["state", "date_end", "last_day"],
        "continuity.handover.line": [
            "state",
            "excluded",
            "mode",
            "visit_state",
            "date_visit",
            "handover_id",
            "leaver_id",
            "successor_id",
            "relationship_id",
            "partner_id",
            "company_id",
        ],
        "continuity.handover.check": ["state", "line_id", "topic_id"],
        "continuity.handover.topic": ["required"],
        "continuity.handover.line.step": ["state", "actor", "line_id"],
        "continuity.handover.brief": ["line_id", *ANSWERS],
        "continuity.relationship": ["revenue"],
    }

    kind = fields.Selection(
        [
            ("visit", "To visit"),
            ("prepare", "To prepare"),
            ("answer", "Question to answer"),
            ("brief", "Brief to complete"),
            ("step", "Outside Odoo"),
        ],
        string="Kind of Work",
        readonly=True,
    )
    line_id = fields.Many2one(
        "continuity.handover.line", string="Customer", readonly=True
    )
    handover_id = fields.Many2one(
        "continuity.handover", string="Handover Plan", readonly=True
    )
    leaver_id = fields.Many2one("res.users", string="Predecessor", readonly=True)
    successor_id = fields.Many2one("res.users", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    value = fields.Monetary(
        readonly=True,
        # A customer may stand here several times.
        aggregator="max",
        help="Revenue of the customer in the period of the settings.",
    )
    item_count = fields.Integer(string="Items", readonly=True)
    moment = fields.Datetime(string="When", readonly=True)
    last_day = fields.Date(
        readonly=True, help="Last working day, or end of the period if that is sooner."
    )
    days_left = fields.Integer(readonly=True, aggregator="min")
    what = fields.Char(string="What Is to Do", compute="_compute_what")

    # === READING === #

    @property
    def _table_query(self):
        return SQL(
            """
        SELECT work.line_id * %(kinds)s + work.number AS id, work.kind, work.line_id,
               line.handover_id, line.leaver_id, line.successor_id, line.company_id,
               line.partner_id, company.currency_id,
               COALESCE(relationship.revenue, 0) AS value,
               work.item_count, work.moment,
               LEAST(plan.last_day, plan.date_end) AS last_day,
               LEAST(plan.last_day, plan.date_end) - %(today)s::date AS days_left
          FROM (%(sources)s) AS work
          JOIN continuity_handover_line line ON line.id = work.line_id
          JOIN continuity_handover plan ON plan.id = line.handover_id
          JOIN res_company company ON company.id = line.company_id
     LEFT JOIN continuity_relationship relationship
            ON relationship.id = line.relationship_id
         WHERE plan.state = 'running' AND line.state = 'open'
           AND line.excluded IS NOT TRUE""",
            kinds=KINDS,
            today=fields.Date.context_today(self),
            sources=SQL(" UNION ALL ").join(
                SQL(
                    "SELECT line_id, %s AS kind, %s AS number, item_count, moment "
                    "FROM (%s) AS source",
                    kind,
                    number,
                    source,
                )
                for kind, (number, source) in self._sources().items()
            ),
        )

    @api.model
    def _sources(self):
        """Return the SELECT of each kind of work, one row per line, with columns
        line_id, item_count and moment; extensions add theirs.

        :return: number of the kind (below :data:`KINDS`, never reused) and SELECT
        :rtype: dict[str, tuple[int, SQL]]
        """
        items = """SELECT check_item.line_id, COUNT(*)::int AS item_count,
                          NULL::timestamp AS moment
                     FROM continuity_handover_check check_item
                     JOIN continuity_handover_topic topic
                       ON topic.id = check_item.topic_id
                    WHERE check_item.state = %s
                      AND (topic.required OR check_item.state = 'returned')
                 GROUP BY check_item.line_id"""
        missing = SQL(" + ").join(
            SQL("(COALESCE(%s, '') !~ '\\S')::int", SQL.identifier(name))
            for name in ANSWERS
        )
        return {
            "prepare": (1, SQL(items, "to_prepare")),
            "visit": (
                2,
                SQL(
                    """SELECT id AS line_id, 1 AS item_count, date_visit AS moment
                         FROM continuity_handover_line
                        WHERE mode = 'visit' AND visit_state = 'planned'"""
                ),
            ),
            "answer": (3, SQL(items, "returned")),
            "brief": (
                5,
                SQL(
                    """SELECT line_id, missing AS item_count,
                              NULL::timestamp AS moment
                         FROM (SELECT line_id, %s AS missing
                                 FROM continuity_handover_brief) AS brief
                        WHERE missing > 0""",
                    missing,
                ),
            ),
            "step": (
                4,
                SQL(
                    """SELECT line_id, COUNT(*)::int AS item_count,
                              NULL::timestamp AS moment
                         FROM continuity_handover_line_step
                        WHERE state = 'open' AND actor = 'leaver'
                     GROUP BY line_id"""
                ),
            ),
        }

    # === WORDS === #

    @api.depends("kind", "item_count", "moment")
    @api.depends_context("lang", "tz")
    def _compute_what(self):
        for row in self:
            row.what = getattr(row, f"_describe_{row.kind}")()

    def _describe_prepare(self):
        return self.env._("Items to prepare: %s", self.item_count)

    def _describe_visit(self):
        if not self.moment:
            return self.env._("Arrange the visit")
        if self.moment < fields.Datetime.now():
            return self.env._(
                "Report the visit of %s",
                format_date(
                    self.env,
                    fields.Datetime.context_timestamp(self, self.moment).date(),
                ),
            )
        return self.env._(
            "Visit on %s", format_datetime(self.env, self.moment, dt_format="short")
        )

    def _describe_answer(self):
        return self.env._("Questions to answer: %s", self.item_count)

    def _describe_brief(self):
        return self.env._("Answers missing in the brief: %s", self.item_count)

    def _describe_step(self):
        names = self.line_id.sudo().step_ids.filtered(
            lambda x: x.state == "open" and x.actor == "leaver"
        )
        return ", ".join(names.step_id.mapped("name"))

    # === ONE CLICK === #

    def action_open(self):
        """Open the place where the work is done: the customer in the plan, or the one
        item that was handed back.

        :raise AccessError: for work of others
        """
        self.ensure_one()
        self.check_access("read")
        if self.kind == "answer" and self.item_count == 1:
            check = self.line_id.check_ids.filtered(lambda x: x.state == "returned")
            action = check._get_records_action(name=self.what)
            view = "customer_continuity.view_handover_check_form"
        else:
            action = self.line_id._get_records_action(name=self.what)
            view = "customer_continuity.view_handover_line_form"
        action["views"] = [(self.env.ref(view).id, "form")]
        return action
