"""Who reads and does what in factoring: each role, and every public method."""

from contextlib import suppress
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.res_users import ResUsers

from .common_factoring_access import FactoringAccessCommon

REFUSALS = (AccessError, UserError, MissingError)
# Attacked with values of their own.
TAKE_VALUES = {"create", "write", "copy_data", "onchange"}
OWN = "odoo.addons.customer_continuity"


def public_methods(model):
    """Return the methods of the addon that anybody may call over RPC on a model."""
    names = set()
    for cls in type(model).__mro__:
        if not cls.__module__.startswith(OWN):
            continue
        for name, method in vars(cls).items():
            if not name.startswith("_") and callable(method):
                names.add(name)
    methods = {name: getattr(type(model), name) for name in names}
    return sorted(
        name
        for name, method in methods.items()
        if not getattr(method, "_api_private", False)
        and not getattr(method, "_api_model", False)
        and name not in TAKE_VALUES
    )


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringAccess(FactoringAccessCommon):
    def _expected(self, user, agreement, records):
        """Return which of the records of an agreement a person is to find."""
        if user == self.user_manager:
            return records
        if agreement == self.secret or user not in (
            self.chief | self.accountant | self.user_sales_a | self.user_all
        ):
            return records.browse()
        if user in self.chief | self.accountant:
            return records
        debtor = self.debtor_1 if user == self.user_sales_a else self.debtor_2
        partner = debtor.partner_id
        return {
            "continuity.factoring": lambda: records,
            "continuity.factoring.debtor": lambda: debtor,
            # What one has been told inside.
            "continuity.factoring.internal": lambda: records.filtered(
                lambda step: user in step.told_user_ids
            ),
            "continuity.factoring.assignment": lambda: records.filtered(
                lambda a: a.partner_id == partner
            ),
            "continuity.factoring.turnover": lambda: records.filtered(
                lambda t: t.partner_id == partner
            ),
        }.get(records._name, records.browse)()

    def _everybody(self, users):
        for agreement in self.open | self.secret:
            for records in self._records(agreement).values():
                for user in users:
                    yield agreement, records, user

    def _hidden(self):
        """Records and people who may not see them."""
        for agreement, records, user in self._everybody(self.attackers):
            hidden = records - self._expected(user, agreement, records)
            if hidden:
                yield hidden[0], user

    def test_the_cast(self):
        """Each model has records of both agreements, or the tests prove nothing."""
        self.assertEqual(len(self._records(self.open)), 7)
        self.assertEqual(
            set(self._records(self.open)) - set(self._records(self.secret)),
            {"continuity.payment.direction"},
        )
        self.assertTrue(self.open.confidential is False)
        self.assertTrue(self.secret.confidential)

    def test_who_finds_what(self):
        everybody = self.outsiders | self.user_manager
        for agreement, records, user in self._everybody(everybody):
            expected = self._expected(user, agreement, records)
            with self.subTest(model=records._name, user=user.name, of=agreement.kind):
                model, domain = records.browse(), [("id", "in", records.ids)]
                may_ask = model.with_user(user).has_access("read")
                if not may_ask:
                    self.assertFalse(expected)
                    with self.assertRaises(AccessError):
                        self._rpc(user, model, "search", domain)
                    with self.assertRaises(AccessError):
                        self._rpc(user, model, "search_count", domain)
                    with self.assertRaises(AccessError):
                        self._rpc(user, model, "name_search", "", domain)
                    continue
                self.assertEqual(
                    sorted(self._rpc(user, model, "search", domain)),
                    sorted(expected.ids),
                )
                count = self._rpc(user, model, "search_count", domain)
                self.assertEqual(count, len(expected))
                groups = self._rpc(
                    user, model, "formatted_read_group", domain, [], ["__count"]
                )
                self.assertEqual(groups[0]["__count"], len(expected))
                names = self._rpc(user, model, "name_search", "", domain)
                self.assertEqual(len(names), len(expected))
                if not expected:
                    found = self._rpc(
                        user,
                        model,
                        "web_search_read",
                        domain,
                        {"display_name": {}},
                    )
                    self.assertFalse(found["records"])

    def test_what_is_not_found_is_not_read_or_changed(self):
        for record, user in self._hidden():
            calls = [
                ("read", ["display_name"]),
                ("web_read", {"display_name": {}}),
                ("export_data", ["display_name", "id"]),
                ("unlink",),
                ("copy",),
                ("get_metadata",),
            ]
            if "message_ids" in record._fields:
                calls += [("message_post",), ("message_subscribe",)]
            calls += [
                ("write", {name: value})
                for name, value in (
                    ("company_id", self.company_b.id),
                    ("note", "x"),
                    ("reference", "x"),
                    ("sequence", 1),
                    ("effective_from", "2026-01-01"),
                    ("internal_reason", "x"),
                    ("factoring_id", self.open.id),
                )
                if name in record._fields
            ]
            for method, *args in calls:
                with self.subTest(model=record._name, method=method, user=user.name):
                    self._assert_refused(user, record, method, *args)

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_every_public_method_on_what_one_may_not_see(self):
        """Also of what colleagues add later: each is called, and refuses or does
        nothing."""
        for record, user in self._hidden():
            names = public_methods(record)
            self.assertTrue(names, record._name)
            for name in names:
                with self.subTest(model=record._name, name=name, user=user.name):
                    self._assert_refused(user, record, name)

    def _assert_refused(self, user, record, method, *args):
        before = self._digest(record)
        try:
            with self.env.cr.savepoint():
                result = self._rpc(user, record, method, *args)
        except REFUSALS as error:
            self.assertTellsNothing(error)
            return
        except TypeError:  # takes parameters, and did not get that far
            return
        self.assertTellsNothing(result, record.sudo().display_name)
        self.assertEqual(self._digest(record), before, "changed")

    def test_salesperson_decides_nothing(self):
        """Who speaks to a customer sees the agreement, and carries none of it out."""
        speaker = self.user_sales_a
        records = self._records(self.open)
        visible = [
            self._expected(speaker, self.open, records[f"continuity.{name}"])
            for name in (
                "factoring",
                "factoring.debtor",
                "factoring.assignment",
                "factoring.turnover",
            )
        ]
        for record in visible:
            self.assertTrue(record)
            self._rpc(speaker, record, "read", ["display_name"])
            state = record.state
            for name in public_methods(record):
                with self.subTest(model=record._name, method=name):
                    with (
                        suppress(*REFUSALS, TypeError),
                        self.env.cr.savepoint(),
                    ):
                        self._rpc(speaker, record, name)
                    self.assertEqual(record.sudo().state, state)
        for record, values in (
            (self.open, {"internal_reason": "x"}),
            (self.open, {"named_user_ids": [Command.link(speaker.id)]}),
            (self.debtor_1, {"sequence": 1}),
            (self.debtor_1, {"user_id": speaker.id}),
            (visible[2], {"note": "x"}),
            (visible[2], {"customer_paid_on": "2026-06-01"}),
            (visible[3], {"reference": "x"}),
            (
                self.open,
                {"direction_ids": [Command.create({"kind": "unchanged"})]},
            ),
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._rpc(speaker, record, "write", values)

    def test_names_in_the_errors_of_debug_mode(self):
        """Odoo names the records it refuses, to every employee who adds ?debug=1."""

        def has_group(user, group):
            return group == "base.group_no_one" or user._has_group(group)

        records = self._records(self.secret)
        with patch.object(ResUsers, "has_group", has_group):
            for record in records.values():
                for user in self.user_sales_b | self.chief | self.accountant:
                    with self.assertRaises(AccessError) as caught:
                        self._rpc(user, record, "read", ["id"])
                    names = record.sudo().mapped("display_name")
                    self.assertTellsNothing(caught.exception, *names)
            with self.assertRaises(AccessError) as caught:
                self._rpc(self.elsewhere, self.open, "read", ["id"])
            # Who may read it in their other company is helped to get there.
            self.assertIn(self.open.name, str(caught.exception))
