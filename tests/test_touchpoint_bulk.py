"""Planning thousands of touchpoints in one statement."""

from odoo.tests import tagged

from .common_followup import TODAY, FollowupCommon


@tagged("post_install", "-at_install")
class TestTouchpointBulk(FollowupCommon):
    def test_planned_in_bulk_or_not_is_the_same(self):
        """Every stored column, and everything related, is the same both ways."""
        model = self.env["continuity.touchpoint"]

        def values(number):
            return [
                {
                    "origin_model": "res.partner",
                    "origin_id": relationship.partner_id.id,
                    "occurrence": f"{number}",
                    "relationship_id": relationship.id,
                    "partner_id": relationship.partner_id.id,
                    "company_id": self.company_a.id,
                    "name": "“Quoted”; 'and' {braces} NULL",
                    "why": False,
                    "purpose": "followup",
                    "channel_ids": (self.channel_call | self.channel_card).ids,
                    "user_id": self.user_sales_a.id,
                    "date_due": TODAY,
                }
                for relationship in self.relationships
            ]

        one_by_one = model._plan(values(1))
        in_bulk = model._plan_bulk(values(2))
        self.env.flush_all()
        self.env.invalidate_all()
        names = [
            name
            for name, field in model._fields.items()
            if name not in ("id", "occurrence", "display_name")
            and field.type != "binary"
        ]
        self.assertEqual(
            [{**row, "id": 0} for row in one_by_one.sudo().read(names, load=None)],
            [{**row, "id": 0} for row in in_bulk.sudo().read(names, load=None)],
        )
        self.assertEqual(in_bulk.mapped("partner_id"), one_by_one.mapped("partner_id"))
        self.assertEqual(model._plan_bulk(values(2)), in_bulk, "planned once")
        self.assertEqual(model._plan_bulk(values(3)[:1]).state, "owed")
        self.assertFalse(model._plan_bulk([]))

    def test_nobody_else_creates_touchpoints_differently(self):
        """`_insert_planned` stands in for `create`: what overrides one of them has to
        be known here. Touchpoints switch off what mail.thread does."""
        known = {
            "base",
            "continuity.guarded.mixin",
            "continuity.touchpoint",
            "mail.thread",
        }
        overriding = {
            cls._name
            for cls in self.registry["continuity.touchpoint"].mro()
            if "create" in vars(cls) and getattr(cls, "_name", None)
        }
        self.assertLessEqual(overriding, known)
