from odoo import api, models
from odoo.fields import Domain

AGREEMENTS = "continuity.factoring"


class IrAttachment(models.Model):
    """Files on an agreement are read like what is said on it: the list for the factor,
    or the contract, names customers whoever speaks to one of them is not told of."""

    _inherit = "ir.attachment"

    def _inaccessible_comodel_records(self, model_and_ids, operation):
        if operation == "read" and AGREEMENTS in model_and_ids:
            model_and_ids = dict(model_and_ids)
            kept = {AGREEMENTS: model_and_ids.pop(AGREEMENTS)}
            yield from super()._inaccessible_comodel_records(kept, "write")
        yield from super()._inaccessible_comodel_records(model_and_ids, operation)

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        # Odoo asks which documents may be read here, not the method above.
        if not (self.env.su or bypass_access):
            domain = Domain(domain) & self._continuity_files_domain()
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    @api.model
    def _continuity_files_domain(self):
        """Return which files are not of agreements the user only reads.

        :rtype: Domain
        """
        others = Domain("res_model", "!=", AGREEMENTS)
        agreements = self.env[AGREEMENTS]
        if not agreements.has_access("write"):
            return others
        rules = self.env["ir.rule"]._compute_domain(AGREEMENTS, "write")
        # The rules are what is searched for.
        written = agreements.sudo()._search(rules)
        return others | Domain("res_id", "in", written)
