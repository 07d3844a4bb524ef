import json
import xmlrpc.client
from datetime import datetime, timedelta

from odoo import Command, http
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common_transfer import TransferCommon

REFUSED = "exported by named people only"


class ExportGuardCommon(TransferCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        export = cls.env.ref("base.group_allow_export")
        for user in (
            cls.user_manager,
            cls.user_sales_a,
            cls.user_leader,
            cls.exporter,
            cls.user_company_b,
        ):
            user.write({"group_ids": [Command.link(export.id)], "password": user.login})
        cls.log = cls.env["continuity.export.log"]

    def _list_export(self, user, records, *names, **context):
        return self._rpc(
            user, records, "export_data", list(names or ["display_name"]), **context
        )

    def _assert_refused(self, user, records, *names, **kwargs):
        with self.assertRaisesRegex(AccessError, REFUSED):
            self._list_export(user, records, *names, **kwargs)
        self.assertFalse(self.log.search([]))


@tagged("post_install", "-at_install")
class TestExportGuard(ExportGuardCommon):
    """From the decision on Odoo's own exports of customers are for named people."""

    def test_before_the_decision(self):
        self._dates(decision="2027-03-02")
        self.assertTrue(self._list_export(self.user_manager, self.customer_1))
        self.assertFalse(self.log.search([]))

    def test_everybody_who_is_not_named(self):
        for user in (self.user_manager, self.user_sales_a, self.user_leader):
            self._assert_refused(user, self.customer_1, "name", "email")

    def test_named_person_is_logged_and_the_lead_hears_of_it(self):
        self.campaign.sudo().export_user_ids = self.user_leader
        self._list_export(self.user_leader, self.customer_1 | self.customer_2, "name")
        log = self.log.search([])
        self.assertEqual(log.user_id, self.user_leader)
        self.assertEqual(log.count, 2)
        self.assertEqual(log.model, "res.partner")
        self.assertEqual(log.field_names, "name")
        self.assertEqual(len(log.ids_sha256), 64)
        todo = self.campaign.activity_ids.filtered(lambda a: "exported" in a.summary)
        self.assertEqual(todo.user_id, self.member | self.author)

    def test_the_leads_own_export_is_told_to_somebody_else(self):
        self.campaign.sudo().owner_id = self.exporter
        self._list_export(self.exporter, self.customer_1, "name")
        todo = self.campaign.activity_ids.filtered(lambda a: "exported" in a.summary)
        self.assertEqual(todo.user_id, self.approver)

    def test_documents_of_customers(self):
        order = self._create_order(self.customer_1, 100, "2027-01-10")
        invoice = self._create_invoice(self.customer_1, 100, "2027-01-10")
        lead = self.env["crm.lead"].create(
            {"name": "Unknown caller", "phone": "1", "company_id": self.company_a.id}
        )
        records = [order, order.order_line, invoice, lead, self.line_1]
        records += [self.customer_1.activity_schedule(summary="Call them")]
        records += [self.line_1.relationship_id, self.contact_1, self.notice]
        for record in records:
            self._assert_refused(self.user_manager, record)

    def test_customers_behind_a_link(self):
        tag = self.env["res.partner.category"].create(
            {"name": "Prints", "partner_ids": [Command.set(self.customer_1.ids)]}
        )
        self._assert_refused(
            self.user_manager, tag, "name", "partner_ids/name", "partner_ids/email"
        )
        self._list_export(self.user_manager, tag, "name")
        self.assertFalse(self.log.search([]))

    def test_what_is_no_customer(self):
        colleague = self.colleague.partner_id
        supplier = self._create_customer("Supplier")
        for record in (colleague, supplier, self.product):
            self._list_export(self.user_manager, record)
        self.assertFalse(self.log.search([]))

    def test_context_does_not_help(self):
        shared = self.customer_1
        self.assertFalse(shared.company_id)
        for context in (
            {"allowed_company_ids": self.company_b.ids},
            {"active_test": False, "import_compat": False},
        ):
            with self.assertRaisesRegex(AccessError, REFUSED):
                self._rpc(
                    self.user_manager,
                    shared,
                    "export_data",
                    ["name"],
                    context=context,
                )

    def test_archived_relationship_still_counts(self):
        self.line_1.relationship_id.sudo().active = False
        self._assert_refused(self.user_manager, self.customer_1)

    def test_another_company_goes_on(self):
        self.env["continuity.relationship"]._ensure(self.company_b, self.customer_1)
        self._list_export(self.user_company_b, self.customer_1, "name")
        order = self._create_order(
            self.customer_3, 100, "2027-01-10", company=self.company_b
        )
        self._list_export(self.user_manager, order, "name")
        self.assertFalse(self.log.search([]))

    def test_business_cards(self):
        with self.assertRaisesRegex(AccessError, REFUSED):
            self.customer_1.with_user(self.user_manager)._get_vcard_file()

    def test_other_customers_of_a_company_that_goes_on(self):
        self.campaign.sudo().kind = "product"
        other = self._create_customer("Customer 4", self.user_sales_a)
        self.env["continuity.relationship"]._ensure(self.company_a, other)
        self._list_export(self.user_manager, other)
        self._assert_refused(self.user_manager, self.customer_1)
        self.campaign.sudo().state = "done"
        self._list_export(self.user_manager, self.customer_1)

    def test_after_the_end_of_the_company(self):
        self.campaign.sudo().state = "done"
        self._assert_refused(self.user_manager, self.customer_1)

    def test_nobody_names_themself(self):
        with self.assertRaisesRegex(AccessError, "Nobody names themself"):
            self._rpc(
                self.user_manager,
                self.campaign,
                "write",
                {"export_user_ids": [Command.link(self.user_manager.id)]},
            )
        with self.assertRaises(AccessError):
            self._rpc(
                self.stranger,
                self.campaign,
                "write",
                {"export_user_ids": [Command.link(self.stranger.id)]},
            )
        self._rpc(
            self.user_manager,
            self.campaign,
            "write",
            {"export_user_ids": [Command.link(self.user_leader.id)]},
        )
        self.assertIn(self.user_leader, self.campaign.export_user_ids)

    def test_log_cannot_be_written(self):
        self._list_export(self.exporter, self.customer_1)
        log = self.log.search([])
        for method, args in (
            ("write", [{"count": 0}]),
            ("unlink", []),
        ):
            with self.assertRaises(AccessError):
                self._rpc(self.user_manager, log, method, *args)

    def test_resignation_is_not_revealed(self):
        """Whoever has resigned exports nothing, in the words anybody would read."""
        plan = self._create_plan(
            user=self.user_company_b,
            company_id=self.company_b.id,
            leaver_ids=[Command.set(self.user_company_b.ids)],
            reason="resignation",
            line_ids=[],
        )
        customer = self._create_customer("Customer 5", self.user_company_b)
        self.env["continuity.relationship"]._ensure(self.company_b, customer)
        self._list_export(self.user_company_b, customer, "name")
        plan.sudo().state = "submitted"
        with self.assertRaisesRegex(AccessError, REFUSED) as caught:
            self._list_export(self.user_company_b, customer, "name")
        text = str(caught.exception).lower()
        for word in ("resign", "handover", plan.name.lower(), "leav", "dissol"):
            self.assertNotIn(word, text)
        self._list_export(self.user_manager, customer, "name")
        plan.sudo().state = "cancelled"
        self._list_export(self.user_company_b, customer, "name")


@tagged("post_install", "-at_install")
class TestExportGuardHttp(ExportGuardCommon, HttpCase):
    """The same over the addresses a browser or a program calls."""

    def setUp(self):
        super().setUp()
        # Refusals are expected here.
        for name in ("odoo.http", "odoo.addons.web.controllers.export"):
            self.enterContext(mute_logger(name))

    def _download(self, kind, model="res.partner", ids=None, **params):
        return self.url_open(
            f"/web/export/{kind}",
            data={
                "csrf_token": http.Request.csrf_token(self),
                "data": json.dumps(
                    {
                        "model": model,
                        "fields": [{"name": "name", "label": "Name", "type": "char"}],
                        "ids": ids,
                        "domain": [],
                        "import_compat": False,
                        "context": {"allowed_company_ids": self.company_a.ids},
                        **params,
                    }
                ),
            },
        )

    def _bearer(self, user):
        keys = self.env["res.users.apikeys"].with_user(user)
        key = keys._generate("rpc", "test", datetime.now() + timedelta(days=1))
        return {"Authorization": f"Bearer {key}"}

    def _json2(self, user, model, method, **params):
        return self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(params),
            headers={**self._bearer(user), "Content-Type": "application/json"},
        )

    def test_list_export(self):
        ids = self.customer_1.ids
        for user, allowed in ((self.user_sales_a, False), (self.exporter, True)):
            self.authenticate(user.login, user.login)
            for kind in ("csv", "xlsx"):
                response = self._download(kind, ids=ids)
                if allowed:
                    self.assertEqual(response.status_code, 200)
                else:
                    self.assertNotEqual(response.status_code, 200)
                    self.assertIn("named people only", response.text)
                self.assertEqual(
                    "Customer 1" in response.text, allowed and kind == "csv"
                )
        self.assertEqual(self.log.search([]).user_id, self.exporter)
        self.assertEqual(len(self.log.search([])), 2)

    def test_list_export_by_domain_and_groups(self):
        self.authenticate(self.user_sales_a.login, self.user_sales_a.login)
        for params in ({"ids": False}, {"ids": False, "groupby": ["country_id"]}):
            response = self._download("xlsx", **params)
            self.assertIn("named people only", response.text)

    def test_json2(self):
        for user, status in ((self.user_sales_a, 403), (self.exporter, 200)):
            for method, params in (
                (
                    "export_data",
                    {"ids": self.customer_1.ids, "fields_to_export": ["name"]},
                ),
                ("search_read", {"domain": [], "fields": ["name"], "limit": 3}),
                ("read", {"ids": self.customer_1.ids, "fields": ["name"]}),
                ("web_search_read", {"domain": [], "specification": {"name": {}}}),
            ):
                response = self._json2(user, "res.partner", method, **params)
                self.assertEqual(response.status_code, status, (method, response.text))
                if status == 403:
                    self.assertNotIn("Customer 1", response.text)
        # Each list, and reading by a program once a day.
        self.assertEqual(len(self.log.search([])), 2)

    def test_json2_by_other_methods(self):
        """Reading under another name, or behind a link."""
        tag = self.env["res.partner.category"].create(
            {"name": "Prints", "partner_ids": [Command.set(self.customer_1.ids)]}
        )
        partner = {"ids": self.customer_1.ids}
        behind = {"partner_ids": {"fields": {"name": {}}}}
        ways = (
            ("res.partner", "web_save", {**partner, "vals": {}}),
            ("res.partner", "web_resequence", {**partner, "field_name": "color"}),
            ("res.partner.category", "web_read", {"ids": tag.ids}),
            ("res.partner.category", "web_search_read", {"domain": []}),
        )
        for model, method, params in ways:
            params["specification"] = {"name": {}} if "ory" not in model else behind
            for user, allowed in ((self.user_sales_a, False), (self.exporter, True)):
                response = self._json2(user, model, method, **params)
                with self.subTest(model=model, method=method, user=user.login):
                    self.assertEqual(response.status_code == 403, not allowed)
                    if not allowed:
                        self.assertNotIn("Customer 1", response.text)
        groups = {"domain": [], "groupby": ["partner_ids"], "aggregates": ["__count"]}
        response = self._json2(
            self.user_sales_a, "res.partner.category", "formatted_read_group", **groups
        )
        self.assertEqual(response.status_code, 403)
        response = self._json2(
            self.user_sales_a,
            "res.partner",
            "onchange",
            ids=self.customer_1.ids,
            values={},
            field_names=["name"],
            fields_spec={"name": {}},
        )
        self.assertEqual(response.status_code, 403)

    def test_json2_of_what_is_no_customer(self):
        response = self._json2(
            self.user_sales_a,
            "product.template",
            "web_search_read",
            domain=[("id", "=", self.product.product_tmpl_id.id)],
            specification={"name": {}, "create_uid": {"fields": {"display_name": {}}}},
        )
        self.assertEqual(response.status_code, 200, response.text)

    def test_older_interfaces(self):
        """XML-RPC and JSON-RPC read lists like JSON-2."""
        for user, allowed in ((self.user_sales_a, False), (self.exporter, True)):
            args = [self.env.cr.dbname, user.id, user.login, "res.partner"]
            args += ["search_read", [[("id", "=", self.customer_1.id)], ["name"]]]
            body = xmlrpc.client.dumps(tuple(args), "execute_kw")
            for response in (
                self.url_open("/xmlrpc/2/object", data=body),
                self.url_open(
                    "/jsonrpc",
                    data=json.dumps(
                        {
                            "params": {
                                "service": "object",
                                "method": "execute_kw",
                                "args": args,
                            }
                        }
                    ),
                    headers={"Content-Type": "application/json"},
                ),
            ):
                with self.subTest(user=user.login, url=response.url):
                    self.assertEqual("Customer 1" in response.text, allowed)
                    self.assertEqual("named people only" in response.text, not allowed)
        self.assertEqual(self.log.search([]).user_id, self.exporter)

    def test_older_interfaces_without_the_password(self):
        args = (self.env.cr.dbname, self.user_sales_a.id, "wrong", "res.partner")
        body = xmlrpc.client.dumps((*args, "search_read", [[]]), "execute_kw")
        response = self.url_open("/xmlrpc/2/object", data=body)
        self.assertNotIn("named people only", response.text)
        self.assertNotIn("Customer 1", response.text)

    def test_lists_as_json(self):
        self.env["ir.config_parameter"].sudo().set_param("web.json.enabled", "1")
        url = "/json/1/action-base.action_partner_form?domain=[('id','=',%s)]"
        url %= self.customer_1.id
        for user, status in ((self.user_sales_a, 403), (self.exporter, 200)):
            response = self.url_open(url, headers=self._bearer(user))
            self.assertEqual(response.status_code, status, response.text)
            self.assertEqual("Customer 1" in response.text, status == 200)
        self.assertEqual(self.log.search([]).user_id, self.exporter)

    def test_json2_of_another_company(self):
        response = self._json2(
            self.user_company_b, "res.partner", "search_read", fields=["name"], limit=1
        )
        self.assertEqual(response.status_code, 200)

    def test_json2_of_the_package(self):
        package = self._export()
        params = {"ids": package.ids, "fields": ["sha256", "file"]}
        for user, found in ((self.speaker, False), (self.exporter, True)):
            response = self._json2(user, package._name, "read", **params)
            if found:
                self.assertTrue(response.json()[0]["file"])
            else:
                self.assertEqual(response.status_code, 403)

    def test_download_of_the_package(self):
        package = self._export()
        url = f"/web/content/{package._name}/{package.id}/file"
        for user, found in ((self.user_manager, False), (self.exporter, True)):
            self.authenticate(user.login, user.login)
            response = self.url_open(url)
            is_zip = response.content.startswith(b"PK")
            self.assertEqual(is_zip, found, response.status_code)

    def test_json2_hands_nothing_over(self):
        response = self._json2(
            self.user_manager,
            "continuity.transfer",
            "action_export",
            ids=self.transfer.ids,
        )
        self.assertEqual(response.status_code, 422)
        self.assertIn("not among those who may export", response.text)
        self.assertFalse(self.env["continuity.export.package"].search([]))
