from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestJurisdiction(TransactionCase):
    def jurisdiction_of(self, country):
        country = self.env.ref(country) if country else self.env["res.country"]
        return self.env["continuity.jurisdiction"]._for_country(country).code

    def test_own_law_comes_before_that_of_the_union(self):
        self.assertEqual(self.jurisdiction_of("base.de"), "DE")
        self.assertEqual(self.jurisdiction_of("base.fr"), "FR")
        self.assertEqual(self.jurisdiction_of("base.it"), "EU")

    def test_proposed_by_country(self):
        self.assertEqual(self.jurisdiction_of("base.cn"), "CN")
        self.assertEqual(self.jurisdiction_of("base.jp"), "JP")
        self.assertEqual(self.jurisdiction_of("base.uk"), "GB")
        self.assertEqual(self.jurisdiction_of("base.us"), "US-DE")

    def test_everybody_else_gets_what_holds_anywhere(self):
        self.assertEqual(self.jurisdiction_of("base.br"), "XX")
        self.assertEqual(self.jurisdiction_of(None), "XX")

    def test_none_left(self):
        generic = self.env.ref("customer_continuity.jurisdiction_generic")
        generic.active = False
        self.assertFalse(self.jurisdiction_of("base.br"))

    @mute_logger("odoo.sql_db")
    def test_code_is_unique(self):
        with self.assertRaises(UniqueViolation):
            self.env["continuity.jurisdiction"].create({"name": "Twin", "code": "CN"})

    def test_salespeople_read_and_managers_edit(self):
        user = new_test_user(
            self.env, "jurisdiction_user", "sales_team.group_sale_salesman"
        )
        manager = new_test_user(
            self.env, "jurisdiction_manager", "customer_continuity.group_manager"
        )
        china = self.env.ref("customer_continuity.jurisdiction_cn")
        self.assertTrue(china.with_user(user).name)
        with self.assertRaises(AccessError):
            china.with_user(user).name = "Elsewhere"
        china.with_user(manager).name = "China"
