from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.http import FilesystemSessionStore
from odoo.service.model import call_kw
from odoo.tests import mute_logger, tagged
from odoo.tools import SQL

from ..controllers.portal import MAX_CONTENT_LENGTH, WRONG_TRIES
from ..models.continuity_portal_token import MAX_POSTS
from ..tools.rate_limiter import RateLimiter, address_key
from .common_portal import PortalCommon


@tagged("post_install", "-at_install")
class TestPortalAttacks(PortalCommon):
    """The page, attacked."""

    def _writes(self):
        """Count the rows written so far in this transaction, per table: also what
        was written and is gone again."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
                 FROM pg_stat_xact_user_tables
                WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"""
        )
        return dict(self.env.cr.fetchall())

    # === READING === #

    def test_reading_writes_nothing(self):
        """I9: as often as one likes, by any safe method, with any arguments."""
        self.url_open(self.link)  # compiles the style sheets once
        for log_in in (None, "continuity_portal"):
            self.authenticate(log_in, log_in)
            if not log_in:
                self.opener.cookies.pop("session_id", None)
            before = self._writes()
            with patch.object(FilesystemSessionStore, "save") as save_session:
                for method in ("GET", "HEAD", "OPTIONS"):
                    for path in (
                        self.link,
                        f"{self.link}?lang=ja_JP&debug=1",
                        f"{self.link}/acknowledge",
                        f"{self.link}/call_me?phone=123456",
                        f"{self.link}/ask?text=hello&csrf_token=x",
                        "/continuity/wrong",
                        "/continuity/wrong/acknowledge",
                    ):
                        self.url_open(path, method=method)
            self.assertEqual(self._writes(), before)
            save_session.assert_not_called()
        self.assertFalse(self.touchpoint.ack_date)
        self.assertFalse(self._answers())

    def test_counting_of_writes_sees_a_write(self):
        before = self._writes()
        self._press("acknowledge")
        self.assertNotEqual(self._writes(), before)

    def test_headers(self):
        for path in (self.link, "/continuity/wrong"):
            headers = self.url_open(path).headers
            self.assertIn("no-store", headers["Cache-Control"])
            self.assertIn("noindex", headers["X-Robots-Tag"])
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(headers["X-Frame-Options"], "DENY")

    # === GUESSING === #

    def test_same_answer_to_whatever_does_not_open(self):
        cancelled, expired, revoked = (self._create_letter() for _i in range(3))
        links = [self._issue(letter) for letter in (cancelled, expired, revoked)]
        cancelled._cancel("Not needed")
        self._tokens(expired).expires_on = "2020-01-01"
        revoked._revoke_portal_links()
        secret = self.link.rsplit("/", 1)[1]
        answers = {
            (response.status_code, self._without_noise(response.text))
            for response in map(
                self.url_open,
                [
                    *links,
                    f"/continuity/{'A' * 43}",
                    f"/continuity/{secret[:-1]}",
                    f"/continuity/{secret}x",
                    f"/continuity/{secret.swapcase()}",
                    "/continuity/x",
                    "/continuity/%F0%9F%98%80%00'--",
                    f"/continuity/{self.touchpoint.id}",
                    f"/continuity/{self._tokens()[:1].token_hash}",
                    f"/continuity/{'A' * 5000}",
                    f"/continuity/{'A' * 43}/acknowledge",
                ],
            )
        }
        self.assertEqual(len(answers), 1, answers)
        self.assertEqual(answers.pop()[0], 404)

    def _without_noise(self, text):
        """Leave out what differs from request to request anyhow."""
        lines = text.splitlines()
        return "".join(x for x in lines if "csrf_token" not in x and "session" not in x)

    def test_only_the_hash_is_stored(self):
        secret = self.link.rsplit("/", 1)[1]
        self.assertEqual(len(secret), 43)
        self.env.flush_all()
        self.env.cr.execute("SELECT to_jsonb(t)::text FROM continuity_portal_token t")
        stored = str(self.env.cr.fetchall())
        self.assertNotIn(secret, stored)
        self.assertNotEqual(self._issue(self.touchpoint), self.link)

    def test_nobody_reads_links_over_rpc(self):
        admin = self.env.ref("base.user_admin")
        admin.group_ids = [
            Command.link(self.env.ref("customer_continuity.group_manager").id)
        ]
        for user in (self.user_sales_a, self.user_manager, self.user_portal, admin):
            tokens = self.env["continuity.portal.token"].with_user(user)
            for method, args in (
                ("search_read", [[]]),
                ("read", [self._tokens().ids]),
                ("export_data", [self._tokens().ids, ["token_hash"]]),
                ("write", [self._tokens().ids, {"expires_on": "2099-01-01"}]),
                ("create", [{"touchpoint_id": self.touchpoint.id}]),
                ("unlink", [self._tokens().ids]),
            ):
                # Exporting is refused before the access is looked at.
                with self.assertRaises(UserError):
                    call_kw(tokens, method, args, {})

    def test_what_the_customer_did_cannot_be_typed_in(self):
        # Also if somebody gives colleagues the right to write contacts.
        self.env["ir.model.access"].create(
            {
                "name": "Write",
                "model_id": self.env["ir.model"]._get_id("continuity.touchpoint"),
                "group_id": self.env.ref("customer_continuity.group_user").id,
                "perm_read": True,
                "perm_write": True,
            }
        )
        self.touchpoint.with_user(self.user_sales_a).name = "May be written"
        for user in (self.user_sales_a, self.user_manager, self.user_portal):
            touchpoint = self.touchpoint.with_user(user)
            for vals in (
                {"ack_date": "2027-01-01 00:00:00"},
                {"ack_name": "Me"},
                {"rating": 5},
                {"portal_answer_ids": [Command.create({"kind": "acknowledge"})]},
            ):
                with self.assertRaises(AccessError):
                    touchpoint.write(vals)
            with self.assertRaises(AccessError):
                self.env["continuity.portal.answer"].with_user(user).create(
                    {"touchpoint_id": self.touchpoint.id, "kind": "acknowledge"}
                )

    def test_answers_are_read_by_who_reads_the_contact(self):
        self._press("ask", text="Hello")
        answer = self._answers()
        for user, reads in (
            (self.user_sales_a, True),
            (self.user_leader, True),
            (self.user_all, True),
            (self.user_sales_b, False),
            (self.user_company_b, False),
            (self.user_portal, False),
        ):
            self.assertEqual(answer.with_user(user).has_access("read"), reads)

    def test_private_methods_stay_private(self):
        for method in ("_portal_act", "_issue_portal_link", "_revoke_portal_links"):
            with self.assertRaises(AccessError):
                call_kw(
                    self.env["continuity.touchpoint"].with_user(self.user_manager),
                    method,
                    [self.touchpoint.ids],
                    {},
                )

    def test_wrong_tries_are_limited(self):
        for _time in range(WRONG_TRIES.limit):
            self.assertEqual(self.url_open("/continuity/wrong").status_code, 404)
        response = self.url_open("/continuity/wrong")
        self.assertEqual(response.status_code, 429)
        self.assertIn("wait a few minutes", response.text)
        self.assertEqual(self.url_open(self.link).status_code, 429, "no oracle")
        self.assertEqual(self.url_open(f"{self.link}/acknowledge").status_code, 429)

    def test_rate_limiter(self):
        limiter = RateLimiter(limit=2, seconds=60, max_keys=2)
        limiter.hit("a")
        self.assertFalse(limiter.exceeded("a"))
        limiter.hit("a")
        self.assertTrue(limiter.exceeded("a"))
        self.assertFalse(limiter.exceeded("b"))
        limiter.hit("b")
        limiter.hit("c")
        self.assertFalse(limiter.exceeded("a"), "memory is bounded")
        brief = RateLimiter(limit=1, seconds=0)
        brief.hit("a")
        self.assertFalse(brief.exceeded("a"))

    def test_ipv6_addresses_of_one_subscriber(self):
        self.assertEqual(address_key("2001:db8::1"), address_key("2001:db8::2:3"))
        self.assertNotEqual(address_key("192.0.2.1"), address_key("192.0.2.2"))
        self.assertEqual(address_key("nonsense"), "nonsense")

    # === ACTING === #

    @mute_logger("odoo.http")
    def test_csrf(self):
        self._stranger()
        csrf = self._csrf(self.link)
        for form in ({}, {"csrf_token": ""}, {"csrf_token": csrf[::-1]}):
            response = self.url_open(f"{self.link}/acknowledge", data={"a": 1, **form})
            self.assertEqual(response.status_code, 400)
        self.opener.cookies.pop("session_id")
        response = self.url_open(f"{self.link}/acknowledge", data={"csrf_token": csrf})
        self.assertEqual(response.status_code, 400, "of another session")
        self.assertFalse(self.touchpoint.ack_date)

    @mute_logger("odoo.http")
    def test_other_content_types(self):
        csrf = self._csrf(self.link)
        url = f"{self.link}/acknowledge"
        for response in (
            self.url_open(url, json={"csrf_token": csrf, "name": "x"}),
            self.url_open(url, json={"params": {"csrf_token": csrf}}),
            self.url_open(
                url,
                data=b"csrf_token=" + csrf.encode(),
                headers={"Content-Type": "text/plain"},
            ),
            self.url_open(url, method="PUT", data={"csrf_token": csrf}),
            self.url_open(url, method="DELETE", data={"csrf_token": csrf}),
        ):
            self.assertIn(response.status_code, (400, 405))
        self.assertFalse(self.touchpoint.ack_date)

    def test_files_are_ignored(self):
        csrf = self._csrf(self.link)
        attachments = self.env["ir.attachment"].search_count([])
        response = self.url_open(
            f"{self.link}/ask",
            data={"csrf_token": csrf},
            files={"text": ("evil.html", b"<script>", "text/html")},
        )
        self.assertEqual(response.status_code, 422)
        self.assertEqual(self.env["ir.attachment"].search_count([]), attachments)

    def test_long_texts(self):
        for action, form in (
            ("ask", {"text": "x" * 2001}),
            ("acknowledge", {"name": "x" * 101}),
            ("call_me", {"phone": "1" * 41}),
            ("call_me", {"phone": "123456", "when": "x" * 201}),
        ):
            self.assertEqual(self._press(action, **form).status_code, 422)
        self.assertFalse(self._answers())
        self.assertEqual(self._press("ask", text="漢" * 2000).status_code, 200)

    def test_huge_input(self):
        response = self._press("ask", text="x" * (MAX_CONTENT_LENGTH + 1))
        self.assertEqual(response.status_code, 413)
        self.assertFalse(self._answers())

    def test_odd_characters(self):
        response = self._press("ask", text="a\x00b\u202ec\x07d\r\ne")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self._answers().text, "abcd\ne")

    def test_mass_posting(self):
        csrf = self._csrf(self.link)
        codes = [
            self._press("ask", text=f"Question {i}", csrf_token=csrf).status_code
            for i in range(MAX_POSTS + 3)
        ]
        self.assertEqual(codes, [200] * MAX_POSTS + [429] * 3)
        self.assertEqual(len(self._answers()), MAX_POSTS)
        self.assertEqual(self.url_open(self.link).status_code, 200, "still read")
        self.env.execute_query(
            SQL(
                """UPDATE continuity_portal_token
                      SET window_start = window_start - interval '2 hours'
                RETURNING id"""
            )
        )
        self.assertEqual(self._press("acknowledge").status_code, 200)

    def test_refused_answers_count_too(self):
        csrf = self._csrf(self.link)
        for _time in range(MAX_POSTS):
            self._press("ask", text="", csrf_token=csrf)
        self.assertEqual(self._press("ask", text="x", csrf_token=csrf).status_code, 429)

    def test_unknown_action(self):
        for action in ("unlink", "_portal_act", "write", "preview"):
            self.assertEqual(self._press(action).status_code, 404)

    @mute_logger("odoo.addons.customer_continuity.controllers.portal")
    def test_words_for_colleagues_stay_inside(self):
        self.patch(
            type(self.touchpoint),
            "_portal_acknowledge",
            lambda *args: self.touchpoint._check_channel(-1),
        )
        response = self._press("acknowledge")
        self.assertEqual(response.status_code, 422)
        self.assertIn("nothing was recorded", response.text)
        self.assertNotIn("Internal title", response.text)
        self.assertFalse(self._answers())


