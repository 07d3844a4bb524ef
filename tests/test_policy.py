from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestPolicy(HandoverCommon):
    """Who is owed what, per tier, purpose and segment (T3, T4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steps = cls.env["continuity.policy.step"]
        for name in ("letter", "card", "chat"):
            channel = cls.env.ref(f"customer_continuity.channel_{name}")
            setattr(cls, f"channel_{name}", channel)

    def _shipped(self, purpose, tier, segment=False):
        """Channels, offset, required and manager of each step, in order."""
        return [
            (set(s.channel_ids), s.offset_days, s.required, s.manager_attends)
            for s in self.steps._steps_for(purpose, tier, segment)
        ]

    # === shipped defaults, as in T3 === #

    def test_dissolution_core_in_person_first(self):
        first, *rest = self._shipped("dissolution", self.tier_a)
        self.assertEqual(
            first, ({self.channel_visit, self.channel_video}, 0, True, True)
        )
        for channels, offset, _required, _manager in rest:
            self.assertTrue(all(channel.written for channel in channels))
            self.assertGreater(offset, 0)

    def test_dissolution_regular_mail_and_telephone_the_same_day(self):
        self.assertEqual(
            self._shipped("dissolution", self.tier_b),
            [
                ({self.channel_email}, 0, True, False),
                ({self.channel_call}, 0, True, False),
            ],
        )

    def test_dissolution_occasional_by_mass_mail(self):
        [(channels, _offset, required, _manager)] = self._shipped(
            "dissolution", self.tier_c
        )
        self.assertIn(self.channel_mass_email, channels)
        self.assertTrue(all(channel.written for channel in channels))
        self.assertTrue(required)

    def test_unfulfilled_are_spoken_to_before_any_mail(self):
        for tier in self.tier_a | self.tier_b | self.tier_c:
            with self.subTest(tier=tier.name):
                steps = self._shipped("dissolution", tier, "unfulfilled")
                first, _offset, required, _manager = steps[0]
                self.assertFalse(any(channel.written for channel in first))
                self.assertTrue(all(channel.true_contact for channel in first))
                self.assertTrue(required)
                # Nobody else is given that step.
                for segment in (False, "paying", "settled"):
                    others = self._shipped("dissolution", tier, segment)
                    if tier != self.tier_a:
                        self.assertEqual(others, steps[1:])

    def test_factoring_key_customers_in_person_before_any_letter(self):
        for tier in self.tier_a | self.tier_b:
            with self.subTest(tier=tier.name):
                steps = self.steps._steps_for("factoring", tier)
                spoken = [
                    not any(channel.written for channel in step.channel_ids)
                    for step in steps
                ]
                self.assertTrue(spoken[0])
                self.assertIn(False, spoken, "the letter comes as well")
                talk = max(
                    s.offset_days for s, t in zip(steps, spoken, strict=True) if t
                )
                letter = min(
                    s.offset_days for s, t in zip(steps, spoken, strict=True) if not t
                )
                self.assertLess(talk, letter)
        for step in self.steps._steps_for("factoring", self.tier_a):
            if step.channel_ids & self.channel_visit:
                self.assertIn(self.channel_call, step.channel_ids)

    def test_handover_core_are_visited_with_the_manager(self):
        self.assertEqual(
            self._shipped("handover", self.tier_a),
            [({self.channel_visit, self.channel_video}, 0, True, True)],
        )
        for tier in self.tier_b | self.tier_c:
            [(channels, _offset, _required, manager)] = self._shipped("handover", tier)
            self.assertTrue(any(not channel.is_meeting for channel in channels))
            self.assertFalse(manager)

    def test_followup_by_true_contacts_only(self):
        for tier in self.tier_a | self.tier_b | self.tier_c:
            for channels, _offset, _required, _manager in self._shipped(
                "followup", tier
            ):
                self.assertTrue(all(channel.true_contact for channel in channels))

    def test_every_tier_and_purpose_has_a_policy(self):
        purposes = dict(self.steps._fields["purpose"]._description_selection(self.env))
        self.assertEqual(
            set(purposes),
            {"handover", "followup", "dissolution", "aftercare", "factoring"},
        )
        for purpose in purposes:
            for tier in self.tier_a | self.tier_b | self.tier_c:
                self.assertTrue(self.steps._steps_for(purpose, tier), (purpose, tier))

    def test_channels(self):
        """T4: what counts as a true contact, and what it is planned as."""
        true = {"visit", "video", "call", "email", "letter", "card", "chat"}
        for name in true | {"voicemail", "mass_email"}:
            channel = self.env.ref(f"customer_continuity.channel_{name}")
            self.assertEqual(channel.true_contact, name in true, name)
            self.assertTrue(channel.activity_type_id, name)
            self.assertEqual(
                channel.written,
                name in {"email", "mass_email", "letter", "card", "chat"},
                name,
            )
            self.assertEqual(channel.is_meeting, name in {"visit", "video"}, name)
            self.assertEqual(channel.automatic, name == "mass_email", name)

    # === order and constraints === #

    def _step(self, **values):
        return self.steps.create(
            {
                "purpose": "handover",
                "tier_id": self.tier_c.id,
                "channel_ids": self.channel_call.ids,
                **values,
            }
        )

    def test_order_of_steps(self):
        """Those of the segment first, then by sequence; the first tier first."""
        self.steps.search([("purpose", "=", "dissolution")]).unlink()
        late = self._step(purpose="dissolution", sequence=20)
        early = self._step(purpose="dissolution", sequence=10)
        segment = self._step(purpose="dissolution", sequence=30, segment="paying")
        self._step(purpose="dissolution", sequence=1, segment="settled")
        self._step(purpose="factoring", sequence=1)
        core = self._step(purpose="dissolution", sequence=99, tier_id=self.tier_a.id)
        self.assertEqual(
            self.steps._steps_for("dissolution", self.tier_c, "paying").ids,
            [segment.id, early.id, late.id],
        )
        self.assertEqual(
            self.steps._steps_for("dissolution", self.tier_c).ids, [early.id, late.id]
        )
        listed = self.steps.search([("purpose", "=", "dissolution")])
        self.assertEqual(listed[0], core)
        # Renumbering the tiers renumbers their steps.
        self.tier_a.sequence = 5
        self.assertEqual(core.tier_sequence, 5)

    def test_channels_are_needed(self):
        for channels in ([], False):
            with self.assertRaisesRegex(ValidationError, "at least one channel"):
                self._step(channel_ids=channels)
        with self.assertRaisesRegex(ValidationError, "at least one channel"):
            self.steps.create({"purpose": "handover", "tier_id": self.tier_c.id})
        step = self._step()
        with self.assertRaisesRegex(ValidationError, "at least one channel"):
            step.channel_ids = False

    def test_offset_is_not_negative(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation) as caught:
            self._step(offset_days=-1)
        self.assertIn(
            "before its purpose arises",
            self.steps._sql_error_to_message(caught.exception),
        )

    def test_name(self):
        step = self._step(channel_ids=(self.channel_call | self.channel_email).ids)
        self.assertEqual(step.name, "Call / E-mail")
        self.channel_call.name = "Telephone"
        self.assertEqual(step.name, "Telephone / E-mail")

    def test_purpose_without_tier(self):
        """A customer without a tier yet is owed nothing in particular."""
        self.assertFalse(self.steps._steps_for("handover", self.tier_a.browse()))

    def test_who_edits(self):
        step = self.steps._steps_for("handover", self.tier_c)
        topic = self.env.ref("customer_continuity.topic_deals")
        for user in (self.leaver, self.user_leader, self.user_all):
            for record in (step, self.channel_call, topic):
                with self.subTest(user=user.login, model=record._name):
                    self.assertTrue(record.with_user(user).has_access("read"))
                    for operation in ("write", "unlink"):
                        with self.assertRaises(AccessError):
                            record.with_user(user).check_access(operation)
                    with self.assertRaises(AccessError):
                        record.with_user(user).browse().check_access("create")
        for record in (step, self.channel_call, topic):
            for operation in ("write", "create", "unlink"):
                record.with_user(self.user_manager).check_access(operation)
        for user in (self.user_portal, self.env.ref("base.public_user")):
            for record in (step, self.channel_call, topic):
                with self.assertRaises(AccessError):
                    record.with_user(user).check_access("read")

    # === in which order channels are tried === #

    def test_proposed_channel_is_one_of_the_step(self):
        step = self.steps.create(
            {
                "purpose": "handover",
                "tier_id": self.tier_c.id,
                "channel_ids": (self.channel_call | self.channel_email).ids,
                "channel_id": self.channel_email.id,
            }
        )
        self.assertEqual(
            step._ordered_channels(), self.channel_email | self.channel_call
        )
        step.channel_ids = self.channel_call
        self.assertEqual(step.channel_id, self.channel_call)

    def test_occasional_customers_are_told_by_mail(self):
        [step] = self.steps._steps_for("handover", self.tier_c)
        self.assertEqual(step.channel_id, self.channel_email)

    def test_channels_cannot_follow_themselves(self):
        with self.assertRaises(ValidationError):
            self.channel_letter.next_channel_id = self.channel_email

    def test_mail_then_call_then_letter(self):
        following = self.channel_email._following_channels()
        self.assertEqual(following[:2], self.channel_call | self.channel_letter)
