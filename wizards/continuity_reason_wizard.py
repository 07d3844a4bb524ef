from odoo import api, fields, models
from odoo.exceptions import UserError


class ContinuityReasonWizard(models.TransientModel):
    """Ask for the reason of a decision and carry it out.

    Each decision names a method that takes the reason and checks for itself who may
    decide. A process adds its own to :attr:`decision` and :meth:`_decisions`.
    """

    _name = "continuity.reason.wizard"
    _description = "Decision with a Reason"

    decision = fields.Selection(
        [
            ("not_useful", "Not useful"),
            ("dismiss_concern", "Close without an answer"),
            ("reopen_concern", "Reopen"),
            ("archive_user", "Archive although they still look after customers"),
        ],
        required=True,
        readonly=True,
    )
    res_ids = fields.Json(required=True, readonly=True)
    reason = fields.Text(required=True)

    @api.model
    def _decisions(self):
        """Return per decision the model and the method that carries it out.

        :rtype: dict[str, tuple[str, str]]
        """
        return {
            "not_useful": ("continuity.touchpoint", "_not_useful"),
            "dismiss_concern": ("continuity.concern", "_dismiss"),
            "reopen_concern": ("continuity.concern", "_reopen"),
            "archive_user": ("res.users", "_archive_with_reason"),
        }

    @api.model
    def _open(self, records, decision):
        """Return the action that asks for the reason of a decision on records."""
        labels = dict(self._fields["decision"]._description_selection(self.env))
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "name": labels[decision],
            "context": {
                "default_decision": decision,
                "default_res_ids": records.ids,
            },
        }

    def action_apply(self):
        """Carry the decision out.

        :return: the action the decision returns, else one that closes the dialog

        :raise UserError: when the records are gone
        """
        self.ensure_one()
        model, method = self._decisions()[self.decision]
        records = self.env[model].browse(self.res_ids).exists()
        if not records:
            raise UserError(self.env._("What you decide on no longer exists."))
        records.check_access("read")
        result = getattr(records, method)(self.reason)
        # Some decisions offer to take them back.
        if isinstance(result, dict):
            return result
        return {"type": "ir.actions.act_window_close"}
