"""What a confidential agreement cannot hide: public registers of assignments (X8)."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .continuity_factoring_assigning import OUT_STATES
from .continuity_legal_mixin import CERTAINTIES


class ContinuityJurisdiction(models.Model):
    _inherit = "continuity.jurisdiction"

    registration_kind = fields.Selection(
        [
            ("public", "Public register"),
            ("none", "No public register"),
        ],
        string="Assignments Are Registered",
        help="Whether others can find out that receivables were assigned. Empty: it is "
        "not on record here.",
    )
    assignment_registration = fields.Text(
        string="Registration of Assignments",
        translate=True,
        help="Where assignments are registered under this law and who may look. A "
        "starting point your counsel must check, never advice.",
    )
    registration_source = fields.Char(string="Registration: Article")
    registration_status = fields.Selection(
        CERTAINTIES, string="Registration: How Certain"
    )

    def _registration_sentence(self):
        """Say what can be found out about assignments under this law, how certain that
        is and where it stands.

        :rtype: str
        """
        self.ensure_one()
        if not self.registration_kind:
            return self.env._(
                "%s: whether assignments are registered publicly is not on record "
                "here. Ask your counsel.",
                self.name,
            )
        status = self._fields["registration_status"]
        certainty = dict(status._description_selection(self.env)).get(
            self.registration_status
        )
        origin = ", ".join(filter(None, [self.registration_source, certainty]))
        text = self.assignment_registration or self.env._("No public register.")
        return f"{self.name}: {text}" + (f" ({origin})" if origin else "")


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    registration_warning = fields.Text(
        string="What Cannot Be Hidden", compute="_compute_registration"
    )
    registration_pending = fields.Boolean(
        string="Nobody Has Taken Note", compute="_compute_registration"
    )
    registration_confirmed_by_id = fields.Many2one(
        "res.users",
        string="Took Note of Registers",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    registration_confirmed_on = fields.Datetime(
        string="Took Note On", readonly=True, copy=False
    )
    registration_confirmed_for = fields.Char(
        readonly=True, copy=False, help="Technical: codes of the laws noted."
    )

    _guarded_fields = frozenset(
        {
            "registration_confirmed_by_id",
            "registration_confirmed_on",
            "registration_confirmed_for",
        }
    )

    @api.depends(
        "kind",
        "company_id",
        "jurisdiction_id",
        "debtor_ids.state",
        "registration_confirmed_for",
    )
    @api.depends_context("lang")
    def _compute_registration(self):
        for agreement in self:
            jurisdictions = agreement._registration_jurisdictions()
            agreement.registration_warning = agreement._registration_text(jurisdictions)
            agreement.registration_pending = bool(
                agreement._registrations_unnoted(jurisdictions)
            )

    def _registration_jurisdictions(self):
        """Return the laws by which others could learn of a confidential agreement: of
        our seat, of the agreement, and of the contracts it is about.

        :return: none unless it is confidential
        :rtype: continuity.jurisdiction
        """
        self.ensure_one()
        jurisdictions = self.env["continuity.jurisdiction"]
        if self.kind != "confidential":
            return jurisdictions
        # Which law a contract is under is told to whoever may read the agreement.
        agreement = self.sudo()
        found = jurisdictions._for_country(agreement.company_id.country_id)
        found |= agreement.jurisdiction_id
        covered = agreement.debtor_ids.filtered(lambda d: d.state not in OUT_STATES)
        reviews = self.env["continuity.contract.review"].sudo()
        for review in reviews._valid_for(
            covered.partner_id, agreement.company_id
        ).values():
            found |= review.jurisdiction_id
        return found._origin.with_env(self.env)

    @api.model
    def _registration_text(self, jurisdictions):
        """Say what can be found out under some laws whatever the software does.

        :param jurisdictions: ``continuity.jurisdiction``
        :return: a line for each, False for none
        :rtype: str | bool
        """
        sentences = [j._registration_sentence() for j in jurisdictions]
        return "\n".join(sentences) or False

    def _registrations_unnoted(self, jurisdictions):
        """Return the laws with a public register, or of which none is known, that
        nobody has taken note of.

        :param jurisdictions: ``continuity.jurisdiction``
        :rtype: continuity.jurisdiction
        """
        self.ensure_one()
        noted = (self.registration_confirmed_for or "").split()
        return jurisdictions.filtered(
            lambda j: j.registration_kind != "none" and j.code not in noted
        )

    def action_confirm_registration(self):
        """Take note, on record, of what a confidential agreement cannot hide.

        :raise AccessError: unless author, approver or manager
        :raise UserError: when there is nothing to take note of, or too late
        """
        self.check_access("read")
        self._check_author()
        self._check_state("draft", "submitted", "approved", "running")
        for agreement in self:
            jurisdictions = agreement._registration_jurisdictions()
            if not agreement._registrations_unnoted(jurisdictions):
                raise UserError(
                    self.env._("There is no register to take note of any more.")
                )
            # Who takes note was checked above; the guard keeps others out.
            codes = jurisdictions.mapped("code")
            agreement.sudo().write(
                {
                    "registration_confirmed_by_id": self.env.uid,
                    "registration_confirmed_on": fields.Datetime.now(),
                    "registration_confirmed_for": " ".join(codes),
                }
            )
            agreement.sudo()._message_log(
                body=self.env._(
                    "%(user)s took note of what this app cannot hide:\n%(text)s",
                    user=self.env.user.name,
                    text=agreement._registration_text(jurisdictions),
                ),
                author_id=self.env.user.partner_id.id,
            )

    def _activation_errors(self):
        errors = super()._activation_errors()
        unnoted = self._registrations_unnoted(self._registration_jurisdictions())
        if unnoted:
            errors.append(
                self.env._(
                    "Assignments may be on a public register (%s), which no software "
                    "can hide: somebody must take note of it on the agreement.",
                    ", ".join(unnoted.mapped("name")),
                )
            )
        return errors
