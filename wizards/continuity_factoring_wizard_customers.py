from odoo import Command, api, fields, models

# What decides who comes into question, and who not.
SCOPE_FIELDS = ("company_id", "factor_id", "kind", "date_start", "date_end")


class ContinuityFactoringWizard(models.TransientModel):
    """Whom the agreement is proposed to cover."""

    _inherit = "continuity.factoring.wizard"

    # === Customers === #
    line_ids = fields.One2many(
        "continuity.factoring.wizard.line", "wizard_id", string="Customers"
    )
    proposed_for = fields.Char(
        readonly=True, help="Technical: the terms the customers were proposed for."
    )
    customers_text = fields.Text(compute="_compute_customers_text")
    missing_standing = fields.Boolean(compute="_compute_customers_text")
    drop_reason = fields.Char(
        string="Reason for All Left Out",
        help="For every customer that was proposed and is not included, and has no "
        "reason of its own.",
    )

    @api.depends("line_ids.included", "line_ids.refusal", "line_ids.standing_id")
    def _compute_customers_text(self):
        for wizard in self:
            lines = wizard.line_ids
            included = lines.filtered("included")
            refused = lines.filtered("refusal")
            wizard.missing_standing = bool(lines) and not lines.sudo().standing_id
            wizard.customers_text = self.env._(
                "%(included)s of %(count)s customers are included. %(refused)s cannot "
                "be covered; the reason stands beside each.",
                included=len(included),
                count=len(lines),
                refused=len(refused),
            )

    # === CUSTOMERS === #

    def _scope(self):
        """Return what the customers are proposed for, to know when they must be
        proposed anew.

        :rtype: str
        """
        self.ensure_one()
        values = [self[name] for name in SCOPE_FIELDS]
        values = [v.id if isinstance(v, models.BaseModel) else v for v in values]
        return repr([str(v) for v in values] + sorted(self.currency_ids.ids))

    def _propose(self):
        """Propose customers; what somebody decided on those known already is kept.
        Callers have checked who drafts."""
        self.ensure_one()
        agreements = self.env["continuity.factoring"]
        candidates = agreements._cover_candidates(self.company_id)
        candidates -= self.factoring_id.sudo().debtor_ids.partner_id
        # Tier and salesperson of customers the nightly refresh has not met yet.
        self.env["continuity.relationship"]._ensure(self.company_id, candidates)
        # In memory only: nothing may empty the cache before it is asked.
        draft = self.factoring_id or self._draft()
        rows = draft._cover_rows(candidates)
        edited = {line.partner_id.id: line._edited_values() for line in self.line_ids}
        # Whoever asks may not name what was found in the books, the wizard may.
        self.sudo().line_ids.unlink()
        names = self.env["continuity.factoring.wizard.line"]._fields
        commands = []
        for row in rows:
            values = {name: value for name, value in row.items() if name in names}
            values["proposed_in_person"] = row["in_person"]
            kept = edited.get(row["partner_id"], {})
            if row["refusal"]:
                kept.pop("included", None)
            commands.append(Command.create({**values, **kept}))
        self.sudo().write({"line_ids": commands, "proposed_for": self._scope()})

    def action_propose(self):
        """Propose customers again, after contracts were reviewed or a snapshot was
        taken; decisions on them are kept."""
        self.ensure_one()
        self._check_may_draft()
        self._propose()
        return self._reopen()

    def action_take_standing(self):
        """Take a snapshot of how the company's customers pay, and propose again."""
        self.ensure_one()
        self._check_may_draft()
        standings = self.env["continuity.credit.standing"]
        standings._check_may_take()
        # Made of documents an accountant may read; only the app writes snapshots.
        standings.sudo()._take(self.company_id)
        return self.action_propose()

    def action_include_all(self):
        """Include everybody who may be covered."""
        return self._include(lambda line: True)

    def action_include_proposed(self):
        """Include whom the credit standing proposes, and nobody else."""
        return self._include(lambda line: line.was_proposed)

    def action_include_none(self):
        """Include nobody, to choose one by one."""
        return self._include(lambda line: False)

    def _include(self, wanted):
        self.ensure_one()
        self._check_may_draft()
        lines = self.line_ids.filtered(lambda line: not line.refusal)
        included = lines.filtered(wanted)
        included.included = True
        (lines - included).included = False
        return self._reopen()
