from odoo import api, fields, models
from odoo.exceptions import UserError

# The values of these are users, of the others partners.
USER_KINDS = ("write", "relationship")


class ContinuityHandoverMove(models.Model):
    """One thing a cut-over changed: the typed log of a handover (I6).

    Written by the cut-over alone, by ``INSERT … SELECT`` just before the change,
    so that what is logged is exactly what is changed; nobody may write or delete
    it. An undo restores the fields that still hold the new value and logs that in
    rows of its own, each pointing to the one it takes back.

    ============  =============================================================
    kind          means
    ============  =============================================================
    write         ``field`` of the record went from one user (id) to another
    follow        the partner (id) in ``new_value_id`` now follows the record
    unfollow      the partner (id) in ``old_value_id`` no longer follows it
    attendee      in a meeting one partner (id) took the place of another; no new
                  value when the successor took part already, no old one when
                  the undo found nobody to replace
    relationship  the owner (user id) of the customer's relationship
    ============  =============================================================
    """

    _name = "continuity.handover.move"
    _description = "Handover Log"
    _order = "id desc"
    _rec_names_search = ["handover_id", "line_id"]

    handover_id = fields.Many2one(
        "continuity.handover",
        string="Handover Plan",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    line_id = fields.Many2one(
        "continuity.handover.line",
        string="Customer",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    kind = fields.Selection(
        [
            ("write", "Salesperson"),
            ("follow", "Follows"),
            ("unfollow", "No Longer Follows"),
            ("attendee", "Takes Part"),
            ("relationship", "Customer's Salesperson"),
        ],
        required=True,
        readonly=True,
    )
    model = fields.Selection(
        "_selection_model", string="Type of Record", required=True, readonly=True
    )
    res_id = fields.Many2oneReference(
        string="Record", model_field="model", required=True, readonly=True
    )
    field = fields.Char(required=True, readonly=True)
    old_value_id = fields.Integer(readonly=True, aggregator=None)
    new_value_id = fields.Integer(readonly=True, aggregator=None)
    phase = fields.Selection(
        [
            ("cutover", "Cut-over"),
            ("later", "Arrived later"),
            ("undo", "Brought back"),
            ("return", "Arrived during the cover"),
        ],
        string="When",
        required=True,
        readonly=True,
        default="cutover",
        help="Arrived later: landed on the predecessor after the cut-over.",
    )
    undo_of_id = fields.Many2one(
        "continuity.handover.move",
        string="Takes Back",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    undo_ids = fields.One2many("continuity.handover.move", "undo_of_id")
    details = fields.Json(
        readonly=True,
        help="What else goes with the old value and comes back with it, such as what "
        "a follower had subscribed to.",
    )
    create_date = fields.Datetime(string="Moved On")
    record_name = fields.Char(compute="_compute_label", compute_sudo=True)
    label = fields.Char(compute="_compute_label", compute_sudo=True, string="Change")

    _record_idx = models.Index("(model, res_id)")
    # Nothing is taken back twice, also by two undos at the same moment.
    _undo_of_uniq = models.UniqueIndex(
        "(undo_of_id) WHERE undo_of_id IS NOT NULL",
        "This has been brought back already.",
    )

    @api.model
    def _selection_model(self):
        """Return the models a cut-over can change, with their names."""
        movers = self.env["continuity.handover"]._get_movers()
        names = dict.fromkeys(mover.model for mover in movers)
        names["continuity.relationship"] = None
        ir_model = self.env["ir.model"]
        return [(name, ir_model._get(name).name or name) for name in names]

    @api.depends("model", "res_id", "kind", "old_value_id", "new_value_id")
    def _compute_label(self):
        """Name records and people, in a few queries for the whole list; what was
        deleted since is called so."""
        record_names = {
            model: self._names(model, moves.mapped("res_id"))
            for model, moves in self.grouped("model").items()
        }
        by_user = self.filtered(lambda move: move.kind in USER_KINDS)
        users = self._names("res.users", by_user._value_ids())
        partners = self._names("res.partner", (self - by_user)._value_ids())
        for move in self:
            people = users if move in by_user else partners
            move.record_name = record_names[move.model].get(
                move.res_id, self.env._("Deleted (%s)", move.res_id)
            )
            move.label = move._describe(
                people.get(move.old_value_id), people.get(move.new_value_id)
            )

    def _value_ids(self):
        ids = {*self.mapped("old_value_id"), *self.mapped("new_value_id")}
        return list(ids - {0})

    @api.model
    def _names(self, model, ids):
        """Map the ids that still exist to display names."""
        if model not in self.env:
            return {}
        records = self.env[model].with_context(active_test=False).browse(ids).exists()
        return {record.id: record.display_name for record in records}

    def _describe(self, old, new):
        """Say what changed, in words.

        :param old: name of the person before, None when unknown or there was none
        :param new: name of the person after, likewise
        :rtype: str
        """
        self.ensure_one()
        old, new = old or "–", new or "–"
        if self.kind == "follow":
            return self.env._("%s follows", new)
        if self.kind == "unfollow":
            return self.env._("%s no longer follows", old)
        return self.env._("from %(old)s to %(new)s", old=old, new=new)

    # === ACTIONS === #

    def action_open_record(self):
        """Open the record that changed, with the user's own rights.

        :raise UserError: when it was deleted since
        """
        self.ensure_one()
        if (
            self.model not in self.env
            or not self.env[self.model].browse(self.res_id).exists()
        ):
            raise UserError(self.env._("This record has been deleted since."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
