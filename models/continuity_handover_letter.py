from odoo import api, fields, models
from odoo.fields import Date
from odoo.tools import format_date

from .continuity_touchpoint_facts import fact

# What a letter about a handover may say besides; the internal reason is not among it.
HANDOVER_FACTS = (
    "fact_successor",
    "fact_successor_function",
    "fact_successor_phone",
    "fact_successor_email",
    "fact_successor_contact",
    "fact_change_date",
    "fact_last_day",
    "fact_support_until",
    "fact_return_date",
    "fact_visit",
    "fact_manager",
    "fact_manager_function",
    "fact_manager_phone",
)


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    fact_successor = fact("Successor's name")
    fact_successor_function = fact("Job position of the successor")
    fact_successor_phone = fact("Telephone of the successor")
    fact_successor_email = fact("E-mail of the successor")
    fact_successor_contact = fact("Telephone, e-mail and WeChat of the successor")
    fact_change_date = fact("First day of the successor")
    fact_last_day = fact("Last working day of the predecessor")
    fact_support_until = fact("Until when the predecessor still answers")
    fact_return_date = fact("First day back after a leave")
    fact_visit = fact("Day and time of the joint visit")
    fact_manager = fact("Manager's name")
    fact_manager_function = fact("Job position of the manager")
    fact_manager_phone = fact("Telephone of the manager")

    @api.model
    def _letter_facts(self):
        return super()._letter_facts() + HANDOVER_FACTS


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    def _change_date(self):
        """Return from which day on the successor looks after the customers: the one
        after the predecessor's last, else the end of the period.

        :rtype: datetime.date
        """
        self.ensure_one()
        return Date.add(self.last_day, days=1) if self.last_day else self.date_end


class ContinuityHandoverLine(models.Model):
    """What a letter about a handover may say, and what keeps it from leaving."""

    _inherit = "continuity.handover.line"

    def _letter_fact_values(self, touchpoints):
        lines = self.sudo().grouped("id")
        values = super()._letter_fact_values(touchpoints)
        for touchpoint in touchpoints:
            line = lines.get(touchpoint.origin_id)
            if line:
                values[touchpoint.id] = line._prepare_facts(touchpoint)
        return values

    def _prepare_facts(self, touchpoint):
        """Return the facts of one letter.

        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :rtype: dict[str, str]
        """
        self.ensure_one()
        plan = self.handover_id
        company = plan.company_id
        successor = self.successor_id
        manager = plan.manager_id
        visit = self.mode == "visit" and self.date_visit
        days = {
            "fact_change_date": plan._change_date(),
            "fact_last_day": plan.last_day or plan.date_end,
            "fact_support_until": plan.support_end,
            "fact_return_date": plan.return_date,
        }
        return {
            "fact_reason": plan.customer_reason,
            "fact_former_contact": self.leaver_id.name,
            "fact_successor": successor.name,
            "fact_successor_function": successor.partner_id.function,
            "fact_successor_phone": successor
            and (successor.partner_id.phone or company.phone),
            "fact_successor_email": successor.email,
            "fact_successor_contact": touchpoint._fact_contact_line(successor),
            "fact_visit": touchpoint._fact_moment(visit),
            "fact_manager": manager.name,
            "fact_manager_function": manager.partner_id.function,
            "fact_manager_phone": manager
            and (manager.partner_id.phone or company.phone),
            **{
                name: day and format_date(self.env, day, date_format="long")
                for name, day in days.items()
            },
        }

    def _letter_obstacles(self, touchpoints):
        """No letter before the change is announced inside (H1), and none whose reason
        is in another language than the letter."""
        obstacles = super()._letter_obstacles(touchpoints)
        lines = self.sudo().grouped("id")
        for touchpoint in touchpoints:
            line = lines.get(touchpoint.origin_id)
            if line:
                obstacles[touchpoint.id] = [
                    *obstacles.get(touchpoint.id, []),
                    *line._obstacles_to_letter(touchpoint),
                ]
        return obstacles

    def _obstacles_to_letter(self, touchpoint):
        """Say what stands in the way of one letter; extensions add theirs.

        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :rtype: list[str]
        """
        self.ensure_one()
        plan = self.handover_id
        obstacles = []
        today = plan._local_date(fields.Datetime.now())
        # What is only shown ahead is read before that day.
        if touchpoint._origin and today < plan.announce_date:
            obstacles.append(
                self.env._(
                    "The change is announced inside on %s: no customer is written to "
                    "before.",
                    format_date(self.env, plan.announce_date),
                )
            )
        lang = touchpoint._letter_language()
        _subject, body = touchpoint._letter_source(lang)
        if "fact_reason" in body and plan._is_reason_untranslated(lang):
            obstacles.append(
                self.env._(
                    "What customers are told is not translated into %(language)s: do "
                    "so on %(plan)s.",
                    language=dict(self.env["res.lang"].get_installed()).get(lang, lang),
                    plan=plan.name,
                )
            )
        return obstacles
