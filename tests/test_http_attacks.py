"""What people without a right to it try to fetch over real HTTP: Odoo's own routes for
files (``/web/content``) and for programs (``/json/2``)."""

import base64
import json
from unittest.mock import patch

from odoo.tests import HttpCase, mute_logger, tagged

from .common_letter import LetterCommon

PDF = b"%PDF-1.4 what only the customer reads"
WHY_INSIDE = "Leaves for the competitor from over the road"
TIMEOUT = 30


@tagged("post_install", "-at_install")
class TestHttpAttacks(LetterCommon, HttpCase):
    """A released letter on paper and a resignation nobody has approved yet.

    Strangers are somebody without a log-in, a portal user of the very customer, a
    salesperson of another company and a colleague with no part in it.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        letter = cls.paper.with_user(cls.leaver)
        model = type(cls.env["continuity.touchpoint"])
        with patch.object(model, "_render_pdf", lambda self: PDF):
            letter.action_release()
        cls.letter = cls.paper
        cls.pdf = cls.letter.sudo().letter_pdf_id
        cls.plan = cls._create_plan(
            reason="resignation", last_day="2027-03-31", internal_reason=WHY_INSIDE
        )
        cls.plan.with_user(cls.leaver).action_submit()
        cls.strangers = [None, cls.user_portal, cls.user_company_b, cls.colleague]
        cls.secrets = (
            PDF.decode(),
            base64.b64encode(PDF).decode(),
            WHY_INSIDE,
            cls.letter.sudo().letter_body,
            cls.plan.name,
        )

    def _tell_nothing(self, response, what):
        for secret in self.secrets:
            self.assertNotIn(secret, response.text, what)

    # === Files === #

    def _log_in(self, user):
        login = user and user.login
        self.authenticate(login, login)
        if not user:
            self.opener.cookies.pop("session_id", None)

    def _paths_to_the_letter(self):
        touchpoint = f"continuity.touchpoint/{self.letter.id}"
        query = f"model=continuity.touchpoint&id={self.letter.id}"
        return [
            f"/web/content/{self.pdf.id}",
            f"/web/content/{self.pdf.id}?download=true",
            f"/web/content/{self.pdf.id}?access_token=guessed",
            f"/web/content/{self.pdf.id}/letter.pdf",
            f"/web/content/ir.attachment/{self.pdf.id}/raw",
            f"/web/content/ir.attachment/{self.pdf.id}/datas",
            f"/web/content?id={self.pdf.id}",
            f"/web/content/{touchpoint}/letter_pdf_id",
            f"/web/content/{touchpoint}/letter_body",
            f"/web/content?{query}&field=letter_pdf_id",
            f"/web/content?{query}&field=letter_body&filename=x.html",
            f"/web/image/{self.pdf.id}",
            f"/web/image/{touchpoint}/letter_pdf_id",
        ]

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_binary")
    def test_letters_are_nobodys_to_fetch(self):
        """Not even those of who may print them: the file holds the customer's link, and
        what is printed is fetched in another way."""
        for user in (*self.strangers, self.leaver, self.user_manager):
            self._log_in(user)
            for path in self._paths_to_the_letter():
                with self.subTest(user=user and user.login, path=path):
                    response = self.url_open(path, timeout=TIMEOUT)
                    self._tell_nothing(response, path)
                    self.assertNotIn(b"%PDF", response.content)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_binary")
    def test_a_file_beside_the_letter_is_for_who_reads_the_contact(self):
        """The control of the test above: the routes do serve files."""
        beside = self.pdf.copy({"res_field": False})
        for user in (*self.strangers, self.leaver):
            self._log_in(user)
            response = self.url_open(f"/web/content/{beside.id}", timeout=TIMEOUT)
            served = response.content == PDF
            self.assertEqual(served, user == self.leaver, user and user.login)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_actions_report")
    def test_reports_are_for_who_reads_the_records(self):
        plan, letter = self.plan.id, self.letter.id
        reports = (
            f"/report/html/customer_continuity.report_handover_plan/{plan}",
            f"/report/html/customer_continuity.report_letter/{letter}",
            f"/report/text/customer_continuity.report_letter/{letter}",
            f"/report/html/customer_continuity.report_today/{letter}",
        )
        for user in self.strangers:
            self._log_in(user)
            for path in reports:
                with self.subTest(user=user and user.login, path=path):
                    response = self.url_open(path, timeout=TIMEOUT)
                    self._tell_nothing(response, path)
                    self.assertNotIn("How is it going", response.text)
                    self.assertNotIn(self.customer_2.name, response.text)

    # === Programs === #

    def _key(self, user):
        keys = self.env["res.users.apikeys"].with_user(user).sudo()
        return keys._generate("rpc", "test", "2027-03-02 06:00:00")

    def _call(self, key, model, method, ids=None, **arguments):
        """Call a method as a program does; return the response."""
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        if ids is not None:
            arguments["ids"] = ids
        return self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(arguments),
            headers=headers,
            timeout=TIMEOUT,
        )

    def _reading(self):
        """Ways to read: model, method, ids, arguments."""
        letter, pdf, plan = self.letter.ids, self.pdf.ids, self.plan.ids
        lines = self.plan.line_ids.ids
        touchpoint = "continuity.touchpoint"
        frozen = ["letter_body", "letter_pdf_id", "letter_text", "why", "reason"]
        inside = ["name", "internal_reason", "customer_reason", "leaver_ids", "state"]
        both = {"allowed_company_ids": (self.company_a + self.company_b).ids}
        yield touchpoint, "read", letter, {"fields": frozen}
        yield touchpoint, "web_read", letter, {"specification": {"letter_text": {}}}
        yield (
            touchpoint,
            "search_read",
            None,
            {
                "domain": [["id", "in", letter]],
                "fields": frozen,
            },
        )
        yield touchpoint, "read", letter, {"fields": frozen, "context": both}
        yield touchpoint, "export_data", letter, {"fields_to_export": frozen}
        for fields_read in (["raw"], ["datas"], ["name", "checksum", "index_content"]):
            yield "ir.attachment", "read", pdf, {"fields": fields_read}
        yield (
            "ir.attachment",
            "search_read",
            None,
            {
                "domain": [["id", "in", pdf]],
                "fields": ["datas"],
                "context": {"bin_size": False},
            },
        )
        yield "continuity.handover", "read", plan, {"fields": inside}
        yield "continuity.handover", "read", plan, {"fields": inside, "context": both}
        yield (
            "continuity.handover",
            "web_search_read",
            None,
            {
                "domain": [["id", "in", plan]],
                "specification": {"internal_reason": {}, "name": {}},
            },
        )
        yield "continuity.handover", "name_search", None, {"name": self.plan.name}
        yield "continuity.handover", "copy", plan, {}
        yield "continuity.handover.line", "read", lines, {"fields": ["display_name"]}
        yield (
            "continuity.handover.line",
            "formatted_read_group",
            None,
            {
                "domain": [["handover_id", "in", plan]],
                "groupby": ["handover_id"],
                "aggregates": ["__count"],
            },
        )
        yield "continuity.portal.token", "search_read", None, {"domain": []}
        yield (
            "mail.message",
            "search_read",
            None,
            {
                "domain": [
                    ["model", "=", "continuity.handover"],
                    ["res_id", "in", plan],
                ],
                "fields": ["body", "record_name"],
            },
        )

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2")
    def test_programs_of_strangers_read_nothing(self):
        for user in self.strangers:
            key = user and self._key(user)
            for model, method, ids, arguments in self._reading():
                with self.subTest(user=user and user.login, model=model, method=method):
                    response = self._call(key, model, method, ids, **arguments)
                    self._tell_nothing(response, (model, method, arguments))
                    if response.ok:
                        found = response.json()
                        if isinstance(found, dict):
                            found = found["records"]
                        self.assertEqual(found, [])

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2")
    def test_programs_of_who_takes_part_read(self):
        """The control of the test above, and what nobody reads."""
        key = self._key(self.leaver)
        plan, letter = self.plan.ids, self.letter.ids
        response = self._call(
            key, "continuity.handover", "read", plan, fields=["internal_reason"]
        )
        self.assertEqual(response.json()[0]["internal_reason"], WHY_INSIDE)
        # Who leaves exports no customers any more; their manager does.
        response = self._call(
            key, "continuity.touchpoint", "read", letter, fields=["letter_text"]
        )
        self.assertEqual(response.status_code, 403)
        key = self._key(self.user_manager)
        response = self._call(
            key, "continuity.touchpoint", "read", letter, fields=["letter_text"]
        )
        self.assertIn("How is it going", response.json()[0]["letter_text"])
        for name in ("letter_body", "letter_pdf_id"):
            response = self._call(
                key, "continuity.touchpoint", "read", letter, fields=[name]
            )
            self.assertEqual(response.status_code, 403, name)
            self._tell_nothing(response, name)

    def _writing(self):
        """What the people of a plan and a letter must not write themselves."""
        for values in (
            {"state": "approved"},
            {"confidential": False},
            {"reader_ids": [[4, self.colleague.id, 0]]},
            {"name": "Mine"},
        ):
            yield self.plan, "write", {"vals": values}
        for values in ({"state": "moved"}, {"visit_state": "held"}):
            yield self.plan.line_ids[0], "write", {"vals": values}
        for values in (
            {"state": "done"},
            {"letter_subject": "Mine"},
            {"letter_hash": "0" * 64},
            {"why": "Tier A"},
        ):
            yield self.letter, "write", {"vals": values}
        yield self.letter, "unlink", {}
        yield self.pdf, "write", {"vals": {"res_field": False, "public": True}}
        for records, method in (
            (self.letter, "_issue_portal_link"),
            (self.letter, "_freeze"),
            (self.plan, "_on_approved"),
            (self.plan, "_start"),
            (self.plan.line_ids, "_cut_over"),
        ):
            yield records, method, {}
        yield self.plan, "action_approve", {}

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2", "odoo.sql_db")
    def test_programs_write_nothing_guarded(self):
        """Neither strangers nor the author, whatever the context says."""
        before = self._state()
        for user in (*self.strangers, self.leaver):
            key = user and self._key(user)
            for records, method, arguments in self._writing():
                for context in ({}, {"install_mode": True, "active_test": False}):
                    with self.subTest(
                        user=user and user.login, model=records._name, method=method
                    ):
                        response = self._call(
                            key,
                            records._name,
                            method,
                            records.ids,
                            context=context,
                            **arguments,
                        )
                        self.assertIn(response.status_code, (401, 403, 404, 422))
        self.assertEqual(self._state(), before)

    def _state(self):
        """Everything those attacks would have changed."""
        self.env.invalidate_all()
        return [
            records.sudo().read(names)
            for records, names in (
                (self.plan, ["state", "name", "confidential", "reader_ids"]),
                (self.plan.line_ids, ["state", "visit_state"]),
                (self.letter, ["state", "letter_subject", "letter_hash", "why"]),
                (self.pdf, ["res_field", "public"]),
            )
        ]
