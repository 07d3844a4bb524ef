"""Letters go out through lanes to a real SMTP server, whatever it does."""

from datetime import timedelta
from email.utils import parseaddr
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.continuity_touchpoint_delivery import MAX_TRIES
from ..tools.smtp_delivery import ACCEPTED, Delivery
from .common_sending import SendingCommon

MODELS = "odoo.addons.customer_continuity.models"
SENDING_LOG = f"{MODELS}.continuity_touchpoint_sending"
DELIVERY_LOG = f"{MODELS}.continuity_touchpoint_delivery"


@tagged("post_install", "-at_install")
class TestSending(SendingCommon):
    # === The happy way === #

    def test_letter_goes_out(self):
        contact = self.contact_1
        contact.email = "person@example.com"
        letter = self._letter(
            email="person@example.com", contact_ids=[Command.set(contact.ids)]
        )
        self._run()
        self.assertEqual(letter.state, "done")
        self.assertEqual(letter.done_by_id, self.user_sales_a)
        self.assertEqual(letter.attempt_ids.mapped("outcome"), ["sent"])
        self.assertEqual(letter.attempt_ids.user_id, self.user_sales_a)
        self.assertEqual(letter.attempt_ids.note, "250 queued")
        sender, recipients, _text = self.sink.messages[0]
        self.assertEqual(sender, "bounce@continuity.example.com")
        self.assertEqual(recipients, ["person@example.com"])
        mail = self.sink.parsed()[0]
        self.assertEqual(mail["Message-Id"], letter.letter_message_id)
        self.assertEqual(mail["Subject"], "A word to you")
        self.assertEqual(parseaddr(mail["From"])[1], self.user_sales_a.email)
        self.assertEqual(
            parseaddr(mail["Reply-To"])[1], "catchall@continuity.example.com"
        )
        self.assertEqual(parseaddr(mail["To"]), (contact.name, "person@example.com"))
        self.assertEqual(mail["X-Odoo-Objects"], f"continuity.touchpoint-{letter.id}")
        body = mail.get_body(("html",)).get_content()
        self.assertIn("Dear customer,", body)
        self.assertIn("<p>.a line with a dot</p>", body)

    def test_letter_stands_in_the_chatter(self):
        """One message under the fixed id, one notification, and no other mail."""
        before = self.env["mail.mail"].search_count([])
        letter = self._letter()
        self._run()
        message = letter.message_ids
        self.assertEqual(len(message), 1)
        self.assertEqual(message.message_id, letter.letter_message_id)
        self.assertEqual(message.author_id, self.user_sales_a.partner_id)
        self.assertEqual(message.notification_ids.notification_status, "sent")
        self.assertEqual(message.notification_ids.res_partner_id, self.customer_1)
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_without_catchall_answers_go_to_the_signer(self):
        self.company_a.alias_domain_id = False
        self._letter()
        self._run()
        reply_to = parseaddr(self.sink.parsed()[0]["Reply-To"])[1]
        self.assertEqual(reply_to, self.user_sales_a.email)
        self.assertFalse(self.sending.replies_captured)

    def test_its_task_is_done(self):
        letter = self._letter(state="owed")
        letter._show()
        task = letter.activity_id
        self.assertEqual(task.user_id, self.user_sales_a)
        letter.state = "released"
        self._run()
        self.assertFalse(task.active)
        self.assertEqual(letter.attempt_ids.mapped("outcome"), ["sent"])

    def test_enclosures(self):
        enclosure = self.env["ir.attachment"].create(
            {"name": "terms.pdf", "raw": b"%PDF-1.4 \n.\n..\n", "res_model": False}
        )
        self._letter(letter_attachment_ids=[Command.set(enclosure.ids)])
        self._run()
        attached = list(self.sink.parsed()[0].iter_attachments())
        self.assertEqual([a.get_filename() for a in attached], ["terms.pdf"])
        self.assertEqual(attached[0].get_payload(decode=True), enclosure.raw)

    def test_two_customers_with_one_address(self):
        letters = self._letter() | self._letter(self.customer_2)
        self._run()
        self.assertEqual(letters.mapped("state"), ["done", "done"])
        self.assertEqual(self.sink.recipients(), ["customer@example.com"] * 2)
        ids = {mail["Message-Id"] for mail in self.sink.parsed()}
        self.assertEqual(ids, set(letters.mapped("letter_message_id")))

    def test_one_connection_for_many_letters(self):
        for _i in range(5):
            self._letter()
        before = self.sink.connections
        self._run()
        self.assertEqual(len(self.sink.messages), 5)
        self.assertEqual(self.sink.connections - before, 1)

    def test_order_and_day(self):
        """The one due first leaves first; what is for another day waits for it."""
        today = fields.Date.today()
        later = self._letter(email="later@example.com")
        first = self._letter(
            email="first@example.com", date_due=today - timedelta(days=2)
        )
        tomorrow = self._letter(date_show=today + timedelta(days=1))
        self._run()
        self.assertEqual(
            self.sink.recipients(), [first.letter_email, later.letter_email]
        )
        self.assertEqual(tomorrow.state, "released")

    def test_the_day_is_the_responsible_persons(self):
        """It is another day in Tokyo and in New York."""
        letter = self._letter(date_show="2026-03-02", date_due="2026-03-02")
        for tz, moment, state in (
            ("America/New_York", "2026-03-02 03:00", "released"),
            ("Asia/Tokyo", "2026-03-01 14:00", "released"),
            ("Asia/Tokyo", "2026-03-01 16:00", "done"),
        ):
            self.user_sales_a.tz = tz
            with freeze_time(moment):
                self._run()
            self.assertEqual(letter.state, state, f"{tz} {moment}")

    def test_server_by_the_filter_of_the_sender(self):
        self.mail_server.write(
            {"from_filter": "elsewhere.example.com", "smtp_port": 1, "sequence": 1}
        )
        self.mail_server.copy(
            {
                "from_filter": "continuity.example.com",
                "smtp_port": self.sink.port,
                "sequence": 2,
            }
        )
        letter = self._letter()
        self._run()
        self.assertEqual(letter.state, "done")

    def test_channel_decides_whether_it_was_a_contact(self):
        today = fields.Date.today()
        for channel, customer, expected in (
            (self.mass_channel, self.customer_1, False),
            (self.email_channel, self.customer_2, today),
        ):
            with self.subTest(channel=channel.name):
                letter = self._letter(customer, channel=channel)
                self._run()
                self.assertEqual(letter.state, "done")
                self._refresh(today=today)
                last = letter.relationship_id.last_contact_date
                self.assertEqual(last, expected)

    def test_a_turn_ends_with_its_time(self):
        """What remains waits for another turn: the scheduler would otherwise begin
        again at once, up to ten times, and be killed in the middle of a letter."""
        for _i in range(3):
            self._letter()
        lane_triggers = [("cron_id", "=", self.lane.id)]
        triggers = self.env["ir.cron.trigger"]
        triggers.search(lane_triggers).unlink()
        cron = type(self.env["ir.cron"])
        noted = []

        def commit_progress(_self, _processed=0, *, remaining=None):
            noted.append(remaining)
            return 0 if self.sink.messages else 10

        with patch.object(cron, "_commit_progress", commit_progress):
            self._run()
        self.assertEqual(len(self.sink.messages), 1)
        self.assertEqual(noted[-1], 0)
        self.assertEqual(triggers.search_count(lane_triggers), 1)

    def test_odoo_sends_nothing_in_tests(self):
        letter = self._letter()
        with self.enter_registry_test_mode():
            self.lane.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(letter.state, "done")
        self.assertFalse(self.sink.messages)

    def test_only_the_scheduler_sends(self):
        letter = self._letter()
        other = self.env.ref("customer_continuity.cron_show_touchpoints")
        for context in ({}, {"cron_id": other.id}, {"cron_id": -1}):
            with self.assertRaises(UserError):
                letter.with_context(**context)._run_lane()
        self.assertEqual(letter.state, "released")

    # === A server that misbehaves === #

    @mute_logger(SENDING_LOG)
    def test_server_down_and_back(self):
        letters = self._letter() | self._letter(self.customer_2)
        port = self.mail_server.smtp_port
        self.mail_server.smtp_port = 1  # nobody listens
        self._run()
        self.assertEqual(letters.mapped("state"), ["released"] * 2)
        for letter in letters:
            self.assertIn("refused", letter.send_error)
        self.assertTrue(self.sending.waiting_since)
        self.assertEqual(self.sending.status, "waiting")
        self.assertFalse(self.sending.error_count)
        # Not asked again at once, for neither of them.
        self.mail_server.smtp_port = port
        self._run()
        self.assertFalse(self.sink.messages)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=2)):
            self._run()
        self.assertEqual(letters.mapped("state"), ["done"] * 2)
        self.assertFalse(self.sending.waiting_since)
        self.assertFalse(any(letters.mapped("send_error")))

    def test_server_away_for_days_is_no_failure(self):
        letter = self._letter()
        self.mail_server.smtp_port = 1
        now = fields.Datetime.now()
        for hour in range(1, 15):
            with freeze_time(now + timedelta(hours=2 * hour)):
                self._run()
                wait = letter.send_after - fields.Datetime.now()
                self.assertEqual(wait, timedelta(minutes=1 if hour == 1 else 60))
        self.assertEqual(letter.state, "released")
        self.assertFalse(letter.attempt_ids)
        self.assertFalse(self.sending.paused)

    def test_tls_fails(self):
        self.sink.broken_tls = True
        self.mail_server.smtp_encryption = "starttls"
        letter = self._letter()
        self._run()
        self.assertEqual(letter.state, "released")
        self.assertIn("SSL", letter.send_error)
        self.assertFalse(self.sink.messages)

    def test_drops_before_the_text(self):
        for place in ("connect", "MAIL", "RCPT"):
            with self.subTest(place=place):
                self.sink.reset()
                self.sink.drop = place
                letter = self._letter()
                self._run()
                self.assertEqual(letter.state, "released")
                self.assertTrue(letter.send_error)
                self.sink.drop = None
                with freeze_time(fields.Datetime.now() + timedelta(hours=2)):
                    self._run()
                self.assertEqual(letter.state, "done")
                self.assertEqual(len(self.sink.messages), 1)

    def test_drops_in_or_after_the_text(self):
        """Nobody knows whether it went out: never again without a person."""
        for place in ("DATA", "."):
            with self.subTest(place=place):
                self.sink.reset()
                self.sink.drop = place
                letter = self._letter()
                self._run()
                self.assertEqual(letter.state, "uncertain")
                self.assertIn("did not say", letter.send_error)
                message = letter.message_ids.filtered("notification_ids")
                self.assertEqual(
                    message.notification_ids.notification_status, "exception"
                )
                self.sink.drop = None
                received = len(self.sink.messages)
                with freeze_time(fields.Datetime.now() + timedelta(days=2)):
                    self._run()
                self.assertEqual(letter.state, "uncertain")
                self.assertEqual(len(self.sink.messages), received)

    def test_connection_closed_between_letters(self):
        self.sink.drop_after = 2
        letters = self.env["continuity.touchpoint"]
        for _i in range(5):
            letters |= self._letter()
        self._run()
        self.assertEqual(set(letters.mapped("state")), {"done"})
        self.assertEqual(len(self.sink.messages), 5)

    def test_slow_server(self):
        self.sink.delay = 0.3
        letter = self._letter()
        self._run()
        self.assertEqual(letter.state, "done")

    def test_no_answer_in_time(self):
        self.sink.delay = 3
        letter = self._letter()
        with patch("odoo.addons.base.models.ir_mail_server.SMTP_TIMEOUT", 0.5):
            self._run()
        self.assertEqual(letter.state, "uncertain")

    def test_refused_recipient(self):
        """It becomes a call; the others are served."""
        self.sink.answers["gone@example.com"] = "550 5.1.1 no such user"
        refused = self._letter(email="gone@example.com")
        other = self._letter(self.customer_2)
        self._run()
        self.assertEqual(other.state, "done")
        self.assertEqual(refused.state, "tried")
        self.assertEqual(refused.channel_id, self.call_channel)
        attempt = refused.attempt_ids
        self.assertEqual(attempt.outcome, "rejected")
        self.assertEqual(attempt.channel_id, self.email_channel)
        self.assertIn("no such user", attempt.note)
        self.assertIn("no such user", refused.send_error)
        self.assertEqual(refused.activity_id.user_id, self.user_sales_a)
        self.assertEqual(self.sink.recipients(), [other.letter_email])

    def test_refused_after_the_text(self):
        self.sink.answers["."] = "554 5.7.1 looks like spam"
        letter = self._letter()
        self._run()
        self.assertEqual(letter.state, "tried")
        self.assertEqual(letter.attempt_ids.outcome, "rejected")

    def test_refused_for_now(self):
        """Grey listing: again later, and after many tries the next channel."""
        self.sink.answers["customer@example.com"] = "451 4.7.1 come back later"
        letter = self._letter()
        now = fields.Datetime.now()
        self._run()
        self.assertEqual(letter.state, "released")
        self.assertIn("come back later", letter.send_error)
        self.assertGreater(letter.send_after, now)
        for hour in range(1, MAX_TRIES):
            self.assertEqual(letter.state, "released")
            with freeze_time(now + timedelta(hours=2 * hour)):
                self._run()
        self.assertEqual(letter.state, "tried")
        self.assertEqual(letter.channel_id, self.call_channel)

    def test_closing_at_one_recipient_is_about_that_one(self):
        """A server that hangs up at one address holds up no other letter."""
        self.sink.answers["tarpit@example.com"] = "421 4.7.0 try again later"
        held_up = self._letter(
            email="tarpit@example.com", date_due=fields.Date.today() - timedelta(days=1)
        )
        other = self._letter(self.customer_2)
        self._run()
        self.assertEqual(held_up.state, "released")
        self.assertEqual(held_up.send_tries, 1)
        self.assertEqual(other.state, "done")
        self.assertFalse(self.sending.waiting_since)

    def test_addresses_that_are_not_ascii(self):
        """What no server can be told is refused, never uncertain; a domain is."""
        local = self._letter(email="jürgen@example.com")
        domain = self._letter(self.customer_2, email="jane@münchen.example")
        self._run()
        self.assertEqual(local.state, "tried")
        self.assertEqual(local.attempt_ids.outcome, "rejected")
        self.assertEqual(domain.state, "done", domain.send_error)
        self.assertEqual(self.sink.recipients(), ["jane@xn--mnchen-3ya.example"])

    def test_refused_sender_is_not_the_customers_fault(self):
        self.sink.answers["MAIL"] = "550 5.7.1 you may not send here"
        letter = self._letter()
        self._run()
        self.assertEqual(letter.state, "released")
        self.assertEqual(letter.channel_id, self.email_channel)
        self.assertEqual(self.sending.error_count, 1)

    @mute_logger(SENDING_LOG)
    def test_letters_that_cannot_be_built(self):
        """A letter without an address holds up no other, and says what is wrong."""
        broken = self._letter(email="nonsense")
        other = self._letter(self.customer_2)
        self._run()
        self.assertEqual(broken.state, "tried")
        self.assertIn("nonsense", broken.attempt_ids.note)
        self.assertEqual(other.state, "done")

    @mute_logger(DELIVERY_LOG)
    def test_process_that_refuses_does_not_undo_the_sending(self):
        letter = self._letter()
        touchpoint = type(self.env["continuity.touchpoint"])
        with patch.object(
            touchpoint, "_notify_origin", side_effect=UserError("Too early")
        ):
            self._run()
        self.assertEqual(letter.state, "done")
        self.assertIn("Too early", letter.send_error)
        self.assertEqual(letter.done_by_id, self.user_sales_a)
        self.assertEqual(len(self.sink.messages), 1)

    # === Refused since the release === #

    def _taken_back(self, letter, reason):
        self._run()
        self.assertEqual(letter.state, "owed")
        self.assertFalse(letter.frozen_on)
        self.assertIn(reason, letter.send_error)
        self.assertEqual(letter.activity_id.user_id, self.user_sales_a)
        self.assertFalse(letter.attempt_ids)
        self.assertFalse(self.sink.messages)

    def test_no_courtesy_since_the_release(self):
        letter = self._letter()
        self.customer_1.continuity_no_courtesy = True
        self._taken_back(letter, "no courtesy")

    def test_blacklisted_since_the_release(self):
        letter = self._letter()
        self.env["mail.blacklist"]._add(letter.letter_email)
        self._taken_back(letter, "opted out")

    def test_complained_since_the_release(self):
        letter = self._letter()
        self.env["continuity.concern"]._raise_concern(
            relationship=letter.relationship_id,
            kind="complaint",
            question="It broke.",
            source="typed",
        )
        self._taken_back(letter, "")
        self.assertTrue(letter.send_error)

    def test_notices_go_out_all_the_same(self):
        template = self.env["mail.template"].create(
            {
                "name": "Terms",
                "model_id": self.env["ir.model"]._get_id("continuity.touchpoint"),
                "continuity_notice": "notice",
            }
        )
        letter = self._letter(template_id=template.id)
        self.customer_1.continuity_no_courtesy = True
        self.env["mail.blacklist"]._add(letter.letter_email)
        self._run()
        self.assertEqual(letter.state, "done")

    def test_posted_half_counts_when_the_mail_is_refused(self):
        letter = self._letter(
            letter_medium="both", posted_on=fields.Datetime.now(), letter_hash="x"
        )
        self.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": letter.id,
                "channel_id": letter.channel_id.id,
                "user_id": self.user_sales_a.id,
                "outcome": "posted",
            }
        )
        self.customer_1.continuity_no_courtesy = True
        self._run()
        self.assertFalse(self.sink.messages)
        self.assertEqual(letter.state, "done")
        self.assertEqual(letter.done_by_id, self.user_sales_a)
        self.assertTrue(letter.frozen_on)

    # === Throttle, pause, stop === #

    def test_throttled_lane_comes_back_in_time(self):
        self.env["ir.config_parameter"].set_param(
            "customer_continuity.letters_per_minute", "1"
        )
        now = fields.Datetime.now()
        self._letter(state="done", sending_on=now - timedelta(seconds=40))
        self._letter()
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search([("cron_id", "=", self.lane.id)])
        with freeze_time(now):
            self._run()
        self.assertFalse(self.sink.messages)
        new = triggers.search([("cron_id", "=", self.lane.id)]) - before
        self.assertEqual(new.call_at, now + timedelta(seconds=20))

    def test_throttle(self):
        self.env["ir.config_parameter"].set_param(
            "customer_continuity.letters_per_minute", "2"
        )
        for _i in range(5):
            self._letter()
        now = fields.Datetime.now()
        for minute, expected in ((0, 2), (0.5, 2), (1.1, 4), (2.2, 5)):
            with freeze_time(now + timedelta(minutes=minute)):
                self._run()
            self.assertEqual(len(self.sink.messages), expected)

    def test_pause_and_resume(self):
        letter = self._letter()
        other = self._letter(
            self.customer_2, company=self.company_b, user_id=self.user_manager.id
        )
        sending = self.sending.with_user(self.user_manager)
        with self.assertRaises(AccessError):
            self.sending.with_user(self.user_sales_a).action_pause()
        sending.action_pause()
        self.assertEqual(sending.paused_by_id, self.user_manager)
        self.assertTrue(sending.paused_on)
        self.assertEqual(sending.status, "paused")
        self._run()
        self.assertEqual(letter.state, "released")
        self.assertEqual(other.state, "done", "another company is not paused")
        with self.assertRaises(AccessError):
            self.sending.with_user(self.user_sales_a).action_resume()
        sending.action_resume()
        self.assertEqual(sending.resumed_by_id, self.user_manager)
        self._run()
        self.assertEqual(letter.state, "done")

    def test_stops_after_errors_in_a_row(self):
        self.company_a.continuity_max_errors = 3
        self.sink.answers["."] = "554 5.7.1 blocked"
        letters = self.env["continuity.touchpoint"]
        for _i in range(5):
            letters |= self._letter()
        self._run()
        self.assertEqual(
            sorted(letters.mapped("state")), ["released"] * 2 + ["tried"] * 3
        )
        self.assertTrue(self.sending.paused)
        self.assertFalse(self.sending.paused_by_id)
        self.assertIn("blocked", self.sending.stop_reason)
        self.assertEqual(self.sending.status, "stopped")
        self.assertIn(self.user_manager, self.sending.activity_ids.user_id)
        self.sink.answers.clear()
        self.sending.with_user(self.user_manager).action_resume()
        self.assertFalse(self.sending.activity_ids)
        self._run()
        self.assertEqual(len(self.sink.messages), 2)

    def test_a_success_begins_the_count_anew(self):
        self.company_a.continuity_max_errors = 2
        self.sink.answers["gone@example.com"] = "550 5.1.1 no such user"
        for _i in range(3):
            self._letter(email="gone@example.com")
            self._letter()
        self._run()
        self.assertFalse(self.sending.paused)
        self.assertEqual(len(self.sink.messages), 3)

    def test_figures(self):
        self._letter()
        self._run()
        self._letter()
        self._letter(send_after=fields.Datetime.now() + timedelta(hours=1))
        self._letter(state="uncertain")
        self.sending.invalidate_recordset()
        self.assertEqual(self.sending.sent_count, 1)
        self.assertEqual(self.sending.remaining_count, 2)
        self.assertEqual(self.sending.waiting_count, 1)
        self.assertEqual(self.sending.uncertain_count, 1)
        self.assertEqual(self.sending.per_minute, 0.2)
        self.assertEqual(self.sending.time_left, "5 min")
        self.assertAlmostEqual(self.sending.progress, 100 / 3)

    # === Leftovers, and the person who decides === #

    def test_leftovers_of_dead_lanes(self):
        """What the lane itself, or one that is gone, had in hand is uncertain."""
        own = self._letter(state="sending", lane=self.lane.id)
        gone = self._letter(state="sending", lane=2**30)
        self._run()
        for letter in own | gone:
            self.assertEqual(letter.state, "uncertain")
            self.assertIn("stopped", letter.send_error)
        self.assertFalse(self.sink.messages)

    def test_letter_that_bounced_before_it_was_written_down(self):
        letter = self._letter(state="tried", lane=self.lane.id)
        letter._record_delivery(self.lane, Delivery(ACCEPTED, "250"))
        self.assertEqual(letter.state, "tried")
        self.assertEqual(letter.attempt_ids.outcome, "sent")

    def test_person_decides_that_it_went_out(self):
        letter = self._letter(state="uncertain")
        letter.with_user(self.user_sales_a).action_went_out()
        self.assertEqual(letter.state, "done")
        self.assertEqual(letter.done_by_id, self.user_sales_a)
        self.assertEqual(letter.attempt_ids.user_id, self.user_sales_a)
        self.assertEqual(letter.message_ids[0].author_id, self.user_sales_a.partner_id)

    def test_person_decides_to_send_again(self):
        letters = self._letter(state="uncertain") | self._letter(state="uncertain")
        letters.with_user(self.user_leader).action_send_again()
        self.assertEqual(letters.mapped("state"), ["released"] * 2)
        log = letters[0].message_ids[0]
        self.assertEqual(log.author_id, self.user_leader.partner_id)
        self._run()
        self.assertEqual(len(self.sink.messages), 2)

    def test_who_may_decide(self):
        letter = self._letter(state="uncertain")
        for user in (self.user_sales_b, self.user_company_b, self.user_all):
            for action in ("action_went_out", "action_send_again"):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    getattr(letter.with_user(user), action)()
        done = self._letter(state="done")
        with self.assertRaises(UserError):
            done.with_user(self.user_sales_a).action_send_again()

    def test_nobody_moves_letters_by_hand(self):
        letter = self._letter(state="uncertain")
        for values in (
            {"state": "released"},
            {"lane": 0},
            {"letter_message_id": "<x@y>"},
            {"send_after": False},
            {"replied_on": False},
        ):
            with self.assertRaises(AccessError):
                letter.with_user(self.user_manager).write(values)
        with self.assertRaises(AccessError):
            self.sending.with_user(self.user_manager).write({"paused": True})

    def test_lanes_that_run_are_left_alone(self):
        """A lane runs as long as its row is locked, by whichever process."""
        sending = self.env["continuity.sending"]
        gone = 2**30
        with self.registry.cursor() as other:
            other.execute(
                "SELECT id FROM ir_cron WHERE id = %s FOR NO KEY UPDATE",
                [self.lane.id],
            )
            running = sending._find_running([self.lane.id, gone])
            self.assertEqual(running, {self.lane.id})
        self.assertFalse(sending._find_running([self.lane.id, gone]))

    def test_conflict_is_tried_again(self):
        """Two lanes that meet at one letter: the slower one looks again."""
        failures = [SerializationFailure(), SerializationFailure()]

        def claim():
            if failures:
                raise failures.pop()
            return "claimed"

        letters = self.env["continuity.touchpoint"]
        with patch.object(self.env.cr, "rollback") as rollback:
            self.assertEqual(letters._retry_on_conflict(claim), "claimed")
        self.assertEqual(rollback.call_count, 2)

    # === Lanes === #

    def test_lanes_are_added_and_removed(self):
        sending = self.env["continuity.sending"]
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.continuity_lanes, 1)
        settings.continuity_lanes = 3
        settings.set_values()
        lanes = sending._lanes()
        self.assertEqual(len(lanes), 3)
        self.assertEqual(set(lanes.mapped("code")), {"model._run_lane()"})
        letter = self._letter()
        self._run((lanes - self.lane)[0])
        self.assertEqual(letter.state, "done")
        sending._set_lanes(1)
        self.assertEqual(sending._lanes(), self.lane)
        for number in (0, 9):
            with self.assertRaises(UserError):
                sending._set_lanes(number)
        with self.assertRaises(AccessError):
            sending.with_user(self.user_manager)._set_lanes(2)
