from odoo import api, models
from odoo.exceptions import UserError


class ResPartner(models.Model):
    """Customers with a history are archived, not deleted."""

    _inherit = "res.partner"

    @api.ondelete(at_uninstall=False)
    def _unlink_only_without_history(self):
        """Refuse to delete customers that records of the app keep.

        The database would refuse it, too, and name the record: a plan nobody is to
        know of yet must not be read from that.

        :raise UserError: in the same words whatever it is
        """
        for model in self.env.values():
            if not model._name.startswith("continuity.") or not model._auto:
                continue
            for field in model._fields.values():
                if (
                    field.comodel_name == "res.partner"
                    and field.type == "many2one"
                    and field.store
                    and field.ondelete == "restrict"
                    # Kept whatever the user may see.
                    and model.sudo()
                    .with_context(active_test=False)
                    .search_count([(field.name, "in", self.ids)], limit=1)
                ):
                    raise UserError(
                        self.env._(
                            "There is a history with this customer, which is kept: "
                            "archive the contact instead."
                        )
                    )
