from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .continuity_consent import ANSWERS

# A place at the provider is taken from the customer's yes on.
TAKEN_STATES = ("agreed", "exported", "running", "done")
# Only one of these at a time for each customer.
CURRENT_STATES = ("proposed", "agreed", "exported", "running")


class ContinuityTransfer(models.Model):
    """One customer who goes, or might go, to one successor provider (D6, D7).

    =========  ================================================================
    state      means
    =========  ================================================================
    proposed   offered, or chosen by the customer; has not agreed to the contract
               passing over
    agreed     the customer agreed to the contract passing over, if the law asks
               for it; data leaves once nothing stands in the way
               (:meth:`_export_problems`)
    exported   the data has been handed over
    running    the provider serves the customer; the free period runs
    returned   the customer came back from the provider, with the reason
    done       the free period is over and the customer has stayed
    cancelled  given up: refused, withdrawn, or another provider was chosen
    =========  ================================================================

    Each customer has one that is proposed to running. Two consents are asked for, each
    for itself: to the contract passing over, and to data passing over. Both hold for
    one provider only, so that the next one asks again.
    """

    _name = "continuity.transfer"
    _description = "Transfer to a Successor"
    _inherit = ["continuity.document.mixin", "continuity.guarded.mixin"]
    _order = "id desc"
    _guarded_fields = frozenset(
        {
            "customer_id",
            "dissolution_id",
            "company_id",
            "partner_id",
            "provider_id",
            "rank",
            "reasons",
            "state",
            "contract_consent",
            "data_consent",
            "plan_consent",
            "consent_ids",
            "free_from",
            "free_until",
            "returned_on",
            "return_reason",
            "cancel_reason",
        }
    )

    name = fields.Char(compute="_compute_name")
    customer_id = fields.Many2one(
        "continuity.dissolution.customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    dissolution_id = fields.Many2one(
        related="customer_id.dissolution_id",
        store=True,
        index=True,
        precompute=True,
        string="Campaign",
    )
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="customer_id.partner_id",
        store=True,
        index=True,
        precompute=True,
        string="Business That Moves",
    )
    provider_id = fields.Many2one(
        "continuity.provider",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    interest = fields.Text(related="provider_id.interest")
    rank = fields.Integer(
        readonly=True, help="Its place among the providers that fitted, from 1."
    )
    reasons = fields.Text(string="Why This One", readonly=True)
    state = fields.Selection(
        [
            ("proposed", "Proposed to the Customer"),
            ("agreed", "Agreed"),
            ("exported", "Data Handed Over"),
            ("running", "Free Period"),
            ("returned", "Came Back"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="proposed",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    consent_ids = fields.One2many("continuity.consent", "transfer_id", readonly=True)
    contract_consent = fields.Selection(
        [("none", "No answer"), *ANSWERS],
        compute="_compute_consents",
        store=True,
        readonly=True,
        string="Consent to the Contract",
    )
    data_consent = fields.Selection(
        [("none", "No answer"), *ANSWERS],
        compute="_compute_consents",
        store=True,
        readonly=True,
        string="Consent to the Data",
    )
    plan_consent = fields.Selection(
        [("none", "No answer"), *ANSWERS],
        compute="_compute_consents",
        store=True,
        readonly=True,
        string="Approval of the Plan",
        help="Whether the customer approves the service transition plan.",
    )
    rule_id = fields.Many2one(
        "continuity.data.rule",
        string="Grounds",
        domain=[("applies_to", "=", "base")],
        compute="_compute_rule_id",
        store=True,
        readonly=False,
        ondelete="restrict",
        tracking=True,
        help="On what the data may be passed on. Counsel must check it.",
    )
    rule_information = fields.Text(related="rule_id.information")
    category_ids = fields.Many2many(
        "continuity.data.category",
        "continuity_transfer_category_rel",
        "transfer_id",
        "category_id",
        string="Data That Goes Along",
        default=lambda self: self.env["continuity.data.category"].search(
            [("by_default", "=", True)]
        ),
        help="Named in the question for consent; what is added afterwards does not "
        "leave.",
    )
    goes_abroad = fields.Boolean(compute="_compute_goes_abroad")
    free_months = fields.Integer(
        string="Free Period (months)",
        compute="_compute_free_months",
        store=True,
        readonly=False,
    )
    free_from = fields.Date(readonly=True, copy=False)
    free_until = fields.Date(readonly=True, copy=False, tracking=True)
    returned_on = fields.Date(string="Came Back On", readonly=True, copy=False)
    return_reason = fields.Text(readonly=True, copy=False)
    cancel_reason = fields.Text(readonly=True, copy=False)

    # An index, not a search: two people, or two crons, cannot both find none.
    _current_uniq = models.UniqueIndex(
        "(customer_id) WHERE state IN ('proposed', 'agreed', 'exported', 'running')",
        "This customer has a transfer under way already: end it first.",
    )

    @api.model
    def _taken_states(self):
        """Return the states in which a transfer takes a place at its provider."""
        return TAKEN_STATES

    # === COMPUTES === #

    @api.depends("customer_id", "provider_id")
    def _compute_name(self):
        for transfer in self:
            transfer.name = (
                f"{transfer.partner_id.display_name or ''} → "
                f"{transfer.provider_id.display_name or ''}"
            )

    @api.depends("name")
    def _compute_display_name(self):
        for transfer in self:
            transfer.display_name = transfer.name

    @api.depends("consent_ids")
    def _compute_consents(self):
        for transfer in self:
            transfer.contract_consent = transfer._answer("contract")
            transfer.data_consent = transfer._answer("data")
            transfer.plan_consent = transfer._answer("plan")

    @api.depends("customer_id")
    def _compute_rule_id(self):
        for transfer in self:
            if not transfer.rule_id:
                transfer.rule_id = transfer._rules("base")[:1]

    @api.depends("provider_id")
    def _compute_free_months(self):
        for transfer in self:
            transfer.free_months = transfer.provider_id.free_months

    @api.depends("provider_id.partner_id.country_id", "company_id.country_id")
    def _compute_goes_abroad(self):
        for transfer in self:
            home = transfer.company_id.sudo().country_id
            shared = self.env["continuity.jurisdiction"].search(
                [("country_ids", "in", home.ids)]
            )
            there = transfer.provider_id.sudo().partner_id.country_id
            transfer.goes_abroad = there not in home | shared.country_ids

    def _rules(self, applies_to):
        """Return the rules of this transfer's jurisdiction on a subject.

        :param str applies_to: technical value of ``continuity.data.rule``
        :rtype: continuity.data.rule
        """
        self.ensure_one()
        jurisdiction = self.sudo().dissolution_id.jurisdiction_id
        return self.env["continuity.data.rule"]._for(jurisdiction, applies_to)

    def _last_answer(self, kind):
        """Return the answer that holds to a question.

        :param str kind: technical value of ``continuity.consent``
        :rtype: continuity.consent
        """
        self.ensure_one()
        answers = self.sudo().consent_ids.filtered(
            lambda c: c.kind == kind and c.provider_id == self.sudo().provider_id
        )
        return answers.sorted("id")[-1:]

    def _answer(self, kind):
        return self._last_answer(kind).answer or "none"

    # === ACCESS === #

    def write(self, vals):
        if not self.env.su:
            self.customer_id._check_may_report()
            # What was handed over on certain grounds keeps them.
            self._check_state("proposed", "agreed")
            if "rule_id" in vals:
                self._check_decides("rule_id", vals["rule_id"])
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(
                self.env._(
                    "A transfer begins where the customer is: choose a provider there."
                )
            )
        quiet = self.with_context(mail_create_nosubscribe=True)
        transfers = super(ContinuityTransfer, quiet).create(vals_list)
        return transfers.with_env(self.env)

    def _may_be_followed(self):
        return self.sudo().dissolution_id._was_approved()

    def _check_decides(self, name, value):
        """Refuse a change of the grounds by who does not answer for the campaign.

        :raise AccessError: unless an approver or a manager
        """
        for transfer in self:
            if transfer[name].id != value:
                transfer.dissolution_id._check_may_manage()

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if not self.env.su:
            raise UserError(
                self.env._("A transfer is evidence: cancel it, with the reason.")
            )

    # === ITS COURSE === #

    def action_start_service(self):
        """The provider serves the customer from today: the free period begins.

        :raise UserError: before the data was handed over
        """
        self._check_may_act()
        self._check_state("exported")
        for transfer in self.sudo():
            today = transfer.dissolution_id._local_today()
            transfer.write(
                {
                    "state": "running",
                    "free_from": today,
                    "free_until": fields.Date.add(today, months=transfer.free_months),
                }
            )

    def _check_may_act(self):
        self.check_access("read")
        self.customer_id._check_may_report()

    def action_return(self):
        """Ask why the customer came back."""
        return self.env["continuity.reason.wizard"]._open(self, "return_customer")

    def action_cancel(self):
        """Ask why the transfer is given up."""
        return self.env["continuity.reason.wizard"]._open(self, "cancel_transfer")

    def _cancel(self, reason):
        """Give transfers up; another provider can be chosen then.

        :param str reason: why
        :raise UserError: without a reason, or once the data was handed over
        """
        self._check_may_act()
        self._check_state("proposed", "agreed")
        self._check_reason(reason)
        self.sudo().write({"state": "cancelled", "cancel_reason": reason})

    def _check_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Say why."))

    def _return(self, reason):
        """Take customers back from their providers, and propose the next one in rank.

        :param str reason: in the customer's words
        :raise UserError: without a reason, or before the data was handed over
        """
        self._check_may_act()
        self._check_state("exported", "running", "done")
        self._check_reason(reason)
        for transfer in self.sudo():
            transfer.write(
                {
                    "state": "returned",
                    "returned_on": transfer.dissolution_id._local_today(),
                    "return_reason": reason,
                }
            )
            # Before the next one: there is one at a time.
            transfer.flush_recordset()
            transfer._propose_next(reason)

    def _propose_next(self, reason):
        """Propose the next provider to a customer who came back, and say so to whoever
        speaks to them."""
        self.ensure_one()
        line = self.customer_id
        line._reopen()
        following = line._propose_transfer()
        note = following.provider_id.display_name or self.env._(
            "No other provider fits: add one, or talk to the customer."
        )
        self._remind(
            line.user_id | self.dissolution_id._lead(),
            lambda env: env._(
                "%(customer)s came back from %(provider)s: offer the next one",
                customer=self.partner_id.name,
                provider=self.provider_id.display_name,
            ),
            f"{reason}\n{note}",
        )
