from odoo import api, models


class ContinuityReadableLinksMixin(models.AbstractModel):
    """Wizards that link only what their user may read.

    A client chooses the ids a wizard is made with. Whatever it shows or computes of
    the addon's records, names included, is therefore refused unless the user may read
    these records themselves.
    """

    _name = "continuity.readable.links.mixin"
    _description = "Links to Readable Records"
    _inherit = ["continuity.readable.onchange.mixin"]

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        # Afterwards, so that defaults of the client's context are met too.
        records._check_readable_links()
        return records

    def write(self, vals):
        result = super().write(vals)
        self._check_readable_links()
        return result

    def _check_readable_links(self):
        """Refuse links to records of the addon that the user may not read.

        :raise AccessError: when there is one
        """
        for name, field in self._fields.items():
            if (
                field.store
                and field.type in ("many2one", "many2many")
                and field.comodel_name.startswith("continuity.")
            ):
                # A search would leave out what the user may not read.
                linked = self.sudo()[name].with_env(self.env)
                linked.check_access("read")
