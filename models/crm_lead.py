from odoo import models
from odoo.exceptions import UserError


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def action_log_continuity_contact(self):
        """Open the dialog that logs a contact with the customer of this deal.

        :raise AccessError: unless the user may read the customer's relationship
        :raise UserError: when the deal has no customer yet
        """
        self.ensure_one()
        if not self.partner_id:
            raise UserError(self.env._("Enter the customer of this deal first."))
        company = self.company_id or self.env.company
        return self.partner_id.with_company(company).action_log_continuity_contact()
