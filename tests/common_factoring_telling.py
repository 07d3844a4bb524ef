from odoo import fields

from .common_factoring import FactoringCommon


class TellingCommon(FactoringCommon):
    """An agreement of company A on customers 1 (in person) and 2, approved; nobody has
    been told. ``key`` and ``small`` are their lines."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tier_a = cls.env.ref("customer_continuity.tier_a")
        cls.tier_c = cls.env.ref("customer_continuity.tier_c")
        for customer in cls.customer_1 | cls.customer_2:
            customer.write(
                {"street": "Main Street 1", "city": "Berlin", "zip": "10115"}
            )
        cls.agreement = cls._create_agreement(
            customer_reason="Orders have doubled.", tell_from="2026-07-06"
        )
        cls.agreement.sudo().state = "approved"
        cls._direct(cls.agreement)
        cls.key, cls.small = cls.agreement.debtor_ids.sorted("id")
        cls.key.write({"tier_id": cls.tier_a.id, "in_person": True})
        cls.small.tier_id = cls.tier_c

    @classmethod
    def _contact(cls, line, occurrence):
        return line.touchpoint_ids.filtered(lambda t: t.occurrence == occurrence)

    @classmethod
    def _deliver(cls, touchpoint):
        """The letter has left, or the talk was held."""
        spoken = touchpoint.occurrence == "talk"
        cls.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": touchpoint.id,
                "channel_id": touchpoint.channel_id.id,
                "user_id": touchpoint.user_id.id,
                "outcome": "held" if spoken else "posted",
                "date": fields.Datetime.now(),
            }
        )
        touchpoint._apply_attempts(
            "held" if spoken else "posted", fields.Datetime.now()
        )

    def _tell_all(self, line):
        for occurrence in ("talk", "courtesy", "notice"):
            if contact := self._contact(line, occurrence):
                self._deliver(contact)

    def _obstacles(self, line, occurrence):
        contact = self._contact(line, occurrence)
        return "\n".join(line._letter_obstacles(contact)[contact.id])

    def _run_cron(self, name):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(f"customer_continuity.cron_{name}").method_direct_trigger()
        self.env.invalidate_all()
