"""Whom an agreement may cover, in which order and why, and taking them in."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .continuity_factoring_assigning import OUT_STATES

# Another agreement has its customers from its approval on.
HOLDING_STATES = ("approved", "running")


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    choice_id = fields.Many2one(
        "continuity.factor.choice",
        string="Choice of Factor",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="customer_continuity.group_manager,account.group_account_invoice",
        help="Where this factor was chosen, with the offers that were compared.",
    )

    _guarded_fields = frozenset({"choice_id"})

    # === WHO COMES INTO QUESTION === #

    def _check_may_cover(self):
        """Refuse to take customers in by who may not write the agreement, or, once it
        runs, does not decide on it.

        :raise AccessError: for anybody else
        :raise UserError: unless it is a draft or running
        """
        self.ensure_one()
        self.check_access("read")
        self._check_drafter()
        self.company_id._continuity_check_chosen()
        self._check_state("draft", "running")
        self._check_author()
        if self.state == "running":
            # What was approved is extended by who approves.
            self._check_may_manage()

    @api.model
    def _cover_candidates(self, company):
        """Return the customers of a company who come into question: somebody looked at
        how they pay or at their contract, or they have something open. Customers
        another company owns are none.

        :param company: ``res.company``
        :rtype: res.partner
        """
        for model in (
            "continuity.credit.standing",
            "continuity.contract.review",
            "account.move.line",
            "res.partner",
        ):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT c.id
                  FROM (SELECT s.partner_id
                          FROM continuity_credit_standing s
                         WHERE s.company_id = %(company)s AND s.latest
                     UNION
                        SELECT r.partner_id
                          FROM continuity_contract_review r
                         WHERE r.company_id = %(company)s
                           AND r.reviewed_on IS NOT NULL AND r.replaced_by_id IS NULL
                     UNION
                        SELECT o.partner_id FROM (%(open)s) o
                       ) found
                  JOIN res_partner p ON p.id = found.partner_id
                  JOIN res_partner c ON c.id = p.commercial_partner_id
                 WHERE c.active AND c.id <> %(own)s
                   AND (c.company_id IS NULL OR c.company_id IN %(companies)s)
                """,
                company=company.id,
                open=self._open_sql(company),
                own=company.sudo().partner_id.id,
                companies=tuple(company.sudo().parent_ids.ids),
            )
        )
        return self.env["res.partner"].browse(sorted(row[0] for row in rows))

    @api.model
    def _open_sql(self, company):
        """Return the SELECT of what customers owe on posted invoices: partner_id,
        currency_id, amount in the company's currency.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, l.currency_id,
                   SUM(l.amount_residual) AS amount
              FROM account_move_line l
              JOIN account_move m ON m.id = l.move_id
              JOIN account_account a ON a.id = l.account_id
              JOIN res_partner p ON p.id = l.partner_id
             WHERE l.company_id = %s AND l.parent_state = 'posted'
               AND NOT l.reconciled AND l.amount_residual > 0
               AND m.move_type = 'out_invoice'
               AND a.account_type = 'asset_receivable'
          GROUP BY p.commercial_partner_id, l.currency_id
            """,
            company.id,
        )

    @api.model
    def _open_by_customer(self, partners, company, currencies):
        """Return what customers owe on invoices in the currencies of an agreement.

        :param partners: commercial ``res.partner``
        :param company: ``res.company``
        :param currencies: ``res.currency``
        :return: amount in the company's currency by partner id
        :rtype: dict[int, float]
        """
        if not partners or not currencies:
            return {}
        self.env["account.move.line"].flush_model()
        return {
            id_: float(amount)
            for id_, amount in self.env.execute_query(
                SQL(
                    """SELECT o.partner_id, SUM(o.amount) FROM (%s) o
                        WHERE o.partner_id IN %s AND o.currency_id IN %s
                     GROUP BY o.partner_id""",
                    self._open_sql(company),
                    tuple(partners.ids),
                    tuple(currencies.ids),
                )
            )
        }

    def _covered_among(self, customers):
        """Return whom of some customers this agreement covers.

        :param customers: commercial ``res.partner``
        :rtype: res.partner
        """
        self.ensure_one()
        # Callers have checked who asks; the customers are those of their invoices.
        debtors = self.env["continuity.factoring.debtor"].sudo()
        covered = debtors.search(
            [
                ("factoring_id", "=", self.id),
                ("partner_id", "in", customers.ids),
                ("state", "not in", OUT_STATES),
            ]
        )
        return covered.partner_id.with_env(self.env)

    def _cover_rows(self, partners):
        """Tell of each customer whether this agreement may cover it, and propose whom
        it should, in which order.

        Set-based: the number of statements does not depend on how many there are. The
        agreement may exist in memory only; callers have checked who asks.

        :param partners: commercial ``res.partner``
        :return: values in the order proposed: ``partner_id``, ``sequence``,
            ``refusal`` (a sentence, or False), ``included``, ``was_proposed``,
            ``in_person``, ``in_person_found``, ``open_amount``, ``standing_id``,
            ``review_id``, ``relationship_id``, ``tier_id``, ``user_id``
        :rtype: list[dict]
        """
        self.ensure_one()
        agreement, company = self.sudo(), self.company_id._origin
        partners = partners.sudo()
        refusals = agreement._cover_refusals(partners, company)
        open_amounts = agreement._open_by_customer(
            partners, company, agreement.currency_ids._origin
        )
        debtors = self.env["continuity.factoring.debtor"].sudo()
        talks = {}
        if agreement.kind == "notified":
            talks = debtors._find_in_person(partners, company)
        relationships = (
            self.env["continuity.relationship"]
            .sudo()
            .search(
                [("company_id", "=", company.id), ("partner_id", "in", partners.ids)]
            )
            .grouped("partner_id")
        )
        none = self.env["continuity.relationship"]
        rows = []
        standings = self.env["continuity.credit.standing"].sudo()
        ranked = standings._rank(partners, company, agreement.date_start)
        for row in ranked:
            partner = row["partner"]
            refusal = refusals.get(partner.id)
            if not refusal and not row["allowed"]:
                refusal = row["contract"]
            if not refusal and row["standing"].by_bill:
                refusal = self.env._(
                    "Pays by bills or electronically recorded claims, which stay out "
                    "of ordinary assignment."
                )
            relationship = relationships.get(partner, none)
            include = bool(row["include"] and not refusal)
            rows.append(
                {
                    "partner_id": partner.id,
                    "refusal": refusal or False,
                    "included": include,
                    "was_proposed": include,
                    "in_person": partner in talks and not refusal,
                    "in_person_found": talks.get(partner) or False,
                    "open_amount": open_amounts.get(partner.id, 0),
                    "standing_id": row["standing"].id,
                    "review_id": row["review"].id,
                    "relationship_id": relationship.id,
                    "tier_id": relationship.tier_id.id,
                    "user_id": agreement._speaker(relationship, company).id,
                }
            )
        # Those who cannot be covered come last, in the order of the others.
        rows.sort(key=lambda row: bool(row["refusal"]))
        for position, row in enumerate(rows, 1):
            row["sequence"] = position
        return rows

    def _speaker(self, relationship, company):
        """Return who speaks to a customer: the salesperson, or who answers questions.

        :param relationship: ``continuity.relationship``, possibly empty
        :param company: ``res.company``
        :rtype: res.users
        """
        owner = relationship.owner_id
        if owner.active and company in owner.company_ids:
            return owner
        return self.contact_id._origin

    def _cover_refusals(self, partners, company):
        """Say which customers this agreement cannot cover for reasons other than their
        contract; extensions add theirs.

        :param partners: commercial ``res.partner``
        :param company: ``res.company``
        :return: sentence by partner id; of the others nothing
        :rtype: dict[int, str]
        """
        refusals = {
            partner.id: self.env._("This customer pays by bills or recorded claims.")
            for partner in partners.with_company(company)
            if partner.continuity_pays_by_bill
        }
        refusals.update(self._held_elsewhere(partners, company, HOLDING_STATES))
        factor = self.factor_id._origin.commercial_partner_id
        if factor in partners:
            refusals[factor.id] = self.env._("It is the factor.")
        return refusals

    def _held_elsewhere(self, partners, company, states):
        """Say which customers another agreement covers in the same currency and time.

        Of an agreement the user may not know, only whom to ask.

        :param partners: commercial ``res.partner``
        :param company: ``res.company``
        :param states: of the other agreements
        :return: sentence by partner id
        :rtype: dict[int, str]
        """
        self.ensure_one()
        others = (
            self.env["continuity.factoring"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("state", "in", states),
                    ("id", "not in", self._origin.ids),
                    ("currency_ids", "in", self.currency_ids._origin.ids),
                    "|",
                    ("date_end", "=", False),
                    ("date_end", ">=", self.date_start),
                ]
            )
        )
        if self.date_end:
            others = others.filtered(lambda a: a.date_start <= self.date_end)
        held = {}
        for other in others:
            covered = other.debtor_ids.filtered(lambda d: d.state not in OUT_STATES)
            # Rights of who asks, not of the app.
            visible = other.with_env(self.env).sudo(False).has_access("read")
            sentence = (
                self.env._(
                    "%(agreement)s with %(factor)s covers this customer.",
                    agreement=other.name,
                    factor=other.factor_id.name,
                )
                if visible
                else self.env._(
                    "Cannot be covered at present; ask %s.", other.contact_id.name
                )
            )
            for partner in covered.partner_id & partners:
                held.setdefault(partner.id, sentence)
        return held

    def _activation_errors(self):
        errors = super()._activation_errors()
        covered = self.debtor_ids.filtered(lambda d: d.state not in OUT_STATES)
        held = self._held_elsewhere(
            covered.partner_id._origin, self.company_id._origin, ["running"]
        )
        for partner in covered.partner_id.filtered(lambda p: p._origin.id in held):
            errors.append(f"{partner.display_name}: {held[partner._origin.id]}")
        return errors

    # === TAKING THEM IN === #

    def _cover(self, choices):
        """Take customers into the agreement; the figures each decision rests on are
        kept for good.

        :param dict choices: by ``res.partner``: dict with ``included``, ``in_person``
            and ``reason`` (why it is left out)
        :return: the new lines
        :rtype: continuity.factoring.debtor
        :raise AccessError: for who may not write the agreement
        :raise UserError: naming each customer that cannot be covered, and why
        """
        self.ensure_one()
        self._check_may_cover()
        known = self.sudo().debtor_ids.partner_id
        partners = self.env["res.partner"].concat(*choices) - known
        relationships = (
            self.env["continuity.relationship"]
            ._ensure(self.company_id, partners)
            .sudo()
            .grouped("partner_id")
        )
        rows = self._cover_rows(partners)
        refused = [
            f"{partner.display_name}: {row['refusal']}"
            for row in rows
            if row["refusal"]
            and choices[partner := partners.browse(row["partner_id"])]["included"]
        ]
        if refused:
            raise UserError("\n".join(refused))
        self.env["continuity.credit.standing"].browse(
            row["standing_id"] for row in rows if row["standing_id"]
        )._pin()
        first = max(self.sudo().debtor_ids.mapped("sequence"), default=0)
        values = []
        for row in rows:
            partner = partners.browse(row["partner_id"])
            choice, relationship = choices[partner], relationships[partner]
            line = {
                name: row[name]
                for name in (
                    "partner_id",
                    "standing_id",
                    "review_id",
                    "was_proposed",
                    "in_person_found",
                    "user_id",
                )
            }
            line.update(
                factoring_id=self.id,
                sequence=first + row["sequence"],
                in_person=self.kind == "notified" and choice["in_person"],
                relationship_id=relationship.id,
                tier_id=relationship.tier_id.id,
            )
            if not choice["included"]:
                line.update(state="out", out_reason=choice["reason"])
            values.append(line)
        # Who may do this, and what, was checked above; the guard keeps others out.
        debtors = self.env["continuity.factoring.debtor"].sudo().create(values)
        if self.state == "running":
            covered = debtors.filtered(lambda d: d.state == "planned")
            covered._plan_touchpoints()
            self.sudo()._assign_soon()
        return debtors.with_env(self.env)
