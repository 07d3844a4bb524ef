"""Nobody who still looks after customers is archived by accident (H11)."""

import logging

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .continuity_handover_free_time import BINDING_STATES

RELEASE_GROUPS = "base.group_system,customer_continuity.group_manager"
# A reason to go on is given for today, not for an archiving in a year.
RELEASE_DAYS = 30
# So many people are named in the message; more are counted.
MAX_NAMED = 10


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    @api.model
    def _binding_plans_of(self, users):
        """Return the plans in progress in which users still hand over or take over,
        as far as the user who asks may know of them.

        :param users: ``res.users``
        :return: ``continuity.handover`` by user id
        :rtype: dict
        """
        lines = (
            self.env["continuity.handover.line"]
            .sudo()
            .search(
                [
                    ("plan_state", "in", BINDING_STATES),
                    ("state", "in", ("open", "queued")),
                    ("excluded", "=", False),
                    "|",
                    ("handover_id.confidential", "=", False),
                    ("handover_id.reader_ids", "in", self.env.uid),
                    "|",
                    ("leaver_id", "in", users.ids),
                    ("successor_id", "in", users.ids),
                ]
            )
        )
        plans = {}
        for line in lines:
            for user in (line.leaver_id | line.successor_id) & users:
                plans[user.id] = plans.get(user.id, self.browse()) | line.handover_id
        return plans


