"""The internal plan of an agreement: what is proposed, and what waits for it (X1)."""

from odoo import Command, api, fields, models


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    # Written by authors also later, with checks of its own.
    _editable_fields = frozenset({"internal_ids"})

    tell_from = fields.Date(
        string="First Customer Hears On",
        required=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=7),
        help="Inside, everybody has been told by then. Customers hear of it from this "
        "day on, in the order of the contact policy.",
    )
    internal_ids = fields.One2many(
        "continuity.factoring.internal", "factoring_id", string="Internal Plan"
    )
    internal_open_count = fields.Integer(
        compute="_compute_internal_open_count", string="Internal Steps Open"
    )

    @api.depends("internal_ids.state")
    def _compute_internal_open_count(self):
        for agreement in self:
            agreement.internal_open_count = len(agreement._internal_open())

    @api.model_create_multi
    def create(self, vals_list):
        agreements = super().create(vals_list)
        agreements.filtered(lambda a: not a.internal_ids)._propose_internal()
        return agreements

    def write(self, vals):
        result = super().write(vals)
        if "kind" in vals:
            # Who is told inside depends on whether customers are.
            self.filtered(lambda a: a.state == "draft")._propose_internal()
        return result

    def _internal_open(self):
        """Return the steps inside that have to come before any customer hears.

        :rtype: continuity.factoring.internal
        """
        return self.sudo().internal_ids.filtered(lambda step: step.state == "open")

    def action_propose_internal(self):
        """Propose the internal plan anew; steps of one's own stay."""
        self._check_author()
        self._check_state("draft")
        self._propose_internal()

    def _propose_internal(self):
        """Propose who is told inside, by whom, how and when, in the language of the
        author; what was proposed before and is not done makes way."""
        steps = self.env["continuity.factoring.internal"].sudo()
        for agreement in self.sudo():
            agreement.internal_ids.filtered(
                lambda s: s.code and s.state == "open"
            ).unlink()
            author = agreement.contact_id or agreement.create_uid
            steps.create(
                [
                    {
                        "factoring_id": agreement.id,
                        "code": code,
                        "days_before": days,
                        "how": how,
                        "name": name,
                        "note": note,
                        "user_id": author.id,
                        "told_user_ids": [Command.set(told.ids)],
                    }
                    for code, days, how, told, name, note in agreement._internal_plan()
                ]
            )

    def _internal_plan(self):
        """Return the steps that are proposed; extensions add theirs.

        :return: tuples (code, days before, how, who is told, name, what is said)
        :rtype: list[tuple]
        """
        self.ensure_one()
        nobody = self.env["res.users"]
        if self.kind == "confidential":
            return [
                (
                    "secrecy",
                    5,
                    "meeting",
                    self.named_user_ids,
                    self.env._("Those who may know are named, all others hear nothing"),
                    self.env._(
                        "Customers are not told and notice nothing: no letter, no "
                        "invoice and no telephone call mentions it. Questions go to "
                        "whoever answers them on the agreement."
                    ),
                ),
                (
                    "accounting",
                    3,
                    "meeting",
                    nobody,
                    self.env._("Accounting knows what is collected for the factor"),
                    self.env._(
                        "Customers pay as before. What they pay on assigned invoices "
                        "is turned over within the days agreed; invoices, reminders "
                        "and statements stay as they are."
                    ),
                ),
                (
                    "factor",
                    3,
                    "call",
                    nobody,
                    self.env._("The factor neither writes to customers nor calls them"),
                    self.env._(
                        "Agree who speaks with whom, under which conditions the "
                        "factor could tell customers, and what a registration makes "
                        "public."
                    ),
                ),
            ]
        return [
            (
                "management",
                7,
                "meeting",
                nobody,
                self.env._("Management agrees on the reason and on who hears first"),
                self.env._(
                    "Why receivables are sold, in the words customers will hear; who "
                    "speaks to key customers in person, and when; who decides when a "
                    "customer objects."
                ),
            ),
            (
                "factor",
                6,
                "call",
                nobody,
                self.env._("The factor knows that customers hear it from us first"),
                self.env._(
                    "It neither writes to customers nor calls them before our notice. "
                    "Agree on its contact for their questions, on how returns and "
                    "disputes reach it, and on who signs the release in the end."
                ),
            ),
            (
                "accounting",
                5,
                "meeting",
                nobody,
                self.env._("Accounting knows which account stands on invoices"),
                self.env._(
                    "From which day customers pay where, what happens with payments "
                    "to the old account, with credit notes, returns and instalments, "
                    "and by when collections are turned over."
                ),
            ),
            (
                "salespeople",
                3,
                "meeting",
                self._salespeople(),
                self.env._("Salespeople hear it before their customers do"),
                self.env._(
                    "Why, what changes and what does not, who tells which customer in "
                    "person and when, what to answer, and whom to pass questions on "
                    "to."
                ),
            ),
            (
                "answers",
                1,
                "message",
                nobody,
                self.env._("Whoever answers telephone and mail has the common answers"),
                self.env._(
                    "Reception, order desk and support know whether the letter is "
                    "genuine and whom to ask. Nobody gives an account number on the "
                    "telephone or by mail."
                ),
            ),
        ]

    def _salespeople(self):
        """Return the salespeople of the customers covered.

        :rtype: res.users
        """
        self.ensure_one()
        return self.debtor_ids.filtered(lambda d: d.state != "out").user_id

    def _name_salespeople(self):
        """Bring up to date which salespeople are to be told."""
        steps = self.sudo().internal_ids.filtered(
            lambda s: s.code == "salespeople" and s.state == "open"
        )
        for step in steps:
            step.told_user_ids |= step.factoring_id._salespeople()

    def _submission_errors(self):
        errors = super()._submission_errors()
        # While a wizard looks ahead there is no draft yet to propose a plan for.
        if self._origin and not self.internal_ids:
            errors.append(
                self.env._("Say who is told inside: the internal plan is empty.")
            )
        return errors

    def _on_approved(self):
        result = super()._on_approved()
        self._name_salespeople()
        self.sudo().internal_ids._share()
        return result

    def _withdraw(self, reason):
        result = super()._withdraw(reason)
        self.internal_ids.activity_unlink(["mail.mail_activity_data_todo"])
        return result

    def _plan_told_inside(self):
        """Plan the contacts of customers of running agreements about which everybody
        inside has been told."""
        for agreement in self.sudo():
            if agreement.state == "running" and not agreement._internal_open():
                agreement.debtor_ids.filtered(
                    lambda d: d.state == "planned"
                )._plan_contacts()
