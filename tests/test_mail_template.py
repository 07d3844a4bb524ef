from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import ContinuityCommon


@tagged("post_install", "-at_install")
class TestMailTemplate(ContinuityCommon):
    """A tier never reaches the customer (I4), not even through an own template."""

    def _create(self, **values):
        return self.env["mail.template"].create(
            {
                "name": "Greetings",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                **values,
            }
        )

    def test_no_tier_in_any_part(self):
        for values in (
            {"subject": "Dear {{ object.continuity_tier_id.name }} customer"},
            {"body_html": '<p t-out="object.continuity_tier_id.name"/>'},
            {"body_html": '<p t-out="object.continuity_relationship_id.revenue"/>'},
            {"body_html": "<p t-out=\"object.env['continuity.tier'].search([])\"/>"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._create(**values)

    def test_no_tier_in_a_translation(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        template = self._create(subject="Dear customer")
        with self.assertRaises(ValidationError):
            template.with_context(
                lang="ja_JP"
            ).subject = "{{ object.continuity_tier_id.name }}"

    def test_others_are_left_alone(self):
        self._create(subject="Dear {{ object.name }}", body_html="<p>Tier one</p>")
