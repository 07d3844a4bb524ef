from odoo import api, models
from odoo.fields import Domain


class ContinuityProcessMixin(models.AbstractModel):
    """The proof of service of a document: a register of its contacts (N7)."""

    _inherit = "continuity.process.mixin"

    def _register_origins(self):
        """Return the lines whose contacts belong to this document, by model; by
        default all lines that have contacts.

        :return: record ids by model name
        :rtype: dict[str, list[int]]
        """
        origins = {self._name: self.ids}
        for field in self._fields.values():
            if field.type != "one2many" or not field.store and field.compute:
                continue
            comodel = self.env[field.comodel_name]
            if "touchpoint_ids" in comodel._fields:
                origins[comodel._name] = self[field.name].ids
        return origins

    @api.model
    def _register_domain(self, origins):
        """Return the domain of the contacts that came from these records."""
        return Domain.OR(
            Domain("origin_model", "=", model) & Domain("origin_id", "in", ids)
            for model, ids in origins.items()
        )

    def _action_register(self, kind):
        self.ensure_one()
        self.check_access("read")
        model = self.env["continuity.touchpoint"]
        domain = self._register_domain(self._register_origins())
        touchpoints = model.search(domain)
        # How many, and nothing else, so that nobody takes a part for the whole.
        hidden = model.sudo().search_count(domain) - len(touchpoints)
        return self.env["continuity.register"]._open(
            touchpoints, self.name, kind, hidden
        )

    def action_register_pdf(self):
        """Print who was told what, when, how and with what result."""
        return self._action_register("pdf")

    def action_register_csv(self):
        """Download who was told what, when, how and with what result."""
        return self._action_register("csv")