@tagged("post_install", "-at_install")
class TestPortalAccount(PortalCommon):
    """My Account: a portal user sees the letters that have reached them."""

    def setUp(self):
        super().setUp()
        self.authenticate("continuity_portal", "x")
        self.path = f"/my/continuity/{self.touchpoint.id}"

    def test_list_counter_and_letter(self):
        page = self.url_open("/my/continuity").text
        self.assertIn("A new contact for you", page)
        self.assertNotIn("Internal title", page)
        counters = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["continuity_count"]}
        )
        self.assertEqual(counters, {"continuity_count": 1})
        self.assertIn("/my/continuity", self.url_open("/my").text)
        letter = self.url_open(self.path)
        self.assertEqual(letter.status_code, 200)
        self.assertIn("Ms Tanaka", letter.text)

    def test_answers_as_oneself(self):
        self._press("ask", self.path, text="Who delivers?")
        self.assertEqual(self._answers().partner_id, self.contact_1)
        self._press("acknowledge", self.path)
        self.assertEqual(self.touchpoint.ack_name, "Ms Contact")

    def test_what_others_got_is_not_there(self):
        """I8, I12: other customers', companies', people's letters, and what has not
        gone out."""
        colleague = self._create_customer(
            "Ms Colleague", parent_id=self.customer_1.id, is_company=False
        )
        relationships = self.env["continuity.relationship"]
        relationships._ensure(self.company_b, self.customer_1)
        hidden = {
            "another customer": self._create_letter(self.customer_2),
            "another company": self._create_letter(company=self.company_b),
            "a colleague": self._create_letter(
                contact_ids=[Command.set(colleague.ids)]
            ),
            "not sent": self._create_letter(sent=False),
            "only released": self._create_letter(sent=False, state="released"),
            "done without it": self._create_letter(sent=False, state="done"),
            "released anew": self._create_letter(
                state="released", frozen_on=fields.Datetime.now() + timedelta(hours=1)
            ),
            "not frozen": self._create_letter(frozen_on=False),
            "cancelled": self._create_letter(state="cancelled"),
        }
        page = self.url_open("/my/continuity").text
        missing = self.url_open("/my/continuity/999999999")
        self.assertEqual(missing.status_code, 404)
        csrf = self._csrf(self.path)
        for why, letter in hidden.items():
            path = f"/my/continuity/{letter.id}"
            with self.subTest(why):
                self.assertNotIn(f'"{path}"', page)
                self.assertEqual(self.url_open(path).status_code, 404)
                response = self._press("acknowledge", path, csrf_token=csrf)
                self.assertEqual(response.status_code, 404)
                self.assertFalse(letter.ack_date)

    def test_letter_to_the_company_as_a_whole(self):
        letter = self._create_letter(contact_ids=[])
        path = f"/my/continuity/{letter.id}"
        self.assertEqual(self.url_open(path).status_code, 200)

    def test_link_in_the_letter_leads_to_the_own_page(self):
        """The one in the text is the key of the colleague it was written to."""
        letter = self._create_letter(contact_ids=[])
        link = self._issue(letter)
        letter.letter_body = f'<p><a href="https://x.example.com{link}">{link}</a></p>'
        path = f"/my/continuity/{letter.id}"
        for response in (
            self.url_open(path),
            self._press("acknowledge", path),
            self._press("ask", path, text=""),
        ):
            self.assertNotIn(link, response.text)
        page = self.url_open(path).text
        self.assertIn(f'href="https://x.example.com{path}"', page)
        self._stranger()
        self.assertIn(f'href="https://x.example.com{link}"', self.url_open(link).text)

    def test_portal_user_of_another_customer(self):
        self.contact_1.parent_id = self.customer_2
        self.assertEqual(self.url_open(self.path).status_code, 404)

    def test_colleague_who_joins_a_customer(self):
        """Whoever may edit contacts could put their own under any customer."""
        self.user_sales_b.sudo().password = "colleague-x"
        self.user_sales_b.partner_id.parent_id = self.customer_1
        letter = self._create_letter(contact_ids=[])
        self.authenticate("continuity_sales_b", "colleague-x")
        path = f"/my/continuity/{letter.id}"
        self.assertNotIn(path, self.url_open("/my/continuity").text)
        self.assertEqual(self.url_open(path).status_code, 404)

    def test_nobody_without_log_in(self):
        self._stranger()
        for path in ("/my/continuity", self.path):
            self.assertIn("/web/login", self.url_open(path).url)

    def test_reading_writes_nothing(self):
        self.url_open(self.path)
        before = TestPortalAttacks._writes(self)
        for method in ("GET", "HEAD", "OPTIONS"):
            for path in ("/my/continuity", self.path, f"{self.path}/acknowledge"):
                self.url_open(path, method=method)
        self.assertEqual(TestPortalAttacks._writes(self), before)

    def test_portal_users_have_no_access_over_rpc(self):
        for model in (
            "continuity.touchpoint",
            "continuity.touchpoint.attempt",
            "continuity.portal.answer",
            "continuity.relationship",
        ):
            records = self.env[model].with_user(self.user_portal)
            with self.assertRaises(AccessError):
                call_kw(records, "search_read", [[]], {})
