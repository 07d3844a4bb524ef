from odoo import fields, models
from odoo.exceptions import UserError


class ContinuityLetterWrite(models.TransientModel):
    """Say which letter a number of customers get, who signs and how it goes, and
    look at all of them."""

    _name = "continuity.letter.write"
    _description = "Write Letters"

    touchpoint_ids = fields.Many2many("continuity.touchpoint", readonly=True)
    template_id = fields.Many2one(
        "mail.template",
        string="Letter",
        domain=[("model", "=", "continuity.touchpoint")],
        help="Empty: each contact keeps its own.",
    )
    letter_medium = fields.Selection(
        [("mail", "By e-mail"), ("paper", "On paper"), ("both", "Both")],
        string="Way of Sending",
        help="Empty: as the channel of each contact says.",
    )
    signer_id = fields.Many2one(
        "res.users",
        string="Signed By",
        domain=[("share", "=", False)],
        help="Empty: the person responsible for each.",
    )
    skipped = fields.Text(readonly=True, string="Left Out")

    def action_apply(self):
        """Set letter, medium and signer, and show the letters one by one.

        :raise AccessError: unless responsible for all of them or their manager
        """
        self.ensure_one()
        values = {
            name: self[name]
            for name in ("template_id", "letter_medium", "signer_id")
            if self[name]
        }
        self.touchpoint_ids._set_letter(**values)
        return self.touchpoint_ids.action_preview_letters()

    def _open(self, touchpoints):
        """Return the action that asks for letter, medium and signer.

        :param touchpoints: ``continuity.touchpoint``; those that are no open letters
            are left out, with the reason
        :raise UserError: when none is left
        """
        touchpoints.check_access("read")
        letters = touchpoints.filtered(lambda t: t._is_open_letter())
        skipped = [
            self.env._(
                "%(customer)s, %(name)s: not written, closed or released already",
                customer=t.partner_id.display_name,
                name=t.name,
            )
            for t in touchpoints - letters
        ]
        if not letters:
            raise UserError(
                "\n".join(skipped) or self.env._("Choose the contacts to write to.")
            )
        wizard = self.create(
            {
                "touchpoint_ids": letters.ids,
                "template_id": letters.template_id.id
                if len(letters.template_id) == 1
                else False,
                "skipped": "\n".join(skipped),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write Letters"),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }
