"""What a customer decides: finish, transfer, refund or terminate; on their page, or
told to a colleague who writes it down."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

KINDS = (
    ("dissolution_choose", "Chose how to go on"),
    ("dissolution_provider", "Chose a successor provider"),
    ("dissolution_consent_contract", "Answered about the contract"),
    ("dissolution_consent_data", "Answered about data"),
    ("dissolution_consent_abroad", "Answered about data going abroad"),
    ("dissolution_consent_sensitive", "Answered about sensitive data"),
    ("dissolution_consent_bank", "Answered about bank details"),
    ("dissolution_consent_plan", "Answered about the transition plan"),
)


class ContinuityPortalAnswer(models.Model):
    _inherit = "continuity.portal.answer"

    kind = fields.Selection(
        selection_add=list(KINDS), ondelete={kind: "cascade" for kind, _name in KINDS}
    )


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    _guarded_fields = frozenset({"choice_note"})

    choice_note = fields.Text(
        string="In Their Own Words",
        readonly=True,
        copy=False,
        help="What the customer added to the choice.",
    )

    def action_record_choice(self):
        """Ask what the customer decided, in a talk or in writing."""
        self.ensure_one()
        self._check_may_report()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What %s Decided", self.display_name),
            "res_model": "continuity.dissolution.choice",
            "view_mode": "form",
            "target": "new",
            "context": {"default_customer_id": self.id},
        }

    def _record_choice(self, choice, by, note=""):
        """Keep what a customer decided; the latest word counts.

        Who may say so is checked by the caller: the page by its link, the dialog by
        :meth:`_check_may_report`.

        :param str choice: value of :attr:`choice`
        :param str by: the person of the customer who said so
        :param str note: in their own words, or nothing
        :raise UserError: for what is no choice, without a person, or once the campaign
            is over
        """
        self.ensure_one()
        line = self.sudo()
        if choice not in dict(line._fields["choice"].selection):
            raise UserError(self.env._("Say what the customer decided."))
        if not (by or "").strip():
            raise UserError(self.env._("Say who of the customer decided it."))
        if line.plan_state not in ("running", "reported"):
            raise UserError(self.env._("%s is not running.", line.dissolution_id.name))
        line.write(
            {
                "choice": choice,
                "choice_on": fields.Datetime.now(),
                "choice_by": by,
                "choice_note": note or False,
            }
        )
        line._on_choice()

    def _on_choice(self):
        """Do what follows from a choice; extensions add theirs."""
        self.ensure_one()

    # === WHAT CAN BE CHOSEN === #

    def _choices(self):
        """Return what this customer can choose, with what each means for them, in the
        language of the context.

        :return: tuples (value, name, explanation)
        :rtype: list[tuple]
        """
        self.ensure_one()
        names = dict(self._fields["choice"]._description_selection(self.env))
        campaign = self.dissolution_id
        last = campaign._date_of("last_service")
        barred = campaign._barred_until()
        refund = self.env._("You get back what you have paid and not received.")
        if barred:
            refund += " " + self.env._(
                "The law lets us pay from %s on.", self._day_text(barred, days=1)
            )
        texts = {
            "finish": self.env._(
                "We deliver what is open until %s.", self._day_text(last)
            )
            if last
            else self.env._("We deliver what is open."),
            "transfer": self.env._(
                "Another provider takes over. Nothing passes to them before you have "
                "agreed."
            ),
            "refund": refund,
            "terminate": self.env._("The contract ends; nothing more is delivered."),
        }
        offered = ["finish", "transfer", "refund", "terminate"]
        if not self._is_creditor() and self.choice != "refund":
            offered.remove("refund")
        return [(value, names[value], texts[value]) for value in offered]

    def _day_text(self, day, days=0):
        day = fields.Date.add(day, days=days)
        return format_date(self.env, day, date_format="long")
