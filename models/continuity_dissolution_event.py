from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# What the meetings of the guests follow.
FOLLOWED_FIELDS = frozenset({"date", "duration", "place"})


class ContinuityDissolutionEvent(models.Model):
    """An appreciation event (感謝の会, 答谢会) of a dissolution (D8): customers hear
    the reason from the owner, are thanked and meet those who could serve them next.

    =========  ================================================================
    state      means
    =========  ================================================================
    draft      being prepared; nobody has been invited
    invited    guests have been invited; more can be
    held       it took place; who came is recorded
    cancelled  called off, with the reason
    =========  ================================================================

    Each guest has an invitation and a meeting of their own among the touchpoints; in
    the calendar it is one meeting of colleagues (``continuity.gathering``).
    """

    _name = "continuity.dissolution.event"
    _description = "Appreciation Event"
    _inherit = ["continuity.document.mixin", "continuity.guarded.mixin"]
    _order = "date desc, id desc"

    _guarded_fields = frozenset({"state", "gathering_id", "cancel_reason"})

    name = fields.Char(
        required=True,
        translate=True,
        default=lambda self: self.env._("Appreciation event"),
    )
    dissolution_id = fields.Many2one(
        "continuity.dissolution",
        string="Campaign",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="dissolution_id.company_id", store=True, index=True, precompute=True
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("invited", "Invited"),
            ("held", "Held"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    online = fields.Boolean(
        default=True,
        help="A video meeting: nobody has to travel, and nobody is kept away by that.",
    )
    date = fields.Datetime(string="When", tracking=True)
    duration = fields.Float(string="Duration (hours)", default=1.5, required=True)
    place = fields.Char(
        string="Link or Address",
        help="Of the video meeting, or where it takes place. Guests read it.",
    )
    host_id = fields.Many2one(
        "res.users",
        compute="_compute_host_id",
        store=True,
        readonly=False,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Speaks to the guests and signs the invitation; usually the owner.",
    )
    about = fields.Text(
        string="What It Is About",
        translate=True,
        help="What guests are invited for, in the words of the invitation: the reason, "
        "how it goes on, who will be there.",
    )
    guest_ids = fields.One2many(
        "continuity.dissolution.guest", "event_id", string="Guests"
    )
    gathering_id = fields.Many2one(
        "continuity.gathering",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    cancel_reason = fields.Char(string="Why Cancelled", readonly=True, copy=False)
    guest_count = fields.Integer(compute="_compute_counts", string="Guests Chosen")
    coming_count = fields.Integer(compute="_compute_counts", string="Coming")
    attended_count = fields.Integer(compute="_compute_counts", string="Came")
    may_prepare = fields.Boolean(compute="_compute_may_prepare")

    @api.depends("dissolution_id")
    def _compute_host_id(self):
        for event in self:
            campaign = event.dissolution_id
            event.host_id = event.host_id or campaign.owner_id

    @api.depends("guest_ids.attendance")
    def _compute_counts(self):
        for event in self:
            states = event.guest_ids.mapped("attendance")
            event.guest_count = len(states)
            event.coming_count = states.count("coming")
            event.attended_count = states.count("attended")

    @api.depends("dissolution_id")
    @api.depends_context("uid")
    def _compute_may_prepare(self):
        for event in self:
            event.may_prepare = event._may_prepare()

    # === ACCESS === #

    def _may_prepare(self):
        """Tell whether the user prepares the event: the task force, the owner, the
        host, or who decides on the campaign.

        :rtype: bool
        """
        self.ensure_one()
        campaign = self.sudo().dissolution_id
        people = campaign.member_ids.user_id | campaign.owner_id | campaign.create_uid
        people |= self.sudo().host_id
        return (
            self.env.user in people
            or campaign.with_user(self.env.user).sudo(False)._may_manage()
        )

    def _check_may_prepare(self):
        """Refuse changes by anybody else.

        :raise AccessError: unless :meth:`_may_prepare`
        """
        if self.env.su:
            return
        for event in self:
            event.dissolution_id.check_access("read")
            if not event._may_prepare():
                raise AccessError(
                    self.env._(
                        "“%s” is prepared by the task force of the campaign.",
                        event.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        quiet = self.with_context(mail_create_nosubscribe=True)
        events = super(ContinuityDissolutionEvent, quiet).create(vals_list)
        events = events.with_env(self.env)
        events._check_may_prepare()
        return events

    def _may_be_followed(self):
        return self.sudo().dissolution_id._was_approved()

    def write(self, vals):
        self._check_may_prepare()
        if not self.env.su:
            self._check_state("draft", "invited")
        result = super().write(vals)
        self._check_may_prepare()
        if FOLLOWED_FIELDS & set(vals):
            self._update_gathering()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        self._check_may_prepare()
        if any(event.state != "draft" for event in self):
            raise UserError(
                self.env._("Guests were invited: cancel the event instead.")
            )

    # === INVITING === #

    def action_propose_guests(self):
        """Choose the key accounts of the campaign: those of the first tier."""
        self._check_may_prepare()
        self._check_state("draft", "invited")
        first = self.env["continuity.tier"].search([], limit=1)
        for event in self.sudo():
            lines = event.dissolution_id.customer_ids.filtered(
                lambda line: line.tier_id == first and line.state != "out"
            )
            self.env["continuity.dissolution.guest"].sudo().create(
                [
                    {"event_id": event.id, "line_id": line.id}
                    for line in lines - event.guest_ids.line_id
                ]
            )

    def _invitation_errors(self):
        """Return what keeps invitations from going out; extensions add theirs.

        :rtype: list[str]
        """
        self.ensure_one()
        errors = []
        if self.dissolution_id.state != "running":
            errors.append(
                self.env._(
                    "Guests are invited while the campaign runs: before, they have not "
                    "been told why."
                )
            )
        if not self.date or self.date <= fields.Datetime.now():
            errors.append(self.env._("Enter a day and time that lie ahead."))
        if not (self.place or "").strip():
            errors.append(
                self.env._("Enter the link of the video meeting, or the address.")
            )
        if not self.host_id:
            errors.append(self.env._("Say who speaks to the guests."))
        if not self.guest_ids.filtered(lambda g: g.attendance == "chosen"):
            errors.append(self.env._("Choose the guests who are to be invited."))
        return errors

    def action_invite(self):
        """Plan invitation and meeting of the guests chosen; those who have not been
        told of the dissolution yet are left for later, and named.

        :return: a notification that names who was left out, or None
        :raise AccessError: unless :meth:`_may_prepare`
        :raise UserError: listing everything in the way
        """
        self.ensure_one()
        self._check_may_prepare()
        self._check_state("draft", "invited")
        event = self.sudo()
        if errors := event._invitation_errors():
            raise UserError("\n".join(errors))
        chosen = event.guest_ids.filtered(lambda g: g.attendance == "chosen")
        told = chosen.filtered(lambda g: g.line_id.state in ("told", "closed"))
        if not told:
            raise UserError(
                self.env._(
                    "None of the guests has been told of the dissolution yet. An "
                    "invitation must not be how they learn of it."
                )
            )
        event._ensure_gathering()
        told._invite()
        event.state = "invited"
        if waiting := chosen - told:
            return self._say_not_invited(waiting)
        return None

    def _say_not_invited(self, guests):
        """Return the notification that names guests who are not invited yet."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": self.env._(
                    "Not invited yet, because nobody has told them of the dissolution: "
                    "%s. Invite them afterwards.",
                    ", ".join(guests.mapped("display_name")),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _ensure_gathering(self):
        """Make the one meeting the guests have in common, if there is none."""
        self.ensure_one()
        if not self.gathering_id:
            lang = self.company_id.partner_id.lang or self.env.lang
            self.gathering_id = (
                self.env["continuity.gathering"]
                .sudo()
                .create(
                    {
                        "name": self.with_context(lang=lang).name,
                        "company_id": self.company_id.id,
                        "date": self.date,
                        "duration": self.duration,
                        "place": self.place,
                    }
                )
            )

    def _update_gathering(self):
        """Let the meetings of the guests follow a new time or place."""
        for event in self.sudo():
            gathering = event.gathering_id
            if not gathering or event.state != "invited":
                continue
            if gathering.place != event.place:
                gathering.place = event.place
                gathering._sync_event()
            if event.date and (gathering.date, gathering.duration) != (
                event.date,
                event.duration,
            ):
                gathering._move(event.date, event.duration)

    # === AFTERWARDS === #

    def action_held(self):
        """Record that the event took place: who has not come is absent.

        :raise UserError: before it has begun, or when nobody came
        """
        self._check_may_prepare()
        self._check_state("invited")
        for event in self.sudo():
            if event.date > fields.Datetime.now():
                raise UserError(self.env._("The event has not begun yet."))
            if not event.attended_count:
                raise UserError(self.env._("Mark the guests who came first."))
            event.guest_ids.filtered(
                lambda g: g.attendance in ("invited", "coming")
            )._absent()
            event.state = "held"

    def action_cancel(self):
        """Ask why the event is called off."""
        return self.env["continuity.reason.wizard"]._open(self, "cancel_event")

    def _cancel(self, reason):
        """Call the event off; invitations that have not left do not leave. Guests who
        have theirs are listed as to-dos of who speaks to them.

        :param str reason: kept on the event
        :raise UserError: without a reason, or once it was held
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the event is called off."))
        self._check_may_prepare()
        self._check_state("draft", "invited")
        for event in self.sudo():
            guests = event.guest_ids.filtered(
                lambda g: g.attendance in ("invited", "coming")
            )
            reached = guests.filtered(lambda g: g.invitation_id.state == "done")
            (guests.invitation_id | guests.meeting_id)._cancel(reason)
            event.write({"state": "cancelled", "cancel_reason": reason})
            for user, some in reached.grouped(lambda g: g.line_id.user_id).items():
                names = ", ".join(some.mapped("display_name"))
                event._remind(
                    user or event.host_id,
                    lambda env, names=names: env._(
                        "The event is called off. Tell %s", names
                    ),
                    reason,
                )

    def action_view_guests(self):
        """Open the guests of the event."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_dissolution_guest"
        )
        action["domain"] = [("event_id", "=", self.id)]
        return action


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    # Events have checks of their own.
    _editable_fields = frozenset({"event_ids"})

    event_ids = fields.One2many(
        "continuity.dissolution.event", "dissolution_id", string="Events"
    )

    def _withdraw(self, reason):
        result = super()._withdraw(reason)
        self.event_ids.filtered(lambda e: e.state in ("draft", "invited"))._cancel(
            reason
        )
        return result