class ResUsers(models.Model):
    """The guard: who still has customers is handed over before they are archived.

    It stands in ``write``, so that the button, the list, a departure in *Employees*
    and RPC all meet it, and before deletion. The way past it is a reason, stored by
    a settings manager or a manager of the addon (:meth:`_archive_with_reason`); no
    context key lifts it (I13). Portal users are not concerned.
    """

    _inherit = ["res.users", "continuity.guarded.mixin"]
    _name = "res.users"

    _guarded_fields = frozenset(
        {
            "continuity_released",
            "continuity_release_reason",
            "continuity_release_by_id",
            "continuity_release_on",
        }
    )

    continuity_released = fields.Boolean(
        string="May Be Archived With Customers",
        readonly=True,
        copy=False,
        groups=RELEASE_GROUPS,
        help="Somebody gave a reason to archive this user although they look after "
        "customers. Ends when the user becomes active again.",
    )
    continuity_release_reason = fields.Text(
        string="Why Archived With Customers",
        readonly=True,
        copy=False,
        groups=RELEASE_GROUPS,
    )
    continuity_release_by_id = fields.Many2one(
        "res.users",
        string="Decided By",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups=RELEASE_GROUPS,
    )
    continuity_release_on = fields.Datetime(
        string="Decided On", readonly=True, copy=False, groups=RELEASE_GROUPS
    )

    # === THE GUARD === #

    def write(self, vals):
        if "active" in vals and not vals["active"]:
            # What the guard says is only for those who may archive users.
            self.check_access("write")
            self._check_nothing_left_behind()
        result = super().write(vals)
        if vals.get("active"):
            self.sudo().filtered("continuity_released").continuity_released = False
        elif "active" in vals:
            # With the rights of the app: customers still have to hear of it.
            self.env["continuity.handover.line"].sudo()._pass_on_telling(self)
        return result

    def action_archive(self):
        self.check_access("write")
        # Before anything else: what Odoo deletes here counts too.
        self._check_nothing_left_behind()
        # Odoo deletes the activities of who is archived: OdooBot keeps them meanwhile.
        kept = self._assign_kept_activities(SUPERUSER_ID)
        result = super().action_archive()
        self._return_activities(kept)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_with_nothing_left_behind(self):
        self._check_nothing_left_behind()

    def unlink(self):
        self.check_access("unlink")
        # The database would delete them along with the user.
        self._assign_kept_activities(None)
        return super().unlink()

    def _check_nothing_left_behind(self):
        """Stop before users who still look after customers are archived.

        :raise RedirectWarning: with a link to the handover wizard, filled in, or to
            the dialog that asks for a reason
        :raise UserError: for who can open neither
        """
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=RELEASE_DAYS)
        guarded = self.sudo().filtered(
            lambda user: (
                user.active
                and not user.share
                and user.id != SUPERUSER_ID
                and not (
                    user.continuity_released and user.continuity_release_on >= limit
                )
            )
        )
        left = guarded._count_left_behind()
        if not left:
            return
        users = guarded.filtered(lambda user: user.id in left)
        lines = [f"{user.name}: {left[user.id]}" for user in users[:MAX_NAMED]]
        if len(users) > MAX_NAMED:
            lines.append(self.env._("… and %s more", len(users) - MAX_NAMED))
        message = self.env._(
            "These people cannot be archived or deleted yet, because they still look "
            "after customers:\n\n%s\n\nHand their customers over first. Where that is "
            "impossible, a settings manager or a manager of Customer Continuity can "
            "choose “Archive With a Reason” in the actions of the user.",
            "\n".join(lines),
        )
        users = users.with_env(self.env)
        if users._may_be_handed_over():
            error = RedirectWarning(
                message,
                self.env.ref("customer_continuity.action_handover_wizard").id,
                self.env._("Hand Over Customers"),
                users._prepare_handover_context(),
            )
        elif self._may_release():
            error = RedirectWarning(
                message,
                users.action_archive_with_reason(),
                self.env._("Archive With a Reason"),
            )
        else:
            raise UserError(message)
        # Odoo logs a warning with a link like a crash, unless told otherwise.
        error.loglevel = logging.INFO
        raise error

    def _count_left_behind(self):
        """Say what users still have that a handover would move, in all companies, and
        in which plans they are; two statements for any number of users.

        Counts only, and of plans only those the user who asks may know of: whether
        somebody resigns is nobody else's business yet.

        :return: text for people by user id; who has nothing is not in it
        :rtype: dict[int, str]
        """
        if not self:
            return {}
        self.env.flush_all()
        movers = self._guarding_movers()
        counts = {}
        for number, user_id, count in self.env.execute_query(
            SQL(" UNION ALL ").join(
                SQL(
                    "SELECT %s, user_id, COUNT(*) FROM (%s) found GROUP BY user_id",
                    number,
                    self._sql_left_behind(mover),
                )
                for number, mover in enumerate(movers)
            )
        ):
            counts.setdefault(user_id, []).append((movers[number].label, count))
        plans = self.env["continuity.handover"]._binding_plans_of(self)
        for user_id, user_plans in plans.items():
            label = self.env._("Handover plans in progress")
            counts.setdefault(user_id, []).append((label, len(user_plans)))
        return {
            user_id: ", ".join(f"{label}: {count}" for label, count in pairs)
            for user_id, pairs in counts.items()
        }

    def _guarding_movers(self):
        """Return the movers whose records stop the archiving of their user.

        Meetings do not: most are with colleagues, and they are in the audit.

        :rtype: list[Mover]
        """
        movers = self.env["continuity.handover"]._get_movers()
        return [mover for mover in movers if not mover.attendees]

    def _sql_left_behind(self, mover):
        """Return the SELECT of the users that the open records of a mover name."""
        domain = Domain.AND(
            [
                mover.domain,
                mover.find_domain,
                Domain(mover.user_field, "in", self.ids),
            ]
        )
        if not mover.partner_paths:
            domain &= Domain("res_model", "in", list(mover.documents))
        elif mover.model == "res.partner":
            domain &= self._domain_customers()
        model = self.env[mover.model].sudo().with_context(active_test=False)
        query = model._search(domain)
        return query.select(
            SQL("%s AS user_id", SQL.identifier(query.table, mover.user_field))
        )

    @api.model
    def _domain_customers(self):
        """Return the contacts that are neither colleagues nor own companies."""
        users = self.env["res.users"].sudo().with_context(active_test=False)
        internal = users._search([("share", "=", False)])
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        return Domain("id", "not in", internal.subselect("partner_id")) & Domain(
            "id", "not in", companies._search([]).subselect("partner_id")
        )

    # === THE TWO WAYS ON === #

    def _may_be_handed_over(self):
        """Tell whether the user may draft a plan for these people."""
        user = self.env.user
        if not user.has_group("customer_continuity.group_user"):
            return False
        return all(x == user or user._is_continuity_manager_of(x) for x in self)

    def _prepare_handover_context(self):
        """Return what fills in the handover wizard for people who leave.

        :rtype: dict
        """
        wizard = self.env["continuity.handover.wizard"]
        end = wizard._fields["date_end"].default(wizard)
        values = {
            "default_leaver_ids": [Command.set(self.ids)],
            "default_reason": "resignation",
            "default_last_day": fields.Date.to_string(end),
        }
        # The wizard says so where somebody has to switch to that company first.
        companies = self.sudo().company_id & self.env.user.company_ids
        if companies and self.env.company not in self.sudo().company_ids:
            values["default_company_id"] = companies[0].id
        return values

    def action_hand_over_customers(self):
        """Open the handover wizard filled in with these people.

        :raise AccessError: for people one neither is nor manages
        """
        self.env["continuity.handover"]._check_may_draft_for(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_handover_wizard"
        )
        action["context"] = {
            "dialog_size": "extra-large",
            **self._prepare_handover_context(),
        }
        return action

    def action_audit_what_is_left(self):
        """Show everything these people still stand in.

        :raise AccessError: unless settings manager, manager of theirs, or themself
        """
        return self.env["continuity.user.audit"]._open_for(self)

    @api.model
    def _may_release(self):
        """Tell whether the user may let colleagues be archived with customers."""
        user = self.env.user
        return (
            self.env.su
            or user.has_group("base.group_system")
            or user.has_group("customer_continuity.group_manager")
        )

    def action_archive_with_reason(self):
        """Ask why these people are archived although they look after customers."""
        action = self.env["continuity.reason.wizard"]._open(self, "archive_user")
        return {**action, "views": [(False, "form")]}

    def _archive_with_reason(self, reason):
        """Keep the reason on the users and archive them.

        Whoever may give the reason but not archive users only does the first: an
        administrator can then go on within a month.

        :param str reason: kept on the user
        :raise AccessError: unless a settings manager or a manager of the addon
        :raise UserError: without a reason, or for oneself
        """
        if not self._may_release():
            raise AccessError(
                self.env._(
                    "Only a settings manager or a manager of Customer Continuity can "
                    "let somebody be archived who still looks after customers."
                )
            )
        if self.env.user in self:
            raise UserError(self.env._("You cannot decide this about yourself."))
        reason = (reason or "").strip()
        if not reason:
            raise UserError(
                self.env._("Say why they are archived before the handover.")
            )
        self.sudo()._release(reason, self.env.uid)
        if self.has_access("write"):
            # Odoo archives memberships of sales teams too, which is Sales' right.
            self.sudo().action_archive()

    def _release(self, reason, decided_by_id):
        """Store that, why and by whom users may be archived with customers; callers
        have checked who decides.

        :param str reason: for whoever asks later
        :param int decided_by_id: ``res.users``
        """
        self.write(
            {
                "continuity_released": True,
                "continuity_release_reason": reason,
                "continuity_release_by_id": decided_by_id,
                "continuity_release_on": fields.Datetime.now(),
            }
        )

    # === THEIR ACTIVITIES === #

    def _domain_kept_activities(self):
        """Return the activities that outlive their user: all of who works with
        customers, and everybody's on records of customers."""
        group = self.env.ref("customer_continuity.group_user")
        sellers = self.sudo().filtered(lambda user: group in user.all_group_ids)
        movers = self.env["continuity.handover"]._get_movers()
        documents = {name for mover in movers for name in mover.documents}
        return Domain("user_id", "in", sellers.ids) | (
            Domain("user_id", "in", self.ids)
            & Domain("res_model", "in", list(documents))
        )

    def _assign_kept_activities(self, user_id):
        """Give the kept activities of these users to somebody, or to nobody.

        In SQL: nobody is told, and nothing that hangs on an activity moves.

        :param int user_id: ``res.users``, or None
        :return: tuples (id of the activity, id of the user before)
        :rtype: list[tuple]
        """
        if all(user.share for user in self.sudo()):
            return []
        domain = self._domain_kept_activities()
        if not user_id:
            domain &= Domain("res_model", "!=", False)
        activities = self.env["mail.activity"].sudo().with_context(active_test=False)
        query = activities._search(domain)
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """UPDATE mail_activity activity SET user_id = %s
                     FROM (%s) kept
                    WHERE kept.id = activity.id
                RETURNING kept.id, kept.user_id""",
                user_id,
                query.select(
                    SQL.identifier(query.table, "id"),
                    SQL.identifier(query.table, "user_id"),
                ),
            )
        )
        activities.invalidate_model(["user_id"])
        return rows

    @api.model
    def _return_activities(self, rows):
        """Give activities back.

        :param list rows: see :meth:`_assign_kept_activities`
        """
        if not rows:
            return
        self.env.flush_all()
        ids, user_ids = (list(column) for column in zip(*rows, strict=True))
        self.env.cr.execute(
            SQL(
                """UPDATE mail_activity activity SET user_id = kept.user_id
                     FROM unnest(%s::int[], %s::int[]) AS kept (id, user_id)
                    WHERE kept.id = activity.id""",
                ids,
                user_ids,
            )
        )
        self.env["mail.activity"].invalidate_model(["user_id"])
