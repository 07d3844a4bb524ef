import pytz

from odoo import api, fields, models

from .continuity_concern import FORMAL_KINDS, OPEN_STATES


class ContinuityConcern(models.Model):
    """Owners are reminded, and managers told, before a customer has to ask again."""

    _inherit = "continuity.concern"

    def _deadline_day(self):
        """Return the day of the deadline where the company works, not in UTC."""
        self.ensure_one()
        if not self.deadline:
            return False
        zone = self.company_id.sudo().resource_calendar_id.tz or "UTC"
        return pytz.utc.localize(self.deadline).astimezone(pytz.timezone(zone)).date()

    def _remind_owner(self):
        """Put concerns into their owners' lists, due on the day of the deadline."""
        for concern in self.sudo():
            # Not what the manager was told, nor what people planned themselves.
            concern.activity_ids.filtered(
                lambda a, c=concern: a.automated and a.user_id != c.escalated_to_id
            ).unlink()
            if concern.owner_id and concern.state in OPEN_STATES:
                concern._remind(
                    concern.owner_id,
                    lambda env, c=concern: env._(
                        "Answer %(customer)s: %(reference)s",
                        customer=c.partner_id.display_name,
                        reference=c.name,
                    ),
                    note="\n".join(
                        filter(None, (concern.answer_error, concern.question))
                    ),
                    deadline=concern._deadline_day(),
                )

    def _escalate(self):
        """Tell the owner's manager, once, why they have to look at a concern."""
        for concern in self.sudo():
            manager = concern.owner_id._continuity_manager(concern.company_id)
            formal = concern.kind in FORMAL_KINDS
            overdue = concern.deadline and concern.deadline <= fields.Datetime.now()
            concern.write(
                {
                    "escalated_on": manager and fields.Datetime.now(),
                    "escalated_to_id": manager.id,
                    # A formal one goes there at once, and again when it is late.
                    "escalate_on": concern.deadline
                    if not (overdue and manager)
                    else False,
                    "escalation_error": False
                    if manager
                    else self.env._(
                        "Nobody manages its owner: name a leader of the sales team."
                    ),
                }
            )
            kinds = concern._fields["kind"]

            def text(env, c=concern, kinds=kinds, late=overdue or not formal):
                kind = dict(kinds._description_selection(env))[c.kind]
                values = {
                    "kind": kind,
                    "reference": c.name,
                    "customer": c.partner_id.display_name,
                }
                if late:
                    return env._(
                        "Overdue: %(kind)s %(reference)s of %(customer)s", **values
                    )
                return env._("%(kind)s %(reference)s of %(customer)s", **values)

            concern._remind(manager, text, note=concern.question)

    @api.model
    def _cron_escalate(self):
        """Take concerns that nobody answered in time to the managers.

        Each goes there once per deadline. One that fails keeps its reason in
        ``escalation_error``, is tried again at the next run and holds up no other.
        """
        self.search(
            [
                ("state", "in", OPEN_STATES),
                ("escalate_on", "<=", fields.Datetime.now()),
            ],
            order="escalate_on, id",
        )._run_each(lambda concern: concern._escalate())

    def _keep_error(self, error):
        self.sudo().escalation_error = str(error) or repr(error)
