"""Invoices name the account their customer pays to (X6)."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .continuity_factoring_assigning import OUT_STATES

# Written by the methods below alone.
OWN_FIELDS = frozenset({"continuity_direction_id", "continuity_pdf_renewed"})
# Still to be paid; what is closed stays as it was sent.
OPEN_PAYMENT = ("not_paid", "in_payment", "partial")
# What Odoo's proposal of an account of ours follows from, whoever the customer is.
ACCOUNT_TERMS = (
    "company_id",
    "currency_id",
    "journal_id",
    "move_type",
    "preferred_payment_method_line_id",
)


class AccountMove(models.Model):
    """Where a customer invoice says to pay.

    One pair is stored: the direction an invoice follows and its account. The printed
    invoice, its QR code, the portal, mails and electronic invoices read that pair and
    nothing else, so that they cannot contradict each other.

    Of agreements that are running and notified, in a currency they cover:

    =======================================  ======================================
    invoice                                  names
    =======================================  ======================================
    any, until the notice has left           our account: nothing runs ahead of it
    draft that will be assigned              the direction of its date, or of today
                                             where that is later
    draft that will not: bill, no review,    our account
    single invoices, customer released
    posted, open, assigned                   the direction it was posted with; where
                                             it named none, that of today
    the same, that account archived          the direction of today
    the same, customer released or chose     our account, from that day on
    to pay as before
    of a period closed before                our account, also later: the customer was
                                             told from which closing on
    posted, open, not assigned               what it named when it was posted
    paid, credit note, vendor bill           what it was sent with
    of a confidential agreement              nothing of all this
    =======================================  ======================================

    A direction counts from the first closing period that begins on its day or later.
    Invoices follow when the notice leaves, the customer chooses, is released, a
    receivable is assigned, and on the day a direction begins
    (``continuity.factoring.debtor._follow_direction``). A PDF that was sent and names
    another account is kept as an ordinary attachment; the invoice is printed anew.
    """

    _inherit = "account.move"

    continuity_direction_id = fields.Many2one(
        "continuity.payment.direction",
        string="Payment Direction",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    continuity_pdf_renewed = fields.Boolean(
        string="Printed Anew for the Account", readonly=True, copy=False
    )

    # === GUARD === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._continuity_check_own_fields(vals)
        # Said outright, so that no default of the caller's fills them.
        none = dict.fromkeys(OWN_FIELDS, False)
        moves = super().create([{**none, **vals} for vals in vals_list])
        named = moves.browse(
            move.id
            for move, vals in zip(moves, vals_list, strict=True)
            if vals.get("partner_bank_id")
        )
        for move, direction in named._continuity_pay_directions().items():
            if direction and direction.bank_account_id == move.partner_bank_id:
                move._continuity_note_direction(direction)
        return moves

    def write(self, vals):
        if not self.env.su:
            self._continuity_check_own_fields(vals)
            if "partner_bank_id" in vals:
                self._continuity_check_account(vals["partner_bank_id"])
        return super().write(vals)

    def _continuity_check_own_fields(self, vals):
        if OWN_FIELDS.intersection(vals):
            raise AccessError(
                self.env._(
                    "Where an invoice is paid follows from what the customer was told."
                )
            )

    def _continuity_check_account(self, account_id):
        """Refuse another account on what was posted with a direction.

        :param int account_id: of ``res.partner.bank``
        :raise UserError: naming the first invoice, and what to do
        """
        for move in self:
            account = move.continuity_direction_id.sudo().bank_account_id
            if move.state == "posted" and account and account.id != account_id:
                raise UserError(move._continuity_account_text(account))

    def _continuity_account_text(self, account):
        return self.env._(
            "%(invoice)s: this customer was told to pay to %(account)s. Choose that "
            "account as recipient bank, or leave it empty.",
            invoice=self.display_name,
            account=account.acc_number,
        )

    def _continuity_note_direction(self, direction):
        """Store the direction without the work of ``write``: nothing depends on it."""
        with self.env.protecting([self._fields["continuity_direction_id"]], self):
            self.continuity_direction_id = direction

    # === DECISION === #

    def _compute_partner_bank_id(self):
        result = super()._compute_partner_bank_id()
        for move, direction in self._continuity_pay_directions().items():
            if direction:
                move.partner_bank_id = direction.bank_account_id
            if move.continuity_direction_id != direction:
                move._continuity_note_direction(direction)
        for move in self.filtered(lambda m: m.state == "posted"):
            # Also what is paid keeps the account it was sent with.
            if stored := move.continuity_direction_id.sudo():
                move.partner_bank_id = stored.bank_account_id
        return result

    def _continuity_default_accounts(self):
        """Return the account Odoo proposes for each of these invoices without any
        agreement; not one that customers of an agreement were told of.

        :return: ``res.partner.bank``, possibly none, by invoice
        :rtype: dict
        """
        # What one person proposes moves nobody's payments.
        directions = (
            self.env["continuity.payment.direction"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("was_confirmed", "=", True),
                ]
            )
        )
        told = {
            c: d.bank_account_id for c, d in directions.grouped("company_id").items()
        }
        found, known = {}, {}
        for move in self:
            terms = tuple(move[name] for name in ACCOUNT_TERMS)
            if terms not in known:
                known[terms] = move._continuity_plain_account(
                    told.get(move.company_id, move.partner_bank_id.browse())
                )
            found[move] = known[terms]
        return found

    def _continuity_plain_account(self, told):
        """Return the account Odoo proposes, or another of ours where customers of an
        agreement were told of that one.

        :param told: ``res.partner.bank`` of agreements of the company
        :rtype: res.partner.bank
        """
        self.ensure_one()
        values = {name: self[name] for name in ACCOUNT_TERMS}
        plain = self.with_company(self.company_id).new(values)
        # What Odoo proposes, without what this class adds to it.
        super(AccountMove, plain)._compute_partner_bank_id()  # pylint: disable=unknown-option-value,super-method-mismatch
        if plain.partner_bank_id not in told:
            return plain.partner_bank_id
        others = self.sudo().company_id.partner_id.bank_ids - told
        return others.filtered(
            lambda account: (
                account.company_id in (self.company_id.browse(), self.company_id)
            )
        )[:1]

    def _continuity_pay_directions(self):
        """Decide which direction customer invoices follow; see the table of the class.

        One query where no customer is covered, a few for all invoices otherwise.

        :return: ``continuity.payment.direction`` by invoice, empty where it names our
            account; invoices no agreement is about are missing
        :rtype: dict
        """
        invoices = self.filtered(
            lambda m: (
                m.move_type == "out_invoice"
                and m.commercial_partner_id
                and m.state != "cancel"
            )
        )
        if not invoices:
            return {}
        # Whoever posts or prints need not see the agreements.
        debtors = (
            self.env["continuity.factoring.debtor"]
            .sudo()
            .search(
                [
                    ("partner_id", "in", invoices.commercial_partner_id.ids),
                    ("company_id", "in", invoices.company_id.ids),
                    ("factoring_id.state", "=", "running"),
                    ("factoring_id.kind", "=", "notified"),
                    ("state", "!=", "out"),
                ]
            )
            .grouped(lambda d: (d.company_id.id, d.partner_id.id))
        )
        covered = {
            move: debtors[key]
            for move in invoices
            if (key := (move.company_id.id, move.commercial_partner_id.id)) in debtors
        }
        none = self.env["continuity.payment.direction"].sudo()
        result = {
            move: none
            for move in invoices
            if move.state == "draft"
            and (move in covered or move.continuity_direction_id)
        }
        moves = self.browse().concat(*covered)
        assigned = moves._continuity_assigned_debtors()
        assignable = moves._continuity_assignable_debtors(covered)
        known = {}
        for move, lines in covered.items():
            for debtor in lines:
                direction = move._continuity_direction(
                    debtor, assigned, assignable, known
                )
                if direction is not None:
                    result[move] = direction
                    if direction:
                        break
        return result

    def _continuity_direction(self, debtor, assigned, assignable, known):
        """Return the direction of one invoice under one agreement; None where the
        agreement says nothing of it."""
        kept = self.continuity_direction_id.sudo()
        agreement = debtor.factoring_id
        if (debtor, self.invoice_date) not in known:
            known[debtor, self.invoice_date] = self._continuity_told(debtor)
        paid_us, direction = known[debtor, self.invoice_date]
        if self.state == "posted":
            if self.payment_state not in OPEN_PAYMENT:
                return None
            if kept.factoring_id == agreement:
                account = kept.with_context(active_test=False).bank_account_id
                if account.active and not paid_us:
                    return kept
            elif kept or debtor not in assigned.get(self._origin.id, ()):
                return None
        elif debtor not in assignable.get(self, ()):
            return None
        return direction

    def _continuity_told(self, debtor):
        """Return what a customer was told of invoices of this one's date.

        :param debtor: ``continuity.factoring.debtor``
        :return: whether they pay us as before, and the direction, empty where none
            holds
        :rtype: tuple
        """
        agreement = debtor.factoring_id
        today = agreement._local_today()
        paid_us = debtor._pays_as_before(max(self.invoice_date or today, today))
        if not debtor.noticed_on or paid_us:
            return paid_us, agreement.direction_ids.browse()
        day = self._continuity_pay_day(debtor, today)
        return paid_us, agreement._direction_valid(debtor, day)

    def _continuity_pay_day(self, debtor, today):
        """Return the day that counts for where an invoice is paid: of its date, or
        today where that is later. A customer who closes periods was told from which
        one on: there the date alone counts.

        :param debtor: ``continuity.factoring.debtor``
        :param date today: by the company's clock
        :rtype: date
        """
        day = self.invoice_date or today
        return day if debtor._closing_terms()[0] else max(day, today)

    def _continuity_assigned_debtors(self):
        """Return whose line each posted invoice is assigned with, by its id."""
        posted = self.filtered(
            lambda m: m.state == "posted" and not m.continuity_direction_id
        )
        if not posted:
            return {}
        assignments = (
            self.env["continuity.factoring.assignment"]
            .sudo()
            .search([("move_id", "in", posted.ids), ("state", "=", "active")])
        )
        return {
            move.id: found.debtor_id
            for move, found in assignments.grouped("move_id").items()
        }

    def _continuity_assignable_debtors(self, covered):
        """Return with whose line each draft will be assigned when it is posted.

        :param dict covered: ``continuity.factoring.debtor`` by invoice
        :rtype: dict
        """
        drafts = self.filtered(lambda m: m.state == "draft")
        if not drafts:
            return {}
        by_bill = drafts._continuity_bill_reasons()
        reviews = self.env["continuity.contract.review"].sudo()
        found = {}
        for company, moves in drafts.grouped("company_id").items():
            allowed = {
                customer
                for customer, (_review, may, _reason) in reviews._coverage(
                    moves.commercial_partner_id, company
                ).items()
                if may
            }
            for move in moves:
                if move._origin.id in by_bill:
                    continue
                if move.commercial_partner_id not in allowed:
                    continue
                found[move] = covered[move].filtered(move._continuity_fits)
        return found

    def _continuity_fits(self, debtor):
        """Tell whether a draft will be assigned with a line when it is posted."""
        agreement = debtor.factoring_id
        today = agreement._local_today()
        return (
            agreement.covers == "customers"
            and debtor.state not in OUT_STATES
            and self.currency_id in agreement.currency_ids
            and agreement.date_start <= today
            and (not agreement.date_end or today <= agreement.date_end)
        )

    # === FOLLOWING === #

    def _continuity_follow(self):
        """Let drafts and open invoices name the account their customer pays to now.

        :return: drafts that name an account somebody chose; they are left alone
        :rtype: account.move
        """
        chosen, changes = self.browse(), {}
        decided = self._continuity_pay_directions()
        naming = self.browse().concat(*decided)._continuity_naming_factor()
        changing = {
            move: direction
            for move, direction in decided.items()
            if move.continuity_direction_id != direction
            or (
                move.partner_bank_id != direction.bank_account_id
                if direction
                else move in naming
            )
        }
        own = (
            self.browse()
            .concat(*(m for m, d in changing.items() if not d or m.state == "draft"))
            ._continuity_default_accounts()
        )
        for move, direction in changing.items():
            if (
                direction
                and move.state == "draft"
                and move not in naming
                and move._continuity_is_chosen(direction, own[move])
            ):
                chosen |= move
                continue
            account = direction.bank_account_id if direction else own[move]
            changes.setdefault((direction, account), []).append(move.id)
        for (direction, account), ids in changes.items():
            moves = self.browse(ids)
            posted = moves.filtered(lambda m: m.state == "posted" and m.is_move_sent)
            # Whoever posts or tells a customer need not be who may edit the invoices.
            moves.sudo().with_context(skip_is_manually_modified=True).write(
                {
                    "partner_bank_id": account.id,
                    "continuity_direction_id": direction.id,
                }
            )
            if posted:
                posted.sudo()._detach_attachments()
                posted.sudo().continuity_pdf_renewed = True
        return chosen

    def _continuity_naming_factor(self):
        """Return those of these invoices that name an account of a factor's."""
        accounts = self.partner_bank_id
        if not accounts:
            return self.browse()
        directions = (
            self.env["continuity.payment.direction"]
            .sudo()
            .search([("bank_account_id", "in", accounts.ids), ("kind", "=", "factor")])
        )
        factors = {(d.company_id.id, d.bank_account_id.id) for d in directions}
        return self.filtered(
            lambda m: (m.company_id.id, m.partner_bank_id.id) in factors
        )

    def _continuity_is_chosen(self, direction, own):
        """Tell whether somebody chose the account of a draft by hand: not the one
        Odoo proposes, nor one that followed from an earlier direction."""
        self.ensure_one()
        account = self.partner_bank_id
        stored = self.continuity_direction_id.sudo()
        if not account or account == direction.bank_account_id:
            return False
        if stored == direction:
            return True
        return account not in (stored.bank_account_id, own)
