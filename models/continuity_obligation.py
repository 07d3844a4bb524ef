from odoo import api, fields, models
from odoo.exceptions import UserError

# What we owe the customer: it makes them "unfulfilled".
OWED_KINDS = ("undelivered", "prepayment", "credit")
# What they owe us, or will.
OWING_KINDS = ("open_invoice", "uninvoiced")
FOUND_KINDS = (*OWED_KINDS, *OWING_KINDS)

# Campaigns whose register still changes.
OPEN_CAMPAIGN_STATES = ("draft", "submitted", "approved", "running")

# What may still be added once a row has ended.
REMARKS = frozenset({"note", "tracking_ref", "user_id", "deadline"})
# What a person arranges on a row that was found in the books; the rest is the books'.
ARRANGED_FIELDS = frozenset(
    {
        "resolution",
        "deadline",
        "user_id",
        "note",
        "tracking_ref",
        "accepted_on",
        "accepted_by",
    }
)


class ContinuityObligation(models.Model):
    """One thing still open between a customer and what is wound down (D4).

    Found in the books (``origin_id`` is set), or typed by a person: data held, help
    with exporting or migrating it, warranty, a shipment under way.

    =======  ==================================================================
    state    means
    =======  ==================================================================
    open     is still owed
    settled  has ended: the documents say so, or a person who typed it
    decided  is not settled; a person decided by name how it ends, with the reason
    =======  ==================================================================

    A decision covers what was owed when it was taken. When the books show more
    later, the row is open again.

    Found rows are unique per campaign, kind and document
    (``continuity_obligation_refresh.py``); a document that is settled settles its
    row, and one that is open again opens it again.
    """

    _name = "continuity.obligation"
    _description = "Obligation"
    _inherit = ["continuity.guarded.mixin"]
    _order = "dissolution_id desc, customer_id, kind, id"
    _rec_name = "description"

    _guarded_fields = frozenset(
        {
            "dissolution_id",
            "company_id",
            "partner_id",
            "origin_model",
            "origin_id",
            "origin_name",
            "quantity_total",
            "state",
            "settled_on",
            "settled_by_id",
            "settled_by_document",
            "decision",
            "decided_by_id",
            "decided_on",
            "decided_amount",
            "decided_quantity",
        }
    )

    customer_id = fields.Many2one(
        "continuity.dissolution.customer",
        string="Customer in the Campaign",
        required=True,
        index=True,
        ondelete="cascade",
    )
    dissolution_id = fields.Many2one(
        related="customer_id.dissolution_id",
        store=True,
        index=True,
        precompute=True,
        string="Campaign",
    )
    # Few indexes: a campaign writes tens of thousands of rows at once.
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="customer_id.partner_id",
        store=True,
        precompute=True,
        string="Customer",
    )
    kind = fields.Selection(
        [
            ("undelivered", "Not delivered"),
            ("prepayment", "Paid in advance"),
            ("credit", "Credit"),
            ("uninvoiced", "Delivered, not invoiced"),
            ("open_invoice", "Invoice not paid"),
            ("data", "Data we hold"),
            ("export_help", "Help with exporting data"),
            ("warranty", "Warranty"),
            ("shipment", "Shipment under way"),
            ("other", "Something else"),
        ],
        required=True,
        default="other",
    )
    origin_model = fields.Char(readonly=True, copy=False)
    origin_id = fields.Many2oneReference(
        model_field="origin_model", string="Found In", readonly=True, copy=False
    )
    origin_name = fields.Char(string="Document", readonly=True, copy=False)
    description = fields.Text(
        required=True,
        help="In words the customer understands: it stands in their letter.",
    )
    date = fields.Date(
        help="When it is due by the document: delivery promised, payment due. Else the "
        "day of the document.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        ondelete="restrict",
        default=lambda self: self.env.company.currency_id,
    )
    amount = fields.Monetary(help="In the currency of the document, with taxes.")
    quantity = fields.Float(
        string="Open Quantity",
        digits="Product Unit",
        help="How much of it is still open.",
    )
    quantity_total = fields.Float(
        string="Ordered", digits="Product Unit", readonly=True
    )
    uom_id = fields.Many2one("uom.uom", string="Unit", ondelete="set null")
    resolution = fields.Selection(
        [
            ("deliver", "Deliver"),
            ("transfer", "Pass to the successor provider"),
            ("refund", "Refund"),
            ("release", "The customer releases us"),
            ("pay", "The customer pays"),
            ("export", "Export the data"),
        ],
        string="How It Ends",
    )
    deadline = fields.Date(help="By when it is to have ended.")
    user_id = fields.Many2one(
        "res.users", string="Responsible", index=True, ondelete="restrict"
    )
    note = fields.Text(string="Remarks", help="For colleagues only.")
    tracking_ref = fields.Char(
        string="Tracking Reference", help="Of the carrier; the customer sees it."
    )
    accepted_on = fields.Date(
        string="Acceptance On",
        help="When the customer said that it works for them.",
    )
    accepted_by = fields.Char(
        string="Acceptance By", help="Who of the customer's people said so."
    )
    state = fields.Selection(
        [("open", "Open"), ("settled", "Settled"), ("decided", "Decided")],
        string="Status",
        required=True,
        default="open",
        readonly=True,
        copy=False,
    )
    settled_on = fields.Date(readonly=True, copy=False)
    settled_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="restrict"
    )
    settled_by_document = fields.Boolean(
        string="Settled by the Books", readonly=True, copy=False
    )
    decision = fields.Text(readonly=True, copy=False)
    decided_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="restrict"
    )
    decided_on = fields.Datetime(readonly=True, copy=False)
    decided_amount = fields.Monetary(readonly=True, copy=False)
    decided_quantity = fields.Float(readonly=True, copy=False, digits="Product Unit")
    is_found = fields.Boolean(compute="_compute_is_found", string="From the Books")
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")

    _unique_origin = models.UniqueIndex(
        "(dissolution_id, kind, origin_model, origin_id) WHERE origin_id > 0",
        "This document is in the register already.",
    )

    @api.depends("origin_id")
    def _compute_is_found(self):
        for row in self:
            row.is_found = bool(row.origin_id)

    @api.depends("deadline", "state")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for row in self:
            row.is_late = bool(
                row.state == "open" and row.deadline and row.deadline < today
            )

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = [
            ("state", "=", "open"),
            ("deadline", "<", fields.Date.context_today(self)),
        ]
        return late if True in value else ["!", "&", *late]

    @api.onchange("kind")
    def _onchange_kind(self):
        proposals = {"data": "export", "export_help": "export", "shipment": "deliver"}
        for row in self:
            row.resolution = row.resolution or proposals.get(row.kind)

    # === ACCESS === #

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        if not self.env.su:
            # Not by their own name on it: whoever may record for the customer.
            rows.customer_id._check_may_report()
            rows._check_may_arrange()
            if any(row.kind in FOUND_KINDS for row in rows):
                raise UserError(
                    self.env._(
                        "Orders, invoices and payments are found in the books: enter "
                        "the document there. What is typed here is data, help, "
                        "warranty, a shipment or something else."
                    )
                )
        return rows

    def write(self, vals):
        if not self.env.su:
            self._check_guarded_fields(vals)
            self._check_may_arrange()
            self._check_found(vals)
            self._check_not_ended(vals)
            if "customer_id" in vals and self.customer_id.ids != [vals["customer_id"]]:
                raise UserError(
                    self.env._(
                        "An obligation stays with its customer: delete it here and "
                        "enter it there."
                    )
                )
        return super().write(vals)

    def _check_found(self, vals):
        """Refuse other values for what the books say, and kinds that only they give.

        :raise UserError: naming what to do instead
        """
        other = set(vals) - ARRANGED_FIELDS
        if other and any(row.origin_id for row in self):
            labels = ", ".join(self._fields[name].string for name in sorted(other))
            raise UserError(
                self.env._(
                    "%s comes from the books: correct the document, and the next "
                    "refresh brings it here.",
                    labels,
                )
            )
        if vals.get("kind") in FOUND_KINDS or (
            "kind" in vals and any(row.kind in FOUND_KINDS for row in self)
        ):
            raise UserError(self.env._("This kind comes from the books only."))

    def _check_not_ended(self, vals):
        """Refuse other values for what has ended: a refund that is barred would pass
        as something else.

        :raise UserError: naming what to do instead
        """
        if REMARKS.issuperset(vals):
            return
        if ended := self.filtered(lambda row: row.state != "open"):
            raise UserError(
                self.env._(
                    "“%s” has ended, and this is the evidence: reopen it to change it.",
                    ended[0].description,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_typed_and_open(self):
        if self.env.su:
            return
        self._check_may_arrange()
        if any(row.origin_id or row.state != "open" for row in self):
            raise UserError(
                self.env._(
                    "What was found in the books, settled or decided is evidence and "
                    "stays."
                )
            )

    def _check_may_arrange(self):
        """Refuse changes by anybody but who speaks to the customer, the task force and
        who decides on the campaign, and in campaigns that are over.

        :raise AccessError: by anybody else
        :raise UserError: in a campaign that is reported, closed or given up
        """
        self.check_access("read")
        responsible = self.filtered(lambda row: row.user_id == self.env.user)
        (self - responsible).customer_id._check_may_report()
        for campaign in self.sudo().dissolution_id:
            campaign._check_state(*OPEN_CAMPAIGN_STATES)

    # === DOCUMENT === #

    def action_open_document(self):
        """Open the document an obligation was found in."""
        self.ensure_one()
        if not self.origin_id:
            return False
        record = self.env[self.origin_model].browse(self.origin_id).exists()
        if self.origin_model == "sale.order.line":
            record = record.order_id
        elif self.origin_model == "account.move.line":
            record = record.move_id
        if not record:
            raise UserError(self.env._("The document no longer exists."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
