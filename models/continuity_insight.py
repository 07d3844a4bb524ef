from odoo import fields, models
from odoo.exceptions import UserError


class ContinuityInsight(models.Model):
    """A piece of information worth a customer's time: white paper, book, report …

    One starts from the item, picks the customers it fits, writes to each why, and
    sends it one by one, about twice a year per customer; never automatically. Which
    customers it fits is found in ``continuity_insight_finding.py``.
    """

    _name = "continuity.insight"
    _description = "Worthwhile Information"
    _inherit = ["continuity.owned.files.mixin"]
    _order = "valid_until desc nulls first, id desc"

    _file_fields = ("attachment_ids",)

    name = fields.Char(string="Title", required=True)
    kind = fields.Selection(
        [
            ("white_paper", "White Paper"),
            ("book", "Book"),
            ("report", "Report"),
            ("article", "Article"),
            ("video", "Video"),
        ],
        required=True,
        default="article",
    )
    summary = fields.Text(help="What is in it, in two or three sentences.")
    url = fields.Char(string="Link")
    attachment_ids = fields.Many2many(
        "ir.attachment", "continuity_insight_attachment_rel", string="Files"
    )
    topic_ids = fields.Many2many(
        "continuity.topic",
        string="Topics",
        help="Customers are suggested whose tags or profile name one of them.",
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        help="Leave empty where the language does not matter, as with pictures.",
    )
    valid_until = fields.Date(help="After this day nobody is suggested any more.")
    company_id = fields.Many2one(
        "res.company",
        index=True,
        ondelete="cascade",
        help="Leave empty to share it with all companies.",
    )
    active = fields.Boolean(default=True)
    suggestion_ids = fields.One2many(
        "continuity.insight.suggestion",
        "insight_id",
        string="Customers It Fits",
        domain=[("suited", "=", True)],
    )
    unsuited_ids = fields.One2many(
        "continuity.insight.suggestion",
        "insight_id",
        string="Not Now",
        domain=[("suited", "=", False)],
    )
    sent_count = fields.Integer(string="Sent", compute="_compute_sent_count")

    def _compute_sent_count(self):
        counts = dict(
            self.env["continuity.insight.suggestion"]._read_group(
                [("insight_id", "in", self.ids), ("state", "in", ("planned", "sent"))],
                ["insight_id"],
                ["__count"],
            )
        )
        for insight in self:
            insight.sent_count = counts.get(insight, 0)

    def action_find_customers(self):
        """Suggest customers in the current company, and say why, or why not now.

        :return: a notification: how many it fits and how many not now
        :raise UserError: when it has no topic or is out of date
        """
        self.ensure_one()
        self.check_access("read")
        if not self.topic_ids:
            raise UserError(
                self.env._("Give it a topic first: customers are found by topics.")
            )
        today = fields.Date.context_today(self)
        if self.valid_until and self.valid_until < today:
            raise UserError(
                self.env._("It is out of date: enter another day it is valid until.")
            )
        suggestions = self._suggest(self.env.company)
        suited = suggestions.filtered("suited")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if suited else "warning",
                "message": self.env._(
                    "Fits %(suited)s of your customers; does not suit %(others)s now.",
                    suited=len(suited),
                    others=len(suggestions) - len(suited),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_sent(self):
        """Open the contacts with which it was, or will be, sent."""
        self.ensure_one()
        lines = self.env["continuity.insight.suggestion"].search(
            [("insight_id", "=", self.id)]
        )
        return self.env["res.partner"]._action_continuity_touchpoints(
            [
                ("origin_model", "=", "continuity.insight.suggestion"),
                ("origin_id", "in", lines.ids),
            ]
        )
