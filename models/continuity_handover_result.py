from collections import Counter

from odoo import api, fields, models

# The form of a running plan shows so many open lines; the list has all.
OPEN_LINES_SHOWN = 20
REPORT_STATES = ("running", "reported", "done", "cancelled")


class ContinuityHandover(models.Model):
    """The result of a plan: what moved, what did not and why, who signed off (H10)."""

    _inherit = "continuity.handover"

    result_html = fields.Html(
        compute="_compute_result_html", string="Result Report", sanitize=False
    )

    @api.depends("line_ids.state", "line_ids.visit_state", "state")
    def _compute_result_html(self):
        for plan in self:
            if plan.state not in REPORT_STATES:
                plan.result_html = False
                continue
            plan.result_html = self.env["ir.qweb"]._render(
                "customer_continuity.handover_result",
                {"plan": plan},
                minimal_qcontext=True,
            )

    def _report_lines(self):
        """Return the lines of the report that are not handed over: while the plan
        runs the first of those still open, afterwards all.

        :return: the lines, and how many more there are
        :rtype: tuple[continuity.handover.line, int]
        """
        self.ensure_one()
        if self.state != "running":
            return self.line_ids.filtered(
                lambda line: line.excluded or line.state != "moved"
            ), 0
        still_open = self.line_ids.filtered(
            lambda line: not line.excluded and line.state in ("open", "queued")
        )
        # Browsed anew: what is missing is worked out for these alone.
        shown = self.line_ids.browse(still_open[:OPEN_LINES_SHOWN].ids)
        return shown, len(still_open) - len(shown)

    def _moved_counts(self):
        """Return how many records of each kind the typed log says have moved.

        :return: label and count per kind, the most frequent first
        :rtype: list[tuple[str, int]]
        """
        self.ensure_one()
        groups = self.env["continuity.handover.move"]._read_group(
            [
                ("handover_id", "=", self.id),
                ("kind", "=", "write"),
                ("phase", "in", ("cutover", "later")),
                ("undo_ids", "=", False),
            ],
            ["model"],
            ["res_id:count_distinct"],
        )
        counts = Counter({model: count for model, count in groups})
        names = {
            model: self.env["ir.model"]._get(model).display_name for model in counts
        }
        return [(names[model], count) for model, count in counts.most_common()]

    def _visits_per_person_and_day(self):
        """Return the load of the plan: visits per day and person.

        :return: dicts of day, user and count, by day
        :rtype: list[dict]
        """
        self.ensure_one()
        load = Counter()
        for line in self.line_ids:
            if line.mode != "visit" or line.excluded or not line.date_visit:
                continue
            day = self._local_date(line.date_visit)
            for user in line._visitors():
                load[day, user] += 1
        return [
            {"day": day, "user": user, "count": count}
            for (day, user), count in sorted(
                load.items(), key=lambda item: (item[0][0], item[0][1].name)
            )
        ]

    def action_view_lines(self):
        """Open the customers of the plan."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_handover_line"
        )
        action["domain"] = [("handover_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_view_moves(self):
        """Open the typed log of what moved."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_continuity_handover_move"
        )
        action["domain"] = [("handover_id", "=", self.id)]
        return action
