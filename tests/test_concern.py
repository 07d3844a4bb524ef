from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestConcern(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.relationship = cls._set_tier(cls.customer_1, cls.tier_a)

    def _raise(self, **values):
        return self.env["continuity.concern"]._raise_concern(
            **{
                "relationship": self.relationship,
                "question": "The pump leaks.",
                **values,
            }
        )

    def test_raised_with_owner_and_deadline(self):
        concern = self._raise(kind="complaint", contact=self.contact_1)
        self.assertRegex(concern.name, r"^CON/2027/\d{4}$")
        self.assertEqual(concern.owner_id, self.leaver)
        self.assertEqual(str(concern.deadline), "2027-03-02 17:00:00")
