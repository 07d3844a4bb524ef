from collections import defaultdict

from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL


class ContinuityTouchpoint(models.Model):
    """Planning thousands of touchpoints in one statement."""

    _inherit = "continuity.touchpoint"

    @api.model
    def _plan_bulk(self, vals_list):
        """Do what :meth:`_plan` does, for scheduled actions that plan thousands.

        The rows are the same: defaults, values to compute and what depends on them
        included. An extension that overrides ``create`` of touchpoints extends
        :meth:`_insert_planned` as well; ``test_touchpoint_bulk`` compares the two.

        :param list vals_list: see :meth:`_plan`
        :return: the touchpoints of these origins and occurrences, in order
        :rtype: continuity.touchpoint
        """
        return self._plan_by(vals_list, self.sudo()._insert_planned)

    @api.model
    def _insert_planned(self, vals_list):
        """Insert touchpoints with one INSERT, and one for each many2many.

        :param list vals_list: values for ``create``; of relational lists only
            ``Command.set``
        :return: the touchpoints, in order
        :rtype: continuity.touchpoint
        """
        if not vals_list:
            return self
        defaults = self._add_missing_default_values({})
        rows = [{**defaults, **vals} for vals in vals_list]
        ids = self._insert_columns(rows)
        touchpoints = self.browse(
            ids[row["origin_model"], row["origin_id"], row["occurrence"]]
            for row in rows
        )
        names = {name for row in rows for name in row}
        for name in names:
            if self._fields[name].type == "many2many":
                self._insert_many2many(name, touchpoints, rows)
        # What the ORM does after its own INSERT.
        for name, field in self._fields.items():
            if field.store and field.compute and name not in names:
                self.env.add_to_compute(field, touchpoints)
        touchpoints.modified(names, create=True)
        touchpoints._validate_fields(names)
        return touchpoints

    def _insert_columns(self, rows):
        """Insert the columns of new rows and return ids by origin and occurrence."""
        self.env.flush_all()
        uid, now = self.env.uid, self.env.cr.now()
        names = [
            name
            for name in dict.fromkeys(name for row in rows for name in row)
            if self._fields[name].store and self._fields[name].column_type
        ]
        constants, varying = {}, {}
        for name in names:
            field = self._fields[name]
            converted = {}
            column = []
            for row in rows:
                value = row.get(name)
                if value not in converted:
                    converted[value] = field.convert_to_column_insert(value, self)
                column.append(converted[value])
            if len(converted) == 1 and name != "origin_id":
                constants[name] = column[0]
            else:
                varying[name] = column
        casts = {n: SQL.identifier(self._fields[n].column_type[0]) for n in names}
        log = {"create_uid": uid, "write_uid": uid}
        log |= {"create_date": now, "write_date": now}
        self.env.cr.execute(
            SQL(
                """INSERT INTO continuity_touchpoint (%(columns)s)
                   SELECT %(values)s FROM unnest(%(arrays)s) AS row (%(varying)s)
                RETURNING origin_model, origin_id, occurrence, id""",
                columns=SQL(", ").join(
                    map(SQL.identifier, (*varying, *constants, *log))
                ),
                values=SQL(", ").join(
                    [
                        *(SQL.identifier("row", name) for name in varying),
                        *(SQL("%s::%s", v, casts[n]) for n, v in constants.items()),
                        *(SQL("%s", value) for value in log.values()),
                    ]
                ),
                arrays=SQL(", ").join(
                    SQL("%s::%s[]", column, casts[name])
                    for name, column in varying.items()
                ),
                varying=SQL(", ").join(map(SQL.identifier, varying)),
            )
        )
        return {tuple(row[:3]): row[3] for row in self.env.cr.fetchall()}

    def _insert_many2many(self, name, touchpoints, rows):
        """Insert the rows of one many2many of new touchpoints, at once for all that
        are linked to the same records."""
        field = self._fields[name]
        by_others = defaultdict(list)
        for touchpoint_id, row in zip(touchpoints.ids, rows, strict=True):
            for command, _zero, other_ids in row.get(name) or ():
                if command == Command.SET and other_ids:
                    by_others[tuple(other_ids)].append(touchpoint_id)
        for other_ids, ids in by_others.items():
            self.env.cr.execute(
                SQL(
                    """INSERT INTO %s (%s, %s)
                       SELECT * FROM unnest(%s) AS own, unnest(%s) AS other""",
                    SQL.identifier(field.relation),
                    SQL.identifier(field.column1),
                    SQL.identifier(field.column2),
                    ids,
                    list(other_ids),
                )
            )
