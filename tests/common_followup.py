from datetime import date, timedelta

from freezegun import freeze_time

from .common import ContinuityCommon

# A Monday.
TODAY = date(2027, 3, 1)


class FollowupCommon(ContinuityCommon):
    """Follow-up of ``company_a`` on a frozen Monday; shipped rules are archived.

    ``relationship_1`` … are those of ``customer_1`` …, all in the last tier.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(f"{TODAY} 03:30:00"))
        cls.rules = cls.env["continuity.followup.rule"]
        cls.occurrences = cls.env["continuity.followup.occurrence"]
        cls.rules.search([]).active = False
        cls.company_a.resource_calendar_id.tz = "UTC"
        cls.tier_a, cls.tier_b, cls.tier_c = (
            cls.env.ref(f"customer_continuity.tier_{name}") for name in "abc"
        )
        cls.channel_call = cls.env.ref("customer_continuity.channel_call")
        cls.channel_card = cls.env.ref("customer_continuity.channel_card")
        customers = cls.customer_1 | cls.customer_2 | cls.customer_3
        cls.relationships = cls.env["continuity.relationship"]._ensure(
            cls.company_a, customers
        )
        cls.relationship_1, cls.relationship_2, cls.relationship_3 = (
            cls._relationship(customer) for customer in customers
        )

    @classmethod
    def _create_rule(cls, trigger, **values):
        return cls.rules.create(
            {
                "name": f"Rule {trigger}",
                "trigger": trigger,
                "company_id": cls.company_a.id,
                "date_from": "2020-01-01",
                **values,
            }
        )

    @classmethod
    def _set(cls, relationship, **values):
        """Give a relationship figures, as the refresh would."""
        relationship.sudo().write(values)

    @classmethod
    def _spoken_to(cls, relationship, day, tier=None):
        """The last true contact was on a day."""
        tier = tier or cls.tier_c
        cadence = tier.with_company(cls.company_a).cadence_days
        day = cls._day(day)
        cls._set(
            relationship,
            tier_id=tier.id,
            last_contact_date=day,
            next_due_date=day + timedelta(days=cadence),
            state="on_track",
        )

    @classmethod
    def _plan(cls, today=None, company=None):
        cls.env.flush_all()
        cls.occurrences._plan_company(company or cls.company_a, today=today)

    def _plan_on(self, day):
        """Plan on a later day, with the clock there."""
        with self._at(day):
            self._plan()

    @staticmethod
    def _at(day):
        """Set the clock to the early morning of a day."""
        return freeze_time(f"{day} 03:30:00")

    @classmethod
    def _found(cls, rule=None, relationship=None):
        domain = [("company_id", "=", cls.company_a.id)]
        if rule:
            domain.append(("rule_id", "=", rule.id))
        if relationship:
            domain.append(("relationship_id", "=", relationship.id))
        return cls.occurrences.search(domain, order="id")

    def _hold(self, touchpoint, day=None):
        """The responsible person reaches the customer."""
        with freeze_time(f"{day or TODAY} 10:00:00"):
            touchpoint.with_user(touchpoint.user_id).log_attempt("held")
            touchpoint._refresh_relationships()
