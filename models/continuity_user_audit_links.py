"""Where somebody stands in the database: found from the registry, so that other
addons' models are covered without code.
"""

from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.sql import existing_tables

from .continuity_handover_movers import Mover

# Odoo's own bookkeeping about an account: it goes with the account.
TECHNICAL = (
    "auth",
    "base.",
    "base_import.",
    "bus.",
    "calendar.filters",
    "calendar.provider",
    "digest.tip",
    "discuss.",
    "ir.",
    "mail.presence",
    "res.company",
    "res.device",
    "res.groups",
    "res.role",
    "res.users",
    "web_tour.",
)
# … except what goes on working in somebody's name.
WORKING = ("ir.cron", "ir.actions.server")
# Copies that follow the customer's salesperson.
DERIVED = {("continuity.relationship", "owner_id")}
# Who did it, not who does it (I5).
HISTORY = {
    "account.analytic.line",
    "account.lock_exception",
    "continuity.touchpoint.attempt",
    "continuity.portal.token",
    "crm.iap.lead.mining.request",
    "privacy.log",
    "snailmail.letter",
}
# A plan in these states still does something about its customers.
PLANNED_STATES = ("draft", "submitted", "approved", "running")


@dataclass(frozen=True)
class Link:
    """One field of one model in which people stand.

    :param str model: name of the model
    :param str field: name of the field; empty for followers and text
    :param str kind: ``one`` (many2one), ``many`` (many2many), ``property`` (many2one
        with a value per company), ``attendee``, ``follower`` or ``text``
    :param Mover mover: what moves these records with their customer, if anything
    :param str always: the verdict on all of them, where it is known beforehand
    :param Domain open: which records are still somebody's work; None: all
    """

    model: str
    field: str
    kind: str
    mover: Mover | None = None
    always: str | None = None
    open: Domain | None = None


