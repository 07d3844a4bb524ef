from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class ContinuityDissolutionIntroduction(models.Model):
    """A customer and a successor provider were introduced to each other: at an event,
    in a visit, a call or by mail (D8).

    Each is a touchpoint with the gist of what was said, so that the register of the
    campaign shows it.
    """

    _name = "continuity.dissolution.introduction"
    _description = "Introduction to a Provider"
    _inherit = ["continuity.guarded.mixin"]
    _order = "date desc, id desc"
    _rec_name = "provider_id"

    # Made by `_introduce` alone, which has checked who may.
    _guarded_fields = frozenset(
        {"line_id", "provider_id", "event_id", "touchpoint_id", "date", "note"}
    )

    line_id = fields.Many2one(
        "continuity.dissolution.customer",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    dissolution_id = fields.Many2one(
        related="line_id.dissolution_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related="line_id.company_id", store=True, index=True, precompute=True
    )
    provider_id = fields.Many2one(
        "continuity.provider",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    event_id = fields.Many2one(
        "continuity.dissolution.event",
        string="Appreciation Event",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    touchpoint_id = fields.Many2one(
        "continuity.touchpoint",
        string="Contact",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    date = fields.Datetime(readonly=True)
    note = fields.Text(string="What Was Said", readonly=True)


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    introduction_ids = fields.One2many(
        "continuity.dissolution.introduction",
        "line_id",
        string="Introductions",
        readonly=True,
    )

    def _introduce(self, provider, channel, note, event=None, date=None, minutes=0):
        """Record that a customer and a provider were introduced, as a contact that was
        held by the user.

        :param provider: ``continuity.provider``
        :param channel: ``continuity.channel`` over which they met
        :param str note: what was said
        :param event: ``continuity.dissolution.event`` at which they met, if any
        :param datetime date: when, UTC; now without, the time of the event at one
        :param int minutes: time spent besides that of the event
        :return: the introduction
        :rtype: continuity.dissolution.introduction
        :raise AccessError: unless who speaks to the customer, the task force, or who
            decides on the campaign
        :raise UserError: without a gist, before the customer has been told, or when
            the campaign does not run
        """
        self.ensure_one()
        self._check_may_report()
        self.dissolution_id._check_state("running", "reported")
        if not (note or "").strip():
            raise UserError(self.env._("Say in a sentence what was said."))
        if self.state not in ("told", "closed"):
            raise UserError(
                self.env._(
                    "%s has not been told of the dissolution yet: introduce nobody "
                    "before.",
                    self.display_name,
                )
            )
        line = self.sudo()
        if event and event.sudo().dissolution_id != line.dissolution_id:
            raise UserError(self.env._("The event belongs to another campaign."))
        at_event = event and channel.is_meeting
        number = len(
            line.introduction_ids.filtered(lambda i: i.provider_id == provider)
        )
        touchpoint = self.env["continuity.touchpoint"]._plan(
            [
                line._prepare_touchpoint_values(
                    f"introduce:{provider.id}:{number}",
                    channel,
                    name=self.env._(
                        "%(customer)s meets %(provider)s",
                        customer=line.display_name,
                        provider=provider.sudo().display_name,
                    ),
                    purpose="dissolution",
                    user_id=self.env.uid,
                    gathering_id=at_event and event.sudo().gathering_id.id,
                    date_due=line.dissolution_id._local_today(),
                )
            ]
        )
        if event and not date:
            date = event.date
        touchpoint.sudo().log_attempt(
            "held", date=date or fields.Datetime.now(), minutes=minutes, note=note
        )
        touchpoint.sudo()._refresh_relationships()
        return (
            self.env["continuity.dissolution.introduction"]
            .sudo()
            .create(
                {
                    "line_id": line.id,
                    "provider_id": provider.id,
                    "event_id": event and event.id,
                    "touchpoint_id": touchpoint.id,
                    "date": touchpoint.sudo().date_done,
                    "note": note,
                }
            )
            .sudo(False)
        )

    def action_introduce(self):
        """Open the dialog that records an introduction."""
        self.ensure_one()
        self._check_may_report()
        return self.env["continuity.dissolution.introduce"]._open(self)

    def _touchpoint_reopened(self, touchpoints):
        """An introduction reported by mistake has not taken place."""
        result = super()._touchpoint_reopened(touchpoints)
        introductions = self.sudo().introduction_ids
        introductions.filtered(lambda i: i.touchpoint_id in touchpoints).unlink()
        return result


class ContinuityDissolutionGuest(models.Model):
    _inherit = "continuity.dissolution.guest"

    def action_introduce(self):
        """Open the dialog that records an introduction at the event."""
        self.ensure_one()
        self.line_id._check_may_report()
        return self.env["continuity.dissolution.introduce"]._open(
            self.line_id, self.event_id
        )


class ContinuityDissolutionEvent(models.Model):
    """Which providers an event presents."""

    _inherit = "continuity.dissolution.event"

    provider_ids = fields.Many2many(
        "continuity.provider",
        "continuity_dissolution_event_provider_rel",
        "event_id",
        "provider_id",
        string="Providers Presented",
        help="Guests read their names in the invitation, with any interest of ours.",
    )
    introduction_count = fields.Integer(compute="_compute_introduction_count")

    def _compute_introduction_count(self):
        groups = self.env["continuity.dissolution.introduction"]._read_group(
            [("event_id", "in", self.ids)], ["event_id"], ["__count"]
        )
        counts = {event.id: count for event, count in groups}
        for event in self:
            event.introduction_count = counts.get(event.id, 0)

    def action_propose_providers(self):
        """Choose the providers that fit the guests best."""
        self._check_may_prepare()
        self._check_state("draft", "invited")
        for event in self:
            best = self.env["continuity.provider"]
            for line in event.sudo().guest_ids.line_id:
                matches = line._match_providers()
                best |= best.browse(m["provider"].id for m in matches[:1])
            event.sudo().provider_ids = [Command.link(p.id) for p in best]

    def _providers_text(self):
        """Return who is presented, with any interest of ours, in the language of the
        context; empty when nobody is.

        :rtype: str
        """
        self.ensure_one()
        names = []
        for provider in self.sudo().provider_ids:
            name = provider.partner_id.name
            if provider.interest:
                name = self.env._(
                    "%(provider)s (please note: %(interest)s)",
                    provider=name,
                    interest=provider.interest,
                )
            names.append(name)
        if not names:
            return ""
        return self.env._(
            "We will introduce to you who could serve you next: %s.", "; ".join(names)
        )

    @api.model
    def _untranslated_provider_fields(self, provider, lang):
        """Return the labels of what guests would read of a provider in another
        language.

        :param provider: ``continuity.provider``
        :param str lang: code of the language of the invitation
        :rtype: list[str]
        """
        text = provider.with_context(lang=lang).interest
        stored = provider._fields["interest"]._get_stored_translations(provider) or {}
        if not text or lang == "en_US" or lang in stored:
            return []
        return [provider._fields["interest"]._description_string(self.env)]

    def action_view_introductions(self):
        """Open who was introduced to whom at the event."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_dissolution_introduction"
        )
        action["domain"] = [("event_id", "=", self.id)]
        return action
