from odoo.tests import Form

from .common_factoring import FactoringCommon


class FactoringWizardCommon(FactoringCommon):
    """Customer 1 and 2 have a valid contract review; the manager drafts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standings = cls.env["continuity.credit.standing"]

    def _wizards(self, user=None):
        return (
            self.env["continuity.factoring.wizard"]
            .with_user(user or self.user_manager)
            .with_context(allowed_company_ids=self.company_a.ids)
        )

    def _first_step(self, user=None, **values):
        form = Form(self._wizards(user))
        form.factor_id = self.factor
        form.customer_reason = "We finance our growth from what is invoiced."
        for name, value in values.items():
            setattr(form, name, value)
        return form.save()

    def _second_step(self, user=None, **values):
        wizard = self._first_step(user, **values)
        wizard.action_next()
        return wizard

    def _line(self, wizard, customer):
        return wizard.line_ids.filtered(lambda line: line.partner_id == customer)

    def _paying_customers(self, *customers):
        """Let customers pay six invoices each on the day they are due, and owe one."""
        for customer in customers:
            for month in range(1, 7):
                move = self._bill(
                    customer, 100, f"2026-0{month}-01", f"2026-0{month}-20"
                )
                self._pay(move, 100, f"2026-0{month}-20")
            self._bill(customer, 250, "2026-06-20", "2026-07-20")
        self.standings._take(self.company_a)

    def _finish(self, wizard, **values):
        """Fill in the last steps and make the draft."""
        if wizard.step == "customers":
            wizard.action_next()
        wizard.bank_account_id = self.factor_account
        wizard.action_next()
        wizard.approver_id = self.user_all
        wizard.write(values)
        wizard.action_next()
        action = wizard.action_create_draft()
        return self.env["continuity.factoring"].browse(action["res_id"])
