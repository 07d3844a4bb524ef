"""Names that changed: views kept in the database would ask for fields that are gone
before they are read anew, and a column would be made anew, empty."""

from odoo.tools import SQL, sql


def migrate(cr, version):
    """Carry what is stored over to the new names.

    :param cr: database cursor
    :param str version: the one installed before
    """
    cr.execute(
        """
        UPDATE ir_ui_view
           SET arch_db = replace(
                   arch_db::text, 'wording_warning', 'reason_advice')::jsonb
         WHERE model IN ('continuity.handover', 'continuity.handover.wizard')
           AND arch_db::text LIKE '%wording_warning%'
        """
    )
    table = "continuity_factoring"
    if sql.column_exists(cr, table, "internal_reason") and not sql.column_exists(
        cr, table, "internal_reason_kept"
    ):
        sql.rename_column(cr, table, "internal_reason", "internal_reason_kept")
    table = "continuity_jurisdiction"
    for column in ("ban_status", "registration_status"):
        if sql.column_exists(cr, table, column):
            # How certain a datum of law is has one set of names by now.
            cr.execute(
                SQL(
                    """
                    UPDATE continuity_jurisdiction
                       SET %(column)s = CASE %(column)s
                               WHEN 'V' THEN 'verified'
                               WHEN 'S' THEN 'secondary'
                               ELSE 'unverified'
                           END
                     WHERE %(column)s IN ('V', 'S', 'K')
                    """,
                    column=SQL.identifier(column),
                )
            )
