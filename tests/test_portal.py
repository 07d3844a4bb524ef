from datetime import timedelta

from lxml import html

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .common_letter import LetterCommon
from .common_portal import BODY, PortalCommon

HOSTILE = "<script>alert('x')</script>"


@tagged("post_install", "-at_install")
class TestPortalPage(PortalCommon):
    """What the customer reads, and what they do not."""

    def test_letter_and_facts(self):
        page = self.url_open(self.link)
        self.assertEqual(page.status_code, 200)
        for text in (
            "A new contact for you",
            BODY,
            "Sales A",
            "Key Accounts",
            "+81 3 1111 2222",
            "sales_a@continuity.example.com",
            "Ms Contact",
            "Customer 1",
            "Continuity A",
        ):
            self.assertIn(text, page.text)

    def test_every_control_has_a_name(self):
        page = html.fromstring(self.url_open(self.link).content)
        self.assertEqual(page.get("lang"), "en-US")
        self.assertEqual(len(page.xpath("//h1")), 1)
        controls = page.xpath(
            "//main//*[self::input[@type!='hidden' or not(@type)] or self::select"
            " or self::textarea]"
        )
        self.assertGreater(len(controls), 8)
        for control in controls:
            labels = page.xpath("//label[@for=$id]", id=control.get("id") or "?")
            self.assertTrue(labels, control.attrib)
        for button in page.xpath("//main//button"):
            self.assertTrue(button.text_content().strip())
        ids = page.xpath("//main//@id")
        self.assertEqual(len(ids), len(set(ids)))

    def test_nothing_internal(self):
        """I4, T5: with the best customer, and names that try to break out."""
        tier = self.env.ref("customer_continuity.tier_a")
        tier.name = "Tier-Secret"
        self.touchpoint.relationship_id.write(
            {"tier_id": tier.id, "revenue": 987654321}
        )
        self.touchpoint.write(
            {"why": "Secret why", "reason": "Secret reason", "name": "Secret title"}
        )
        self.touchpoint.attempt_ids.note = "Secret note"
        self.customer_1.write({"comment": "Secret comment", "name": HOSTILE})
        self.contact_1.name = f"Ms {HOSTILE}"
        self.user_sales_a.name = f"Mr {HOSTILE}"
        for response in (
            self.url_open(self.link),
            self._press("acknowledge", name=HOSTILE),
            self._press("ask", text=HOSTILE),
            self._press("ask", text=""),
            self._press("call_me", phone="12345 " + HOSTILE[:20]),
            self._press("choose_time", text=HOSTILE),
            self._press("wrong_person", text=HOSTILE),
            self._press("rate", rating="3", text=HOSTILE),
        ):
            text = response.text + str(response.headers)
            self.assertNotIn(HOSTILE, text)
            self.assertNotIn("Secret", text)
            self.assertNotIn("987654321", text.replace(",", ""))
            for word in ("tier", "owed", "tried", "attempt", "relationship"):
                self.assertNotIn(f">{word}", text.lower())
            self.assertNotIn("tier_", text)

    def test_letter_is_sanitized(self):
        self.env.cr.execute(
            "UPDATE continuity_touchpoint SET letter_body = %s WHERE id = %s",
            [
                '<p onclick="evil()">Hello</p><script>evil()</script>'
                '<form action="https://evil.example.com"><input name="p"></form>'
                '<a href="javascript:evil()">x</a><iframe src="//evil"></iframe>',
                self.touchpoint.id,
            ],
        )
        self.touchpoint.invalidate_recordset()
        page = self.url_open(self.link).text
        self.assertIn("Hello", page)
        self.assertNotIn("evil", page)

    def test_languages(self):
        """The letter's language first; another by the address, for that page only."""
        self.env["res.lang"]._activate_lang("ja_JP")
        self.touchpoint.letter_lang = "ja_JP"
        self.assertIn('lang="ja-JP"', self.url_open(self.link).text)
        english = self.url_open(f"{self.link}?lang=en_US").text
        self.assertIn('<html lang="en-US"', english)
        self.assertIn('<html lang="ja-JP"', self.url_open(self.link).text)
        self.assertIn('<html lang="ja-JP"', self.url_open(f"{self.link}?lang=xx").text)

    def test_colleague_looks_and_does_not_act(self):
        self.authenticate("continuity_sales_a", "x")
        page = self.url_open(self.link)
        self.assertIn("A new contact for you", page.text)
        self.assertNotIn("<textarea", page.text)
        self._stranger()
        csrf = self._csrf(self.link)
        cookie = self.opener.cookies["session_id"]
        self.authenticate("continuity_sales_a", "x")
        self.assertNotEqual(self.opener.cookies["session_id"], cookie)
        response = self.url_open(
            f"{self.link}/acknowledge",
            data={"csrf_token": self.csrf_token()},
        )
        self.assertTrue(csrf)
        self.assertEqual(response.status_code, 403)
        self.assertFalse(self.touchpoint.ack_date)

    def csrf_token(self):
        """The token of the session that is logged in, whose page has no form."""
        page = self.url_open("/my/account").text
        return page.split('csrf_token: "')[1].split('"')[0]


