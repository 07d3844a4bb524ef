from odoo import api, models


class ContinuityOwnedFilesMixin(models.AbstractModel):
    """Files that are read by whoever reads the record they hang on.

    A file uploaded before the record was saved belongs to the person alone, until it
    is saved. A model names its many2many fields in ``_file_fields``.
    """

    _name = "continuity.owned.files.mixin"
    _description = "Files of a Record"

    _file_fields = ()

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._own_files()
        return records

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(self._file_fields):
            self._own_files()
        return result

    def _own_files(self):
        """Make the user's own new files the record's."""
        for record in self:
            for name in self._file_fields:
                # Only files the user put there and that hang on nothing else.
                mine = record.sudo()[name].filtered(
                    lambda a: not a.res_id and a.create_uid == self.env.user
                )
                mine.write({"res_model": self._name, "res_id": record.id})
