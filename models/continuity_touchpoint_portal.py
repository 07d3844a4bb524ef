from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime


def _sql_has_left(model, alias, query):
    """Return the condition that the letter has left since it was frozen: one that was
    released anew because the earlier one came back has not."""
    attempts = model.env["continuity.touchpoint.attempt"]
    attempts.flush_model(["touchpoint_id", "outcome", "date"])
    return SQL(
        """EXISTS (SELECT FROM continuity_touchpoint_attempt a
                    WHERE a.touchpoint_id = %s AND a.outcome IN ('sent', 'posted')
                      AND a.date >= %s)""",
        SQL.identifier(alias, "id"),
        SQL.identifier(alias, "frozen_on"),
    )


class ContinuityTouchpoint(models.Model):
    """The customer's page of a letter: its links, who may see it, what came back.

    What the page shows is in ``continuity_touchpoint_portal_page.py``, what its
    buttons do in ``continuity_touchpoint_portal_actions.py``.
    """

    _inherit = "continuity.touchpoint"

    # What the customer did is evidence.
    _guarded_fields = frozenset(
        {"ack_date", "ack_name", "rating", "rating_text", "portal_answer_ids"}
    )

    ack_date = fields.Datetime(
        string="Received On",
        readonly=True,
        help="When the customer said to have received it. It means no more than that.",
    )
    ack_name = fields.Char(
        string="Received By",
        readonly=True,
        help="The name that was entered; nobody has checked it.",
    )
    rating = fields.Integer(
        string="Customer's Rating",
        readonly=True,
        aggregator="avg",
        help="From 1 (poor) to 5 (very good).",
    )
    rating_text = fields.Text(string="Customer's Words", readonly=True)
    portal_answer_ids = fields.One2many(
        "continuity.portal.answer", "touchpoint_id", string="What the Customer Did"
    )
    portal_state = fields.Selection(
        [
            ("none", "No link"),
            ("valid", "Valid"),
            ("expired", "Expired"),
            ("revoked", "Revoked"),
        ],
        compute="_compute_portal_state",
        string="Link to the Page",
    )
    portal_valid_until = fields.Datetime(
        compute="_compute_portal_state", string="Valid Until"
    )

    def _compute_portal_state(self):
        # Nobody has access to the links; whether one works is no secret.
        tokens = (
            self.env["continuity.portal.token"]
            .sudo()
            .search([("touchpoint_id", "in", self.ids)])
            .grouped("touchpoint_id")
        )
        for touchpoint in self:
            links = tokens.get(touchpoint) or touchpoint.env["continuity.portal.token"]
            valid = links.filtered(lambda link: link._is_valid())
            live = links.filtered("token_hash")
            touchpoint.portal_valid_until = max(
                (valid or live).mapped("expires_on"), default=False
            )
            if valid:
                touchpoint.portal_state = "valid"
            elif live and touchpoint._has_portal_page():
                touchpoint.portal_state = "expired"
            else:
                touchpoint.portal_state = "revoked" if links else "none"

    def write(self, vals):
        result = super().write(vals)
        withdrawn = "frozen_on" in vals and not vals["frozen_on"]
        if withdrawn or vals.get("state") == "cancelled":
            self._revoke_portal_links()
        return result

    # === LINKS === #

    def _issue_portal_link(self, partner=None):
        """Make a link to the customer's page of this letter.

        Called once while the letter is frozen: the address is kept nowhere but in
        the letter.

        :param partner: ``res.partner`` of the customer the link is for; by default
            to whom the letter is addressed
        :return: the absolute address
        :rtype: str
        :raise UserError: when the person does not belong to the customer
        """
        self.ensure_one()
        partner = partner or self._letter_recipient()
        customer = self.partner_id.commercial_partner_id
        if partner.commercial_partner_id != customer:
            raise UserError(
                self.env._(
                    "%(person)s is not one of the people of %(customer)s: choose one "
                    "who is.",
                    person=partner.display_name,
                    customer=customer.display_name,
                )
            )
        secret = self.env["continuity.portal.token"]._issue(self, partner)
        return f"{self.get_base_url()}/continuity/{secret}"

    def _portal_preview_link(self):
        """Return an address that looks like a link and leads nowhere, for previews.

        :rtype: str
        """
        return f"{self[:1].get_base_url()}/continuity/preview"

    def _has_portal_page(self):
        """Tell whether there is something to show: a letter nobody has withdrawn."""
        self.ensure_one()
        return bool(self.frozen_on) and self.state != "cancelled"

    def _revoke_portal_links(self):
        """Let no link to these pages work any more."""
        # Nobody has access to the links; who may revoke is checked by the caller.
        self.env["continuity.portal.token"].sudo().search(
            [("touchpoint_id", "in", self.ids)]
        )._revoke()

    def _check_may_manage_portal(self):
        """Refuse people the customer's page is none of the business of.

        :raise AccessError: unless responsible or manager of the responsible person
        """
        self.check_access("read")
        user = self.env.user
        for touchpoint in self.sudo():
            responsible = touchpoint.user_id
            if user != responsible and not user._is_continuity_manager_of(responsible):
                raise AccessError(
                    self.env._(
                        "Links to the customer's page are revoked and renewed by "
                        "%(person)s or their manager.",
                        person=responsible.name,
                    )
                )

    def action_revoke_portal_link(self):
        """Let no link to the customer's page work any more, for good.

        :raise AccessError: unless responsible or manager of the responsible person
        """
        self._check_may_manage_portal()
        self._revoke_portal_links()

    def action_renew_portal_link(self):
        """Let the link in the customer's letter work for another period; where it
        was revoked, make a new one and show it once.

        :raise AccessError: unless responsible or manager of the responsible person
        :raise UserError: when there is no letter
        """
        self.ensure_one()
        self._check_may_manage_portal()
        if not self._has_portal_page():
            raise UserError(
                self.env._(
                    "There is no page to link to: the letter is not released, or it "
                    "was withdrawn."
                )
            )
        # Nobody has access to the links; who asks was checked above.
        links = self.env["continuity.portal.token"].sudo()
        live = links.search(
            [("touchpoint_id", "=", self.id), ("token_hash", "!=", False)]
        )
        live.expires_on = expiry = links._expiry(self.company_id)
        if live:
            message = self.env._(
                "The link in the letter works until %s.",
                format_datetime(self.env, expiry, dt_format="short"),
            )
        else:
            message = self.env._(
                "Send this new link to the customer yourself; it is shown only now: %s",
                self._issue_portal_link(),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "sticky": not live,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === MY ACCOUNT === #

    @api.model
    def _portal_domain(self, user):
        """Return which letters somebody finds under "My Account": those of their own
        customer, from companies their account belongs to, that have gone out as they
        are now and were addressed to them or to the customer as a whole. None for
        colleagues, who may
        put their own contact under any customer.

        :param user: ``res.users``
        :rtype: Domain
        """
        if not user.share:
            return Domain.FALSE
        partner = user.partner_id
        return (
            Domain("partner_id", "=", partner.commercial_partner_id.id)
            & Domain("company_id", "in", user.company_ids.ids)
            & Domain("frozen_on", "!=", False)
            & Domain("state", "!=", "cancelled")
            & Domain.custom(to_sql=_sql_has_left)
            & (
                Domain("contact_ids", "=", False)
                | Domain("contact_ids", "in", partner.ids)
            )
        )
