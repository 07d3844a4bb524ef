from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError


class ContinuityPaymentDirection(models.Model):
    """Where customers of a factoring agreement pay, from a day on (X6).

    The account is looked at by two people: one proposes it, another one confirms it
    after calling back on a number that was known before, and says so while confirming
    (``continuity.payment.direction.confirm``). Whoever changes the account before
    customers are told has proposed it anew; afterwards its number, holder and bank stay
    (``res.partner.bank``).

    ==========  ===============================================================
    state       means
    ==========  ===============================================================
    proposed    entered, or its account was changed; nobody else has checked it
    confirmed   checked by a second person; the last one in force on a day counts
    superseded  a later one was confirmed; it still holds for the days before
    ==========  ===============================================================
    """

    _name = "continuity.payment.direction"
    _description = "Payment Direction"
    _inherit = ["continuity.guarded.mixin"]
    _order = "factoring_id, effective_from desc, id desc"
    _rec_name = "effective_from"
    _check_company_auto = True

    _guarded_fields = frozenset(
        {
            "state",
            "was_confirmed",
            "proposed_by_id",
            "proposed_on",
            "confirmed_by_id",
            "confirmed_on",
            "confirmed_number",
            "call_back",
            "company_id",
        }
    )

    factoring_id = fields.Many2one(
        "continuity.factoring",
        string="Agreement",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="factoring_id.company_id", store=True, index=True, precompute=True
    )
    effective_from = fields.Date(required=True, default=fields.Date.context_today)
    kind = fields.Selection(
        [
            ("unchanged", "As before"),
            ("collection", "Collection account in our name"),
            ("factor", "The factor's account"),
        ],
        string="Customers Pay",
        required=True,
        default="factor",
    )
    bank_account_id = fields.Many2one(
        "res.partner.bank",
        string="Account",
        ondelete="restrict",
        check_company=True,
        index=True,
    )
    holder = fields.Char(related="bank_account_id.acc_holder_name")
    call_back = fields.Char(
        string="Called Back",
        readonly=True,
        copy=False,
        help="Whom the second person called, on which number known before: never one "
        "from the message that named the account.",
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("confirmed", "Confirmed"),
            ("superseded", "Superseded"),
        ],
        string="Status",
        required=True,
        default="proposed",
        readonly=True,
        copy=False,
        index=True,
    )
    was_confirmed = fields.Boolean(
        string="Told to Customers",
        readonly=True,
        copy=False,
        help="It was confirmed once: what customers were told does not go away because "
        "the account is checked again.",
    )
    proposed_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, default=lambda self: self.env.user
    )
    proposed_on = fields.Datetime(
        readonly=True, copy=False, default=fields.Datetime.now
    )
    confirmed_by_id = fields.Many2one(
        "res.users", string="Second Person", readonly=True, copy=False
    )
    confirmed_on = fields.Datetime(readonly=True, copy=False)
    confirmed_number = fields.Char(string="Number Confirmed", readonly=True, copy=False)

    # === RULES === #

    @api.constrains("kind", "bank_account_id", "factoring_id")
    def _check_account(self):
        for direction in self.sudo():
            if error := direction._account_error():
                raise ValidationError(error)

    def _account_error(self):
        """Return why customers cannot pay to the account, also of a direction that
        exists in memory only.

        :rtype: str | None
        """
        self.ensure_one()
        account, agreement = self.bank_account_id, self.factoring_id
        if self.kind == "unchanged":
            return None
        if agreement.kind == "confidential":
            return self.env._(
                "Customers of a confidential agreement pay as before: any other "
                "account would tell them of it."
            )
        if not account:
            return self.env._("Choose the account customers are to pay to.")
        owner = self._account_owner(
            self.kind, agreement.factor_id, agreement.company_id
        )
        if account.partner_id.commercial_partner_id != owner:
            return self.env._(
                "The account %(number)s does not belong to %(owner)s.",
                number=account.acc_number,
                owner=owner.name,
            )
        return None

    @api.model
    def _account_owner(self, kind, factor, company):
        """Return whose account customers pay to.

        :param str kind: of the direction
        :param factor: ``res.partner``
        :param company: ``res.company``
        :return: nobody where customers pay as before
        :rtype: res.partner
        """
        owners = {"factor": factor, "collection": company.sudo().partner_id}
        return owners.get(kind, factor.browse()).commercial_partner_id

    @api.model_create_multi
    def create(self, vals_list):
        self._check_may_direct(vals_list)
        return super().create(vals_list)

    @api.model
    def _check_may_direct(self, vals_list):
        """Refuse directions of agreements whose accounts the user does not keep, before
        any rule about the account says what kind of agreement it is.

        :param list[dict] vals_list: the values somebody wants to create or write
        :raise AccessError: when there is one
        """
        if self.env.su:
            return
        default = self.default_get(["factoring_id"])
        ids = {{**default, **vals}.get("factoring_id") for vals in vals_list}
        agreements = self.env["continuity.factoring"].browse(filter(None, ids))
        agreements._check_may_account()

    def write(self, vals):
        changed = self.browse()
        if not self.env.su:
            self.factoring_id._check_may_account()
            if "factoring_id" in vals:
                self._check_may_direct([vals])
            kept = {"effective_from", "kind", "bank_account_id", "factoring_id"}
            if kept.intersection(vals):
                changed = self
            if any(direction.was_confirmed for direction in changed):
                raise UserError(
                    self.env._(
                        "A confirmed direction is not changed: propose another one "
                        "with its own day."
                    )
                )
        result = super().write(vals)
        if changed:
            # Whoever chose the account last cannot be the one who confirms it.
            changed.sudo()._propose_anew()
        return result

    def _propose_anew(self):
        """Make the user the one who proposed: somebody else has to confirm."""
        self.write(
            {"proposed_by_id": self.env.uid, "proposed_on": fields.Datetime.now()}
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_proposed(self):
        if not self.env.su:
            self.factoring_id._check_may_account()
        if any(direction.was_confirmed for direction in self):
            raise UserError(
                self.env._("Customers were told of this account: it stays on record.")
            )

    # === TWO PEOPLE === #

    def action_confirm(self):
        """Ask the second person whom they called back; where customers pay as before
        there is no account to call about.

        :return: the dialog, or None
        :raise AccessError: unless a manager, an approver or an accountant, or for who
            proposed it
        """
        self._check_may_confirm()
        as_before = self.filtered(lambda d: d.kind == "unchanged")
        as_before._confirm(False)
        waiting = (self - as_before).filtered(lambda d: d.state == "proposed")
        if not waiting:
            return None
        waiting.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Confirm the Account"),
            "res_model": "continuity.payment.direction.confirm",
            "view_mode": "form",
            "target": "new",
            "context": {"default_direction_id": waiting.id},
        }

    def _check_may_confirm(self):
        """Refuse to be the second person of what one proposed oneself.

        :raise AccessError: also unless a manager, an approver or an accountant
        """
        self.factoring_id._check_may_account()
        for direction in self:
            if (
                direction.state == "proposed"
                and direction.proposed_by_id == self.env.user
            ):
                raise AccessError(
                    self.env._(
                        "You proposed this account: somebody else must confirm it."
                    )
                )

    def _confirm(self, call_back):
        """Confirm accounts as the second person.

        :param str call_back: whom the user called, on which number
        :raise AccessError: unless a manager, an approver or an accountant, or for who
            proposed it
        :raise UserError: while nobody was called back, or the account is archived
        """
        self._check_may_confirm()
        call_back = (call_back or "").strip()
        for direction in self:
            if direction.state != "proposed":
                continue
            account = direction.sudo().bank_account_id
            if direction.kind != "unchanged":
                if not call_back:
                    raise UserError(
                        self.env._(
                            "Call the holder of the account back, on a number you knew "
                            "before, and enter whom you spoke to."
                        )
                    )
                if not account.active:
                    raise UserError(
                        self.env._(
                            "The account %s is archived: propose another one.",
                            account.acc_number,
                        )
                    )
            # Who confirms was checked above; the guard keeps others out.
            direction.sudo().write(
                {
                    "state": "confirmed",
                    "was_confirmed": True,
                    "call_back": call_back,
                    "confirmed_by_id": self.env.uid,
                    "confirmed_on": fields.Datetime.now(),
                    "confirmed_number": account.sanitized_acc_number,
                }
            )
            direction.sudo()._supersede_earlier()

    def _supersede_earlier(self):
        self.ensure_one()
        self.factoring_id.direction_ids.filtered(
            lambda d: (
                d != self
                and d.state == "confirmed"
                and d.effective_from <= self.effective_from
            )
        ).state = "superseded"

    def _account_changed(self):
        """Ask for a second look: somebody changed or archived an account customers
        were, or are to be, told of."""
        waiting = self.sudo().filtered(lambda d: d.state == "proposed")
        confirmed = self.sudo().filtered(lambda d: d.state == "confirmed")
        if anew := waiting | confirmed:
            # Nobody has called back about what it is now.
            anew.write({"call_back": False})
            anew._propose_anew()
        for direction in confirmed:
            direction.write(
                {"state": "proposed", "confirmed_by_id": False, "confirmed_on": False}
            )
            agreement = direction.factoring_id
            agreement._remind(
                agreement.contact_id,
                lambda env, name=agreement.name: env._(
                    "%s: the account customers pay to was changed", name
                ),
                self.env._(
                    "%(user)s changed or archived it. Somebody else must call the "
                    "holder back and confirm it again.",
                    user=self.env.user.name,
                ),
            )
