from odoo import api, fields, models
from odoo.tools import SQL

from .continuity_dissolution_work import WORK_KINDS


class ContinuityDissolutionHours(models.Model):
    """All hours of a dissolution: the minutes of contacts with its customers, from the
    ledger of touchpoints, and the work people recorded beside them (D1, D10).

    No table: nothing to keep up to date. Contacts count as spent on customers, also
    those in which a question of a customer of the campaign was answered.
    """

    _name = "continuity.dissolution.hours"
    _description = "Hours of a Dissolution"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "partner_id"
    _depends = {
        "continuity.dissolution.work": [
            "date",
            "dissolution_id",
            "kind",
            "line_id",
            "minutes",
            "user_id",
        ],
        "continuity.dissolution.customer": [
            "dissolution_id",
            "partner_id",
            "segment",
            "tier_id",
        ],
        "continuity.touchpoint": ["origin_id", "origin_model"],
        "continuity.touchpoint.attempt": [
            "date",
            "minutes",
            "touchpoint_id",
            "user_id",
            "withdrawn",
        ],
        "continuity.concern": ["touchpoint_id"],
    }

    dissolution_id = fields.Many2one(
        "continuity.dissolution", string="Campaign", readonly=True
    )
    company_id = fields.Many2one("res.company", readonly=True)
    date = fields.Date(readonly=True)
    user_id = fields.Many2one("res.users", string="Person", readonly=True)
    kind = fields.Selection(WORK_KINDS, string="Spent On", readonly=True)
    source = fields.Selection(
        [("contact", "Contact"), ("work", "Recorded")],
        string="Known From",
        readonly=True,
    )
    tier_id = fields.Many2one(
        "continuity.tier", readonly=True, groups="customer_continuity.group_user"
    )
    segment = fields.Selection(
        selection=lambda self: (
            self.env["continuity.dissolution.customer"]
            ._fields["segment"]
            ._description_selection(self.env)
        ),
        readonly=True,
    )
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    hours = fields.Float(readonly=True)

    @property
    def _table_query(self):
        # Each attempt belongs to one contact and each contact to one row, so that
        # neither is counted twice; odd ids are contacts, even ones recorded work.
        return SQL(
            """
            SELECT 2 * attempt.id + 1 AS id, line.dissolution_id, campaign.company_id,
                   (attempt.date AT TIME ZONE 'UTC'
                    AT TIME ZONE COALESCE(calendar.tz, 'UTC'))::date AS date,
                   attempt.user_id, 'customers' AS kind, 'contact' AS source,
                   line.tier_id, line.segment, line.partner_id,
                   attempt.minutes / 60.0 AS hours
              FROM (SELECT id, origin_id AS line_id
                      FROM continuity_touchpoint
                     WHERE origin_model = 'continuity.dissolution.customer'
                 UNION ALL
                    SELECT answer.id, asked.origin_id
                      FROM continuity_touchpoint answer
                      JOIN continuity_concern concern ON concern.id = answer.origin_id
                      JOIN continuity_touchpoint asked
                        ON asked.id = concern.touchpoint_id
                     WHERE answer.origin_model = 'continuity.concern'
                       AND asked.origin_model = 'continuity.dissolution.customer'
                   ) AS contact
              JOIN continuity_touchpoint_attempt attempt
                ON attempt.touchpoint_id = contact.id
              JOIN continuity_dissolution_customer line ON line.id = contact.line_id
              JOIN continuity_dissolution campaign
                ON campaign.id = line.dissolution_id
              JOIN res_company company ON company.id = campaign.company_id
         LEFT JOIN resource_calendar calendar
                ON calendar.id = company.resource_calendar_id
             WHERE attempt.minutes > 0 AND attempt.withdrawn IS NOT TRUE
         UNION ALL
            SELECT 2 * attempt.id + 1, campaign.id, campaign.company_id,
                   (attempt.date AT TIME ZONE 'UTC'
                    AT TIME ZONE COALESCE(calendar.tz, 'UTC'))::date,
                   attempt.user_id, 'customers', 'contact',
                   NULL, NULL, NULL, attempt.minutes / 60.0
              FROM continuity_touchpoint contact
              JOIN continuity_touchpoint_attempt attempt
                ON attempt.touchpoint_id = contact.id
              JOIN continuity_dissolution campaign ON campaign.id = contact.origin_id
              JOIN res_company company ON company.id = campaign.company_id
         LEFT JOIN resource_calendar calendar
                ON calendar.id = company.resource_calendar_id
             WHERE contact.origin_model = 'continuity.dissolution'
               AND attempt.minutes > 0 AND attempt.withdrawn IS NOT TRUE
         UNION ALL
            SELECT 2 * work.id, work.dissolution_id, work.company_id, work.date,
                   work.user_id, work.kind, 'work',
                   line.tier_id, line.segment, line.partner_id, work.minutes / 60.0
              FROM continuity_dissolution_work work
         LEFT JOIN continuity_dissolution_customer line ON line.id = work.line_id
            """
        )