class ContinuityUserAudit(models.TransientModel):
    _inherit = "continuity.user.audit"

    # === WHICH LINKS THERE ARE === #

    @api.model
    def _get_links(self):
        """Return every stored link to a user: many2one and many2many fields of all
        installed models, attendees, and ids in default values.

        Left out are who created or last changed a record, copies of other fields,
        and what belongs to the account itself. An extension adds or takes away.

        :rtype: list[Link]
        """
        movers = {
            (m.model, m.user_field): m
            for m in self.env["continuity.handover"]._get_movers()
        }
        domains = self._open_domains()
        names = [name for name in sorted(self.env.registry) if self._is_audited(name)]
        tables = {self.env[name]._table for name in names}
        tables = set(existing_tables(self.env.cr, tables))
        links = []
        for name in names:
            if self.env[name]._table not in tables:
                continue
            for field in self.env[name]._fields.values():
                kind = self._link_kind(field)
                if not kind or (name, field.name) in DERIVED:
                    continue
                key = name, field.name
                mover = movers.get(key)
                links.append(
                    Link(
                        name,
                        field.name,
                        kind,
                        mover=mover,
                        always=self._known_verdict(name, field, mover, key in domains),
                        open=mover.domain if mover else domains.get(key),
                    )
                )
        links += [
            Link(m.model, m.attendees, "attendee", open=m.domain)
            for m in movers.values()
            if m.attendees
        ]
        return links + [
            Link("ir.default", "", "text", always="decision"),
            Link("mail.alias", "", "text", always="decision"),
        ]

    @api.model
    def _is_audited(self, name):
        """Tell whether the records of a model are work, not an account's own data."""
        model = self.env[name]
        if model._abstract or model._transient or not model._auto:
            return False
        return name in WORKING or not name.startswith(TECHNICAL)

    @api.model
    def _link_kind(self, field):
        """Return how a field links to users, or None."""
        if (
            field.comodel_name != "res.users"
            or not field.store
            or field.related
            or field.name in models.MAGIC_COLUMNS
            or (field.compute and field.readonly)
        ):
            return None
        if field.type == "many2many":
            return "many"
        if field.type != "many2one" or not field.column_type:
            return None
        return "property" if field.company_dependent else "one"

    @api.model
    def _known_verdict(self, name, field, mover, has_domain):
        """Return the verdict on all records of a field, or None when it depends."""
        if mover or has_domain:
            return None
        if name in HISTORY or field.name.startswith("favorite_"):
            return "left"
        # What only code writes says who did something.
        return "left" if field.readonly else None

    @api.model
    def _open_domains(self):
        """Return which records of fields no mover covers are still somebody's work.

        An extension adds its own, by model and field.

        :rtype: dict[tuple, Domain]
        """
        in_progress = (
            Domain("state", "in", ("open", "queued"))
            & Domain("excluded", "=", False)
            & Domain("plan_state", "in", PLANNED_STATES)
        )
        plans = Domain("state", "in", PLANNED_STATES)
        approvals = Domain("handover_id.state", "in", ("draft", "submitted")) & Domain(
            "decided_on", "=", False
        )
        touchpoints = Domain(self.env["continuity.touchpoint"]._domain_open())
        return {
            ("continuity.handover", "leaver_ids"): plans,
            ("continuity.handover", "named_user_ids"): Domain.FALSE,
            ("continuity.handover.line", "leaver_id"): in_progress,
            ("continuity.handover.line", "successor_id"): in_progress,
            ("continuity.handover.approval", "user_id"): approvals,
            ("continuity.handover.approval", "deputy_id"): approvals,
            ("continuity.concern", "owner_id"): Domain(
                "state", "in", ("new", "in_progress")
            ),
            ("continuity.touchpoint", "attendee_ids"): touchpoints,
            ("continuity.touchpoint", "signer_id"): touchpoints,
        }

    # === WHAT BECOMES OF THEM === #

    def _sql_links(self, links, records=False):
        """Return the SELECT that puts every record into one of the three verdicts.

        :param list links: :class:`Link`
        :param bool records: one row per record: its id and verdict; else one per link
            and verdict: number of the link, verdict, records, how many of them are
            archived, how many belong to companies that are not selected
        :rtype: SQL
        """
        plans = self._planned_rows()
        selects = []
        for number, link in enumerate(links):
            found = self._sql_link(link, plans)
            if records:
                selects.append(SQL("SELECT id, verdict FROM (%s) found", found))
            else:
                selects.append(
                    SQL(
                        """SELECT %s::int, verdict, COUNT(*),
                                  COUNT(*) FILTER (WHERE archived),
                                  COUNT(*) FILTER (WHERE elsewhere)
                             FROM (%s) found
                         GROUP BY verdict""",
                        number,
                        found,
                    )
                )
        return SQL(" UNION ALL ").join(selects)

    def _sql_link(self, link, plans):
        """Return the SELECT of the records of one link: id, verdict, archived,
        elsewhere."""
        if link.kind == "text":
            return self._sql_text(link)
        model = self.env[link.model]
        if link.always:
            verdict = SQL("%s", link.always)
        else:
            verdict = self._sql_verdict(link, plans)
        return SQL(
            """SELECT t.id, %s AS verdict, %s AS archived, %s AS elsewhere
                 FROM %s t
                WHERE %s""",
            verdict,
            self._sql_archived(model),
            self._sql_elsewhere(model),
            SQL.identifier(model._table),
            self._sql_stands_in(link),
        )

    def _sql_stands_in(self, link):
        """Return the condition that the user stands in the field of record ``t``, and
        that whoever asks may know of it."""
        condition = self._sql_is_in_field(link)
        if not link.model.startswith("continuity.handover"):
            return condition
        # A plan in confidence does not exist for others, not even as a number.
        fields = self.env[link.model]._fields
        if link.model == "continuity.handover":
            column = SQL("t.id")
        elif "handover_id" in fields and fields["handover_id"].store:
            column = SQL("t.handover_id")
        elif "line_id" in fields and fields["line_id"].store:
            column = SQL(
                "(SELECT handover_id FROM continuity_handover_line l "
                "WHERE l.id = t.line_id)"
            )
        else:
            return condition
        plans = self._visible_plans()
        if not plans.has_access("read"):
            return SQL("FALSE")
        return SQL("%s AND %s IN %s", condition, column, plans._search([]).subselect())

    def _sql_is_in_field(self, link):
        """Return the condition that the user stands in the field of record ``t``."""
        field = self.env[link.model]._fields[link.field]
        user = self.user_id
        column = SQL.identifier("t", link.field)
        if link.kind == "one":
            return SQL("%s = %s", column, user.id)
        if link.kind == "property":
            return SQL(
                "EXISTS (SELECT FROM jsonb_each_text(%s) v WHERE v.value = %s)",
                column,
                str(user.id),
            )
        related = SQL(
            "EXISTS (SELECT FROM %s r WHERE r.%s = t.id AND r.%s = %s)",
            SQL.identifier(field.relation),
            SQL.identifier(field.column1),
            SQL.identifier(field.column2),
            (user.partner_id if link.kind == "attendee" else user).id,
        )
        if link.kind == "attendee":
            # What they organise themselves is found by its organiser.
            return SQL("%s AND t.user_id IS DISTINCT FROM %s", related, user.id)
        return related

    def _sql_verdict(self, link, plans):
        """Return plan, left or decision for record ``t``."""
        planned = [SQL("FALSE")]
        if link.mover:
            for company, rows in plans.items():
                matching = self.env["continuity.handover"]._sql_matching(
                    link.mover, rows, company
                )
                if matching is not None:
                    planned.append(
                        SQL("t.id IN (%s SELECT res_id FROM matching)", matching)
                    )
        elif (link.model, link.field) in (
            ("continuity.handover", "leaver_ids"),
            ("continuity.handover.line", "leaver_id"),
        ):
            planned.append(self._sql_among(link))
        still_open = SQL("TRUE") if link.open is None else self._sql_among(link)
        return SQL(
            "CASE WHEN %s THEN 'plan' WHEN %s THEN 'decision' ELSE 'left' END",
            SQL(" OR ").join(planned),
            still_open,
        )

    def _sql_among(self, link):
        """Return the condition that record ``t`` is still somebody's work."""
        value = self.user_id
        if link.kind == "attendee":
            value = value.partner_id
        model = self.env[link.model].sudo().with_context(active_test=False)
        query = model._search(link.open & Domain(link.field, "in", value.ids))
        return SQL("t.id IN %s", query.subselect())

    @api.model
    def _sql_archived(self, model):
        field = model._fields.get(model._active_name)
        if field is None or not field.store or not field.column_type:
            return SQL("FALSE")
        return SQL("%s IS FALSE", SQL.identifier("t", field.name))

    @api.model
    def _sql_elsewhere(self, model):
        field = model._fields.get("company_id")
        if field is None or not field.store or field.comodel_name != "res.company":
            return SQL("FALSE")
        return SQL(
            "COALESCE(t.company_id <> ALL(%s), FALSE)", list(self.env.companies.ids)
        )

    def _sql_text(self, link):
        """Return the SELECT of default values in which the user's id is written."""
        if link.model == "ir.default":
            condition = SQL(
                """t.json_value = %s AND EXISTS (
                    SELECT FROM ir_model_fields f
                     WHERE f.id = t.field_id AND f.relation = 'res.users')""",
                str(self.user_id.id),
            )
        else:
            condition = SQL(
                "t.alias_defaults ~ %s", rf"'[a-z_]*user_id'\s*:\s*{self.user_id.id}\M"
            )
        return SQL(
            """SELECT t.id, 'decision' AS verdict, FALSE AS archived,
                      FALSE AS elsewhere FROM %s t WHERE %s""",
            SQL.identifier(self.env[link.model]._table),
            condition,
        )

    def _sql_followed(self):
        """Return the SELECT of what the user follows: model and record.

        Without handovers: that somebody follows a confidential plan tells of it.
        """
        return SQL(
            """SELECT res_model, res_id FROM mail_followers
                WHERE partner_id = %s
                  AND res_model NOT LIKE 'continuity.handover%%'""",
            self.user_id.partner_id.id,
        )

    # === PLANS === #

    def _visible_plans(self):
        """Return the model of plans as whoever asks sees it, in all their companies."""
        return self.env["continuity.handover"].with_context(
            allowed_company_ids=self.env.user.company_ids.ids
        )

    def _plans(self):
        """Return the plans that hand over the user's customers, of those whoever asks
        may see: a confidential one does not exist for others.

        :rtype: continuity.handover
        """
        plans = self._visible_plans()
        if not plans.has_access("read"):
            return plans
        return plans.search(
            [
                ("state", "in", PLANNED_STATES),
                ("line_ids.leaver_id", "in", self.user_id.ids),
            ]
        )

    def _planned_rows(self):
        """Return the open lines of these plans, as ``_sql_matching`` wants them, by
        company.

        :rtype: dict
        """
        lines = (
            self._plans()
            .sudo()
            .line_ids.filtered(
                lambda line: (
                    line.leaver_id == self.user_id
                    and line.state in ("open", "queued")
                    and not line.excluded
                )
            )
        )
        return {
            company: [
                (
                    line.id,
                    line.leaver_id.id,
                    line.partner_id.id or None,
                    line.lead_id.id or None,
                )
                for line in company_lines
            ]
            for company, company_lines in lines.grouped("company_id").items()
        }
