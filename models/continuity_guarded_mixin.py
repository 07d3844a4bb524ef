from odoo import api, models
from odoo.exceptions import AccessError


class ContinuityGuardedMixin(models.AbstractModel):
    """Fields that only the addon's own methods may write.

    A user, over the form or over RPC, may not create or write the fields in
    ``_guarded_fields``: they record what a checked method did (a state, a gate,
    who confirmed what). Those methods check the user's rights and then write
    with a narrow ``sudo()``. No context key or parameter lifts the guard (I13):
    neither ``default_state`` in the caller's context nor a default the caller
    saved for themselves reaches a guarded field, also where a method of ours
    creates the record for them. A copy starts with none of them.

    An extension names its own in ``_guarded_fields``; those of all classes of a
    model count together, so that none can be lifted by extending.
    """

    _name = "continuity.guarded.mixin"
    _description = "Guarded Fields"
    _inherit = ["continuity.readable.onchange.mixin"]

    _guarded_fields = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._check_guarded_fields(vals)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_guarded_fields(vals)
        return super().write(vals)

    @api.model
    def default_get(self, fields):
        guarded = self._all_guarded_fields().intersection(fields)
        values = super().default_get([name for name in fields if name not in guarded])
        for name in guarded:
            field = self._fields[name]
            if field.default:
                value = field.convert_to_cache(
                    field.default(self), self, validate=False
                )
                values[name] = field.convert_to_write(value, self)
        return values

    def copy_data(self, default=None):
        given = set(default or {})
        guarded = self._all_guarded_fields()
        return [
            {
                name: value
                for name, value in vals.items()
                if name in given or name not in guarded
            }
            for vals in super().copy_data(default)
        ]

    @api.model
    def _all_guarded_fields(self):
        """Return what any class of this model guards.

        :rtype: frozenset[str]
        """
        return frozenset().union(
            *(vars(cls).get("_guarded_fields", ()) for cls in type(self).__mro__)
        )

    def _check_guarded_fields(self, vals):
        """Refuse values for guarded fields.

        :param dict vals: the values somebody wants to create or write
        :raise AccessError: when one of them is guarded
        """
        guarded = self._all_guarded_fields().intersection(vals)
        if guarded:
            labels = ", ".join(self._fields[name].string for name in sorted(guarded))
            raise AccessError(
                self.env._(
                    "%(fields)s cannot be set directly on %(model)s. Use the buttons "
                    "of the form instead: they record who did it and when.",
                    fields=labels,
                    model=self._description,
                )
            )
