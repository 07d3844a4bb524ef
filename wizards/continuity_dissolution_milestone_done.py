from odoo import api, fields, models


class ContinuityDissolutionMilestoneDone(models.TransientModel):
    """Record that a milestone was reached; before it becomes public, with the list of
    key customers who have not heard of it."""

    _name = "continuity.dissolution.milestone.done"
    _description = "Milestone Reached"
    _inherit = ["continuity.readable.links.mixin"]

    milestone_id = fields.Many2one(
        "continuity.dissolution.milestone",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    done_on = fields.Date(
        string="Happened On",
        required=True,
        compute="_compute_done_on",
        compute_sudo=True,
        store=True,
        precompute=True,
        readonly=False,
    )
    note = fields.Text(
        string="Remark", help="Such as the number and page of the gazette."
    )
    explanation = fields.Text(related="milestone_id.explanation")
    unreached_count = fields.Integer(compute="_compute_unreached")
    unreached_names = fields.Text(compute="_compute_unreached")
    may_go_on = fields.Boolean(compute="_compute_unreached")
    reason = fields.Text(string="Why It Cannot Wait")

    @api.depends("milestone_id")
    def _compute_done_on(self):
        for wizard in self:
            if wizard.milestone_id:
                wizard.done_on = wizard.milestone_id.dissolution_id._local_today()

    @api.depends("milestone_id")
    @api.depends_context("uid")
    def _compute_unreached(self):
        for wizard in self:
            # A dialog is asked for any id: it tells only who records what happened.
            # Who speaks to one customer reads the timetable, but not who else is a
            # key account.
            milestone = wizard.milestone_id._filtered_access("read")
            milestone = milestone.filtered(
                lambda m: m.dissolution_id._is_lead() or m.dissolution_id._is_author()
            )
            unreached = milestone._unreached() if milestone else None
            wizard.unreached_count = len(unreached or ())
            wizard.unreached_names = (
                "\n".join(unreached.mapped("display_name")) if unreached else False
            )
            wizard.may_go_on = bool(milestone) and (
                milestone.dissolution_id._may_manage()
            )

    def action_apply(self):
        """Record it.

        :raise AccessError: for people who do not record what happened
        :raise UserError: listing what stands in the way
        """
        self.ensure_one()
        self.milestone_id.check_access("read")
        self.milestone_id._record_done(self.done_on, self.note, self.reason)
        return {"type": "ir.actions.act_window_close"}
