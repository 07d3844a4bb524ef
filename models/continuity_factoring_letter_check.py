"""What keeps a letter on factoring from leaving (X2, X5, N2)."""

from odoo import fields, models

from .continuity_factoring_letter import CONTENTS
from .continuity_factoring_telling import NOTICE, RELEASE, kind_in, kind_of

# Letters that say where to pay, or that something was assigned: of the assignor.
SIGNED = (NOTICE, RELEASE)
# Of these facts, the ones the agreement's own words give, to be translated by people.
TRANSLATED_FACTS = {
    "fact_reason": "customer_reason",
    "fact_prescribed_wording": "prescribed_wording",
    "fact_update": "update_words",
}
# What a customer acts on: another one of these is looked at by a person again.
ACCOUNT_FACTS = ("fact_factor", "fact_pay_to", "fact_own_account", "fact_effective")


class ResCompany(models.Model):
    _inherit = "res.company"

    continuity_signatory_ids = fields.Many2many(
        "res.users",
        "continuity_company_signatory_rel",
        string="Sign Notices of Assignment",
        groups="base.group_user",
        domain=[("share", "=", False)],
        help="Who may sign for the company that receivables are assigned, besides the "
        "approvers of the agreement. None: the app's managers may.",
    )


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    def _signatories(self):
        """Return who may sign for us that receivables are assigned: whom the company
        names, and the approvers.

        :rtype: res.users
        """
        self.ensure_one()
        agreement = self.sudo()
        named = agreement.company_id.continuity_signatory_ids
        return (named | agreement.approval_ids.user_id).filtered("active")

    def _may_sign(self, user):
        """Tell whether somebody signs notices of this agreement for us.

        :param user: ``res.users``
        :rtype: bool
        """
        self.ensure_one()
        if user in self._signatories():
            return True
        nobody_named = not self.sudo().company_id.continuity_signatory_ids
        return nobody_named and user.has_group("customer_continuity.group_manager")


