from odoo import api, models


def _split_links(value):
    """Return the ids in the value of a relational field, as a client gives it, and the
    values it gives to linked records.

    :param value: an id, ids, commands, or values with an id
    :return: ids, and pairs of an id (0 for a new record) and values
    :rtype: tuple[list, list]
    """
    ids, nested = [], []
    for item in value if isinstance(value, list | tuple) else [value]:
        if isinstance(item, dict):
            item = (1, item.get("id"), item)
        if not isinstance(item, list | tuple):
            ids.append(item)
            continue
        command, linked_id, vals = (*item, None, None, None)[:3]
        if command == 6:
            ids += vals or ()
        elif command:
            ids.append(linked_id)
        if isinstance(vals, dict):
            nested.append((command and linked_id or 0, vals))
    # Records that are not saved yet have no number.
    return [x for x in ids if x and isinstance(x, int)], nested


class ContinuityReadableOnchangeMixin(models.AbstractModel):
    """Forms that tell nothing of records their user may not read.

    Before anything is saved, a client may ask what a form would show with links of its
    choice. Related fields, and the names of linked records, are read with the rights
    of the app: a guessed id would be answered with what it holds.
    """

    _name = "continuity.readable.onchange.mixin"
    _description = "Forms about Readable Records"

    def onchange(self, values, field_names, fields_spec):
        """Compute a form as Odoo does, for records of the addon the user may read.

        :raise AccessError: for a link to another one, given or by default
        """
        self._check_readable_values(self, values)
        if not self:
            names = [
                name
                for name, field in self._fields.items()
                if (field.comodel_name or "").startswith("continuity.")
            ]
            self._check_readable_values(self, self.default_get(names))
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _check_readable_values(self, record, values):
        """Refuse values that link records of the addon the user may not read; what is
        linked already is no news.

        :param record: the one record the values are for, or none
        :param dict values: of a form, with those of linked records
        :raise AccessError: when there is one
        """
        for name, value in values.items():
            field = record._fields.get(name)
            if not value or not field or not field.relational:
                continue
            ids, nested = _split_links(value)
            linked = self.env[field.comodel_name].browse(ids)
            if linked._name.startswith("continuity."):
                known = field.store and record.sudo()[name].ids or ()
                linked.filtered(lambda r, x=known: r.id not in x).check_access("read")
            for linked_id, vals in nested:
                self._check_readable_values(linked.browse(linked_id or ()), vals)