class ContinuityDissolution(models.Model):
    """How much of the work of a dissolution went to its customers."""

    _inherit = "continuity.dissolution"

    work_ids = fields.One2many("continuity.dissolution.work", "dissolution_id")
    hours_total = fields.Float(
        string="Hours", compute="_compute_hours", compute_sudo=True
    )
    hours_share = fields.Integer(
        string="Spent on Customers (%)", compute="_compute_hours", compute_sudo=True
    )

    @api.depends_context("uid")
    def _compute_hours(self):
        for campaign in self:
            # Who only speaks to some of its customers reads their own hours alone.
            if not campaign._origin or not campaign._sees_figures():
                campaign.hours_total = campaign.hours_share = 0
                continue
            figures = campaign._origin._hours_figures()
            campaign.hours_total = figures["total"]
            campaign.hours_share = round(figures["share"])

    def _hours_figures(self):
        """Return the hours of one campaign, by what they were spent on and by tier.

        :return: dict of ``total``, ``customers`` (hours), ``share`` (per cent of the
            whole spent on customers), ``kinds``: tuples (label, hours, per cent), and
            ``tiers``: dicts of ``tier`` (its name; empty for what is of no one
            customer), ``count`` (customers of that tier in the campaign), ``hours``,
            ``each`` (hours per customer) and ``share`` (per cent of the whole)
        :rtype: dict
        """
        self.ensure_one()
        self.env.flush_all()
        hours_model = self.env["continuity.dissolution.hours"].sudo()
        domain = [("dissolution_id", "=", self.id)]
        by_kind = dict(hours_model._read_group(domain, ["kind"], ["hours:sum"]))
        total = sum(by_kind.values())
        labels = dict(hours_model._fields["kind"]._description_selection(self.env))
        by_tier = dict(
            hours_model._read_group(
                [*domain, ("kind", "=", "customers")], ["tier_id"], ["hours:sum"]
            )
        )
        counts = dict(
            self.env["continuity.dissolution.customer"]
            .sudo()
            ._read_group([*domain, ("state", "!=", "out")], ["tier_id"], ["__count"])
        )
        tiers = (self.env["continuity.tier"].union(*by_tier, *counts)).sorted(
            lambda tier: (tier.sequence, tier.id)
        )

        def share(hours):
            return 100 * hours / total if total else 0.0

        rows = []
        # What was for no one customer, or for one without a tier, comes last.
        for tier in [*tiers, self.env["continuity.tier"]]:
            count, hours = counts.get(tier, 0), by_tier.get(tier, 0.0)
            if tier or hours:
                rows.append(
                    {
                        "tier": tier.name or "",
                        "count": count,
                        "hours": hours,
                        "each": hours / count if count else 0.0,
                        "share": share(hours),
                    }
                )
        return {
            "total": total,
            "customers": by_kind.get("customers", 0.0),
            "share": share(by_kind.get("customers", 0.0)),
            "kinds": [
                (labels[kind], by_kind[kind], share(by_kind[kind]))
                for kind in labels
                if by_kind.get(kind)
            ],
            "tiers": rows,
        }

    def action_view_hours(self):
        """Open all hours of the campaign."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_dissolution_hours"
        )
        action["domain"] = [("dissolution_id", "=", self.id)]
        return action

    def action_record_hours(self):
        """Open what the user has recorded on the campaign, to record more."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_dissolution_work"
        )
        action["domain"] = [("dissolution_id", "=", self.id)]
        action["context"] = {
            "default_dissolution_id": self.id,
            "search_default_mine": 1,
        }
        return action