class ContinuityFactoringDebtor(models.Model):
    """A notice is the assignor's word: somebody with authority signs it, it names an
    account two people have checked, it is in the language of the contract, and it goes
    to nobody whose contract was not reviewed."""

    _inherit = "continuity.factoring.debtor"

    def _prepare_touchpoint_values(self, occurrence, channels, **values):
        if kind_in(occurrence) in SIGNED and not values.get("signer_id"):
            agreement = self.factoring_id
            people = agreement._signatories() or agreement.contact_id
            if not agreement._may_sign(self.env["res.users"].browse(values["user_id"])):
                values["signer_id"] = people[:1].id
        return super()._prepare_touchpoint_values(occurrence, channels, **values)

    def _letter_obstacles(self, touchpoints):
        obstacles = super()._letter_obstacles(touchpoints)
        lines = self.sudo().grouped("id")
        # Of all letters at once: each look into the books costs several SELECTs.
        reviews, laws = self._valid_reviews(), self._governing_laws()
        assigned, refused = self._assigned_receivables(), self._contract_refusals()
        for touchpoint in touchpoints:
            if line := lines.get(touchpoint.origin_id):
                found = [
                    *line._obstacles_to_letter(touchpoint),
                    *line._language_obstacles(touchpoint, reviews[line.id]),
                    *line._part_obstacles(touchpoint, laws[line.id], assigned[line.id]),
                ]
                # A release ends what was, whatever the contract says by now.
                if line.id in refused and kind_of(touchpoint) != RELEASE:
                    found.append(refused[line.id])
                obstacles[touchpoint.id] = [*obstacles.get(touchpoint.id, []), *found]
        return obstacles

    def _obstacles_to_letter(self, touchpoint):
        """Say what stands in the way of one letter; extensions add theirs.

        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :rtype: list[str]
        """
        self.ensure_one()
        kind = kind_of(touchpoint)
        lang = touchpoint._letter_language()
        used = touchpoint._facts_used(*touchpoint._letter_source(lang))
        return [
            *self._contents_obstacles(touchpoint, kind),
            *self._signatory_obstacles(touchpoint, kind),
            *self._account_obstacles(used),
            *self._party_obstacles(used),
            *self._update_obstacles(touchpoint, kind),
            *self._release_obstacles(kind),
        ]

    def _contents_obstacles(self, touchpoint, kind):
        """Say that another letter than a checked one was chosen."""
        template = touchpoint.sudo().template_id
        if kind not in CONTENTS or not template:
            return []
        if template.continuity_contents == CONTENTS[kind]:
            return []
        return [
            self.env._(
                "“%s” is not checked for what such a letter has to say: choose one "
                "that is.",
                template.name,
            )
        ]

    def _signatory_obstacles(self, touchpoint, kind):
        """Say that somebody signs who does not speak for the assignor."""
        signer = touchpoint.sudo()._letter_signer()
        if kind not in SIGNED or self.factoring_id._may_sign(signer):
            return []
        people = self.factoring_id._signatories().mapped("name")
        return [
            self.env._(
                "%(signer)s has no authority to sign this for %(company)s. Choose one "
                "of these: %(people)s. Whoever signs is named in the settings.",
                signer=signer.name,
                company=self.company_id.name,
                people=", ".join(people) or self.env._("a manager of the app"),
            )
        ]

    def _account_obstacles(self, used):
        """Say that nobody has confirmed where to pay, or that there is no account."""
        if {"fact_pay_to", "fact_effective", "fact_payment_choice"} & set(used):
            direction = self._letter_direction()
            if not direction:
                return [self.env._("Say on the agreement where customers pay.")]
            if direction.state != "confirmed":
                return [
                    self.env._(
                        "The account customers pay to was not confirmed by a second "
                        "person: nobody is told of it before."
                    )
                ]
        if "fact_own_account" in used and not self._own_account():
            return [
                self.env._(
                    "Enter a bank account of %s: customers have to know where to pay "
                    "again.",
                    self.company_id.name,
                )
            ]
        return []

    def _party_obstacles(self, used):
        """Say which party cannot be told from others of the same name."""
        parties = {
            "fact_assignor": self.company_id.partner_id,
            "fact_factor": self.factoring_id.factor_id,
        }
        return [
            self.env._(
                "Enter the company ID or the tax ID of %s: a notice names the parties "
                "beyond doubt.",
                partner.name,
            )
            for name, partner in parties.items()
            if name in used and not (partner.company_registry or partner.vat)
        ]

    def _part_obstacles(self, touchpoint, law, assignments):
        """Say that a customer may ignore a direction to pay a part (UCC 9-406), or
        that the letter says the whole debts are assigned (LPA 1925, s136).

        :param law: ``continuity.jurisdiction`` of this customer
        :param assignments: ``continuity.factoring.assignment`` that are open
        """
        country = (law.code or "").split("-")[0]
        if country not in ("US", "GB"):
            return []
        lang = touchpoint._letter_language()
        if "fact_receivables" not in touchpoint._facts_used(
            *touchpoint._letter_source(lang)
        ):
            return []
        return [
            self._part_text(country, assignment.move_id.display_name)
            for assignment in assignments
            if assignment.currency_id.compare_amounts(
                assignment.open_amount, assignment.move_line_id.amount_residual_currency
            )
            < 0
        ]

    def _part_text(self, country, invoice):
        if country == "GB":
            return self.env._(
                "%s is assigned in part. The notice under English law says that the "
                "whole debts are assigned (Law of Property Act 1925, s136): assign all "
                "of it.",
                invoice,
            )
        return self.env._(
            "%s is assigned in part. A customer in the United States may ignore a "
            "direction to pay less than the whole (UCC 9-406): assign all of it.",
            invoice,
        )

    def _language_obstacles(self, touchpoint, review):
        """Say which words the customer could not read, and that the contract is in
        another language."""
        lang = touchpoint._letter_language()
        used = touchpoint._facts_used(*touchpoint._letter_source(lang))
        agreement = self.factoring_id
        languages = dict(self.env["res.lang"].get_installed())
        problems = [
            self.env._(
                "“%(field)s” is not translated into %(language)s: do so on %(plan)s.",
                field=agreement._fields[name]._description_string(self.env),
                language=languages.get(lang, lang),
                plan=agreement.name,
            )
            for fact, name in TRANSLATED_FACTS.items()
            if fact in used and agreement._is_text_untranslated(name, lang)
        ]
        contract = review.contract_lang
        if (
            "fact_notice_language" in used
            and contract
            and contract.split("_")[0] != lang.split("_")[0]
        ):
            problems.append(
                self.env._(
                    "The contract is in %(contract)s, the notice would go in "
                    "%(language)s: name a person at the customer who gets letters in "
                    "%(contract)s, or translate it in words of your own.",
                    contract=languages.get(contract, contract),
                    language=languages.get(lang, lang),
                )
            )
        return problems

    # === CHANGED SINCE THE RELEASE === #

    def _letter_marks(self, touchpoints):
        marks = super()._letter_marks(touchpoints)
        lines = self.sudo().grouped("id")
        by_lang = touchpoints.grouped(lambda t: t.letter_lang or t._letter_language())
        for lang, letters in by_lang.items():
            translated = self.with_context(lang=lang)
            facts = translated._letter_fact_values(letters.with_context(lang=lang))
            for letter in letters:
                if letter.origin_id in lines:
                    said = facts[letter.id]
                    account = {name: said.get(name) for name in ACCOUNT_FACTS}
                    marks[letter.id] = ":".join(
                        (
                            letter._facts_mark(lang, account),
                            letter._facts_mark(lang, said),
                        )
                    )
        return marks

    def _letter_waits(self, touchpoint):
        """Another account than the one somebody released is never written into a
        letter without a person."""
        if super()._letter_waits(touchpoint):
            return True
        now = self._letter_marks(touchpoint)[touchpoint.id]
        before = touchpoint.sudo().letter_mark or ""
        return now.split(":")[0] != before.split(":")[0]


class ContinuityContractReview(models.Model):
    _inherit = "continuity.contract.review"

    contract_lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Contract's Language",
        help="Notices have to be in it. Empty: the customer is offered the notice in "
        "the contract's language.",
    )