@tagged("post_install", "-at_install")
class TestPortalAnswers(PortalCommon):
    """What each button does."""

    def _inbox(self):
        return self.env["mail.message"].search(
            [
                ("model", "=", "continuity.touchpoint"),
                ("res_id", "=", self.touchpoint.id),
                ("message_type", "=", "user_notification"),
                ("partner_ids", "in", self.user_sales_a.partner_id.ids),
            ]
        )

    def _follow_ups(self):
        return self.env["continuity.touchpoint"].search(
            [
                ("origin_model", "=", "continuity.touchpoint"),
                ("origin_id", "=", self.touchpoint.id),
            ]
        )

    def test_acknowledge_says_received_and_nothing_more(self):
        response = self._press("acknowledge", name="  Ms\nOther  ")
        self.assertEqual(response.status_code, 200)
        self.assertIn("agreed to nothing", response.text)
        self.assertTrue(self.touchpoint.ack_date)
        self.assertEqual(self.touchpoint.ack_name, "Ms Other")
        self.assertEqual(self.touchpoint.state, "owed", "sending decides the state")
        self.assertFalse(
            self.touchpoint.attempt_ids.filtered(lambda a: a.outcome == "held"),
            "a button is no conversation",
        )
        self.assertEqual(len(self._inbox()), 1)

    def test_first_acknowledgement_stays(self):
        self._press("acknowledge", name="First")
        self._press("acknowledge", name="Second")
        self.assertEqual(self.touchpoint.ack_name, "First")

    def test_ask_raises_a_concern(self):
        response = self._press("ask", text="Who delivers?\nAnd when?", kind="worry")
        concern = self.env["continuity.concern"].search(
            [("touchpoint_id", "=", self.touchpoint.id)]
        )
        self.assertEqual(concern.question, "Who delivers?\nAnd when?")
        self.assertEqual(concern.kind, "worry")
        self.assertEqual(concern.source, "portal")
        self.assertEqual(concern.contact_id, self.contact_1)
        self.assertEqual(concern.company_id, self.company_a)
        self.assertIn("You will have an answer by", response.text)

    def test_internal_kinds_of_concern_stay_inside(self):
        self._press("ask", text="Hello", kind="legal")
        concern = self.env["continuity.concern"].search(
            [("touchpoint_id", "=", self.touchpoint.id)]
        )
        self.assertEqual(concern.kind, "question")

    def test_writing_is_a_true_contact(self):
        relationship = self.touchpoint.relationship_id
        self.touchpoint.attempt_ids.unlink()
        self._press("ask", text="Who delivers?")
        attempt = self.touchpoint.attempt_ids
        self.assertEqual(attempt.outcome, "held")
        self.assertTrue(attempt.channel_id.true_contact)
        self.assertEqual(attempt.user_id, self.user_sales_a)
        self.assertEqual(relationship.last_contact_date, fields.Date.today())

    def test_call_me_is_owed_and_in_the_list(self):
        response = self._press("call_me", phone="+81 90 1234", when="after four")
        follow_up = self._follow_ups()
        self.assertEqual(follow_up.user_id, self.user_sales_a)
        self.assertEqual(follow_up.partner_id, self.customer_1)
        self.assertEqual(follow_up.contact_ids, self.contact_1)
        self.assertIn("+81 90 1234", follow_up.why)
        self.assertIn("after four", follow_up.why)
        self.assertGreater(follow_up.date_due, fields.Date.today())
        self.assertEqual(follow_up.activity_id.user_id, self.user_sales_a)
        self.assertIn("Sales A will call you by", " ".join(response.text.split()))
        self.assertEqual(self._answers().follow_up_id, follow_up)

    def test_call_me_needs_a_number(self):
        response = self._press("call_me", phone="please", when="<i>now</i>")
        self.assertEqual(response.status_code, 422)
        self.assertIn('role="alert"', response.text)
        self.assertIn("please", response.text, "what was entered is not lost")
        self.assertFalse(self._answers())

    def test_pressed_twice_is_once(self):
        csrf = self._csrf(self.link)
        for _time in range(2):
            self._press("call_me", phone="+81 90 1234")
            self._press("ask", text="Who delivers?")
            self._press("acknowledge", csrf_token=csrf, name="Ms Contact")
            self._press("wrong_person", text="Mr Right")
            self._press("rate", rating="4")
        self.assertEqual(len(self._answers()), 5)
        self.assertEqual(len(self._follow_ups()), 1)
        self.assertEqual(len(self._inbox()), 5)
        self.assertEqual(
            len(self.touchpoint.attempt_ids.filtered(lambda a: a.outcome == "held")), 2
        )
        self.assertEqual(
            self.customer_1.activity_ids.filtered("note").mapped("user_id"),
            self.user_sales_a,
        )

    def test_same_wish_later_is_a_new_one(self):
        self._press("call_me", phone="+81 90 1234")
        self._answers().date -= timedelta(days=2)
        self._press("call_me", phone="+81 90 1234")
        self.assertEqual(len(self._follow_ups()), 2)

    def test_latest_rating_counts(self):
        for rating in ("5", "2", "5"):
            self._press("rate", rating=rating, text="Well")
        self.assertEqual(self.touchpoint.rating, 5)
        self.assertEqual(self.touchpoint.rating_text, "Well")
        self.assertEqual(len(self._answers()), 3)

    def test_rating_outside_the_scale(self):
        for rating in ("0", "6", "-1", "five", "", "1e9"):
            self.assertEqual(self._press("rate", rating=rating).status_code, 422)
        self.assertFalse(self.touchpoint.rating)

    def test_wrong_person_proposes(self):
        self._press("wrong_person", text="Mr <b>Right</b>")
        activity = self.customer_1.activity_ids
        self.assertEqual(activity.user_id, self.user_sales_a)
        self.assertIn("&lt;b&gt;Right", activity.note)
        self.assertEqual(self.touchpoint.contact_ids, self.contact_1, "not changed")

    def test_choose_a_time_offered(self):
        slots = self.touchpoint._portal_slots(self.contact_1)
        self.assertTrue(slots)
        slot = fields.Datetime.to_string(list(slots)[1])
        response = self._press("choose_time", slot=slot)
        self.assertIn("Your appointment", response.text)
        follow_up = self._follow_ups()
        self.assertEqual(fields.Datetime.to_string(follow_up.date_planned), slot)

    def test_a_time_is_given_away_once(self):
        slot = fields.Datetime.to_string(
            list(self.touchpoint._portal_slots(self.contact_1))[0]
        )
        self._press("choose_time", slot=slot)
        other = self._create_letter(self.customer_2)
        response = self._press("choose_time", self._issue(other), slot=slot)
        self.assertEqual(response.status_code, 422)
        self.assertIn("no longer free", response.text)

    def test_choose_a_time_moves_the_meeting(self):
        visit = self.env.ref("customer_continuity.channel_visit")
        meeting = self._create_letter(sent=False, frozen_on=False)
        meeting.write({"channel_ids": [Command.set(visit.ids)], "channel_id": visit.id})
        meeting._show()
        slot = fields.Datetime.to_string(
            list(self.touchpoint._portal_slots(self.contact_1))[0]
        )
        self._press("choose_time", slot=slot)
        self.assertEqual(fields.Datetime.to_string(meeting.date_planned), slot)
        self.assertEqual(fields.Datetime.to_string(meeting.event_id.start), slot)
        self.assertFalse(self._follow_ups())
        self.assertIn("Appointment", self.url_open(self.link).text)

    def test_meeting_whose_plan_has_no_room_is_not_moved(self):
        visit = self.env.ref("customer_continuity.channel_visit")
        meeting = self._create_letter(sent=False, frozen_on=False)
        meeting.write({"channel_ids": [Command.set(visit.ids)], "channel_id": visit.id})
        meeting._show()

        def refuse(*args):
            words = "Resignation of Mr Secret"
            raise UserError(words)

        self.patch(type(meeting), "_notify_origin", refuse)
        slot = fields.Datetime.to_string(
            list(self.touchpoint._portal_slots(self.contact_1))[0]
        )
        response = self._press("choose_time", slot=slot)
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("Secret", response.text)
        self.assertFalse(meeting.date_planned)
        self.assertEqual(
            fields.Datetime.to_string(self._follow_ups().date_planned), slot
        )

    def test_no_time_that_is_taken(self):
        slot = list(self.touchpoint._portal_slots(self.contact_1))[0]
        self.env["calendar.event"].create(
            {
                "name": "Private",
                "privacy": "private",
                "user_id": self.user_sales_a.id,
                "partner_ids": [Command.set(self.user_sales_a.partner_id.ids)],
                "start": slot,
                "stop": slot + timedelta(hours=1),
            }
        )
        self.assertNotIn(slot, self.touchpoint._portal_slots(self.contact_1))
        response = self._press("choose_time", slot=fields.Datetime.to_string(slot))
        self.assertEqual(response.status_code, 422)
        self.assertFalse(self._follow_ups())

    def test_a_time_of_ones_own_goes_to_the_salesperson(self):
        self._press("choose_time", text="Any Tuesday")
        self.assertEqual(self._follow_ups().why, "Any Tuesday")
        self.assertFalse(self._follow_ups().date_planned)

    def test_message_holds_text_only(self):
        self._press("ask", text='<a href="https://evil.example.com">x</a>')
        self.assertNotIn("<a ", self._inbox().body)
        self.assertIn("&lt;a", self._inbox().body)

    def test_message_in_the_colleagues_language(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.user_sales_a.lang = "ja_JP"
        env = self.touchpoint._portal_colleague_env()
        self.assertEqual(env.lang, "ja_JP")

    def test_responsible_has_left(self):
        self._archive_user(self.user_sales_a)
        self.touchpoint.signer_id = self.user_sales_b
        self.assertEqual(self.touchpoint._portal_responsible(), self.user_sales_b)
        self._press("call_me", phone="+81 90 1234")
        self.assertEqual(self._follow_ups().user_id, self.user_sales_b)


@tagged("post_install", "-at_install")
class TestPortalLinks(PortalCommon):
    """Who makes, renews and revokes links."""

    def test_state_on_the_form(self):
        touchpoint = self.touchpoint.with_user(self.user_sales_a)
        self.assertEqual(touchpoint.portal_state, "valid")
        self._tokens().expires_on = "2020-01-01"
        touchpoint.invalidate_recordset()
        self.assertEqual(touchpoint.portal_state, "expired")
        touchpoint.action_revoke_portal_link()
        touchpoint.invalidate_recordset()
        self.assertEqual(touchpoint.portal_state, "revoked")
        self.assertEqual(self._create_letter().portal_state, "none")

    def test_valid_for_as_long_as_the_company_says(self):
        self.company_a.continuity_portal_days = 3
        link = self._issue(self._create_letter())
        token = self.env["continuity.portal.token"]._find_valid(link.split("/")[-1])
        left = token.expires_on - fields.Datetime.now()
        self.assertAlmostEqual(left / timedelta(days=1), 3, places=2)

    def test_renewed_link_works_again(self):
        self._tokens().expires_on = "2020-01-01"
        self.assertEqual(self.url_open(self.link).status_code, 404)
        self.touchpoint.with_user(self.user_sales_a).action_renew_portal_link()
        self.assertEqual(self.url_open(self.link).status_code, 200)

    def test_revoked_link_stays_so(self):
        touchpoint = self.touchpoint.with_user(self.user_leader)
        touchpoint.action_revoke_portal_link()
        self.assertEqual(self._tokens().revoked_by_id, self.user_leader)
        message = touchpoint.action_renew_portal_link()["params"]["message"]
        self.assertEqual(self.url_open(self.link).status_code, 404)
        new = message.split(touchpoint.get_base_url())[1]
        self.assertEqual(self.url_open(new).status_code, 200)

    def test_only_responsible_and_manager(self):
        for user in (self.user_sales_b, self.user_all, self.user_portal):
            for action in ("action_revoke_portal_link", "action_renew_portal_link"):
                with self.assertRaises(AccessError):
                    getattr(self.touchpoint.with_user(user), action)()
        self.assertEqual(self.url_open(self.link).status_code, 200)

    def test_cancelled_archived_withdrawn(self):
        for break_link in (
            lambda t: t._cancel("No longer needed"),
            lambda t: t.write({"frozen_on": False}),
            lambda t: t.contact_ids.write({"active": False}),
            lambda t: t.contact_ids.write({"parent_id": self.customer_2.id}),
            lambda t: t.partner_id.write({"active": False}),
        ):
            customer = self._create_customer("Customer", self.user_sales_a)
            self._create_customer("Person", parent_id=customer.id, is_company=False)
            letter = self._create_letter(customer)
            link = self._issue(letter)
            self.assertEqual(self.url_open(link).status_code, 200)
            break_link(letter)
            self.assertEqual(self.url_open(link).status_code, 404)

    def test_withdrawn_letter_does_not_come_back_by_its_old_link(self):
        self.touchpoint.frozen_on = False
        self.touchpoint.frozen_on = fields.Datetime.now()
        self.assertEqual(self.url_open(self.link).status_code, 404)

    def test_a_link_per_person(self):
        other = self._create_customer(
            "Ms Other", parent_id=self.customer_1.id, is_company=False
        )
        link = self._issue(self.touchpoint, other)
        self._press("acknowledge", link)
        self.assertEqual(self.touchpoint.ack_name, "Ms Other")
        with self.assertRaises(UserError):
            self.touchpoint._issue_portal_link(self.customer_2)

    def test_preview_leads_nowhere(self):
        url = self.touchpoint._portal_preview_link()
        self.assertEqual(self.url_open(url).status_code, 404)


@tagged("post_install", "-at_install")
class TestReleasedLetter(LetterCommon, HttpCase):
    """The link in a letter that was really released."""

    def test_link_in_the_letter_opens_its_page(self):
        self.mail.with_user(self.leaver).action_release()
        start = f"{self.mail.get_base_url()}/continuity/"
        secret = self.mail.letter_body.split(start)[1][:43]
        token = self.env["continuity.portal.token"]._find_valid(secret)
        self.assertEqual(token.partner_id, self.contact_1)
        page = self.url_open(f"/continuity/{secret}")
        self.assertEqual(page.status_code, 200)
        self.assertIn("How is it going, we wonder?", page.text)
        self.mail.with_user(self.leaver).action_withdraw_letter()
        self.assertEqual(self.url_open(f"/continuity/{secret}").status_code, 404)
