"""Which letter tells a customer of factoring, and under which law (X5)."""

from odoo import fields, models

from .continuity_factoring_telling import NOTICE, kind_in

LETTER = "customer_continuity.letter_factoring_%s"
# Which contents the letter of an occurrence is checked for.
CONTENTS = {
    "courtesy": "factoring_courtesy",
    "notice": "factoring",
    "update": "factoring_update",
    "release": "factoring_release",
}


class MailTemplate(models.Model):
    _inherit = "mail.template"

    continuity_contents = fields.Selection(
        selection_add=[
            ("factoring_courtesy", "Courtesy letter on factoring"),
            ("factoring", "Notice of assignment"),
            ("factoring_update", "Regular word on factoring"),
            ("factoring_release", "Release notice"),
        ],
        ondelete={
            "factoring_courtesy": "set null",
            "factoring": "set null",
            "factoring_update": "set null",
            "factoring_release": "set null",
        },
    )


class ContinuityFactoringDebtor(models.Model):
    """The law a customer is told under: of their contract, else of the agreement, else
    of our company. It decides which notice they get and what it has to say."""

    _inherit = "continuity.factoring.debtor"

    def _governing_law(self):
        """Return the law what this customer is told in writing has to satisfy.

        :return: one record, or none where nothing is known
        :rtype: continuity.jurisdiction
        """
        self.ensure_one()
        return self._governing_laws()[self.id]

    def _governing_laws(self):
        """Return the law of each of these customers; see :meth:`_governing_law`.

        :return: ``continuity.jurisdiction`` by id of the line
        :rtype: dict[int, continuity.jurisdiction]
        """
        jurisdictions = self.env["continuity.jurisdiction"]
        reviews = self._valid_reviews()
        laws = {}
        for agreement, lines in self.sudo().grouped("factoring_id").items():
            general = agreement.jurisdiction_id or jurisdictions._for_country(
                agreement.company_id.country_id
            )
            for line in lines:
                law = reviews[line.id].jurisdiction_id or general
                laws[line.id] = law.with_env(self.env)
        return laws

    def _valid_reviews(self):
        """Return the contract review that holds for each of these customers.

        :return: ``continuity.contract.review``, possibly none, by id of the line
        :rtype: dict[int, continuity.contract.review]
        """
        # What a customer is told does not depend on who may read the contracts.
        reviews = self.env["continuity.contract.review"].sudo()
        found = {}
        for company, lines in self.sudo().grouped("company_id").items():
            valid = reviews._valid_for(lines.partner_id, company)
            for line in lines:
                customer = line.partner_id.commercial_partner_id
                found[line.id] = valid.get(customer, reviews)
        return found

    def _factoring_template(self, occurrence):
        """Return the shipped letter for an occurrence under this customer's law.

        :param str occurrence: ``courtesy``, ``notice``, ``update:<date>`` or
            ``release``; also again, or of a former line
        :return: none for anything that is no letter
        :rtype: mail.template
        """
        self.ensure_one()
        kind = kind_in(occurrence)
        templates = self.env["mail.template"]
        if kind not in CONTENTS:
            return templates
        names = [kind]
        if kind == NOTICE:
            country = (self._governing_law().code or "").split("-")[0].lower()
            names.insert(0, f"notice_{country}")
        for name in names:
            template = self.env.ref(LETTER % name, raise_if_not_found=False)
            if template:
                return template
        return templates

    def _letter_jurisdictions(self, touchpoints):
        jurisdictions = super()._letter_jurisdictions(touchpoints)
        laws = self._governing_laws()
        for touchpoint in touchpoints:
            if touchpoint.origin_id in laws:
                jurisdictions[touchpoint.id] = laws[touchpoint.origin_id]
        return jurisdictions
