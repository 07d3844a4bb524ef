from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_date

# Any of them begins the liquidation: which one a route knows differs.
STOPPING_EVENTS = ("group_formed", "new_sales_stop", "trading_stopped")


class SaleOrder(models.Model):
    """A company in liquidation sells nothing new; what it has confirmed it delivers."""

    _inherit = "sale.order"

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders.company_id._check_may_sell()
        return orders

    def write(self, vals):
        moved = self.filtered(lambda o: o.company_id.id != vals.get("company_id"))
        result = super().write(vals)
        if vals.get("company_id"):
            # A quotation that moves in is a new one there.
            moved.company_id._check_may_sell()
        return result


class ResCompany(models.Model):
    _inherit = "res.company"

    def _check_may_sell(self):
        """Refuse quotations of companies that stop them in liquidation.

        :raise UserError: naming the company and since when
        """
        # A company setting holds for everybody, also for who cannot read settings.
        if companies := self.sudo().filtered("continuity_stop_quotations"):
            companies._check_not_in_liquidation()

    def _check_not_in_liquidation(self):
        """Refuse new quotations of companies whose liquidation has begun.

        :raise UserError: naming the company and since when
        """
        # That a company is in liquidation is public by then; the campaign is not read
        # for anything else.
        campaigns = (
            self.env["continuity.dissolution"]
            .sudo()
            .search(
                [
                    ("kind", "=", "company"),
                    ("company_id", "in", self.ids),
                    ("state", "in", ("approved", "running", "reported", "done")),
                ]
            )
        )
        for campaign in campaigns:
            days = [campaign._date_of(code, done=True) for code in STOPPING_EVENTS]
            since = min(filter(None, days), default=None)
            if since and since <= campaign._local_today():
                raise UserError(
                    self.env._(
                        "%(company)s has been in liquidation since %(day)s and makes "
                        "no new quotations: deliver what was confirmed, and refer the "
                        "customer to a successor. A manager can allow quotations in "
                        "the settings of the app.",
                        company=campaign.company_id.name,
                        day=format_date(self.env, since),
                    )
                )
