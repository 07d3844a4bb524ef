"""The same daily work with and without the addon, in two databases made alike."""

import statistics

from common import Population, median_ratio, seconds, settle
from lxml import etree

PARTNERS = 1_000
ORDERS = 100
CUSTOMERS = 5_000
PAGES = 20
ROUNDS = 8
TARGET = 1.10


def run(bench):
    """Measure creating and writing partners, the partner list, confirming orders."""
    databases = (bench.plain_database, bench.database)
    for database in databases:
        with bench.environment(database) as env:
            Population(env, CUSTOMERS, salespeople=10).finish()
            if database == bench.database:
                env["continuity.relationship"]._refresh(env.company)
                env.cr.commit()
    pairs = {name: [] for name in Day.LABELS}
    for round_ in range(ROUNDS + 1):
        # Piece by piece in turn, so that whatever else the machine does hits both.
        order = databases if round_ % 2 else databases[::-1]
        with (
            bench.environment(order[0]) as first,
            bench.environment(order[1]) as second,
        ):
            for one, other in zip(Day(first).work(), Day(second).work(), strict=True):
                name, spent = one[0], {order[0]: one[1], order[1]: other[1]}
                if round_:  # the first round fills caches
                    pairs[name].append((spent[databases[1]], spent[databases[0]]))
    for name, (label, size) in Day.LABELS.items():
        addon, plain = (
            statistics.median(column) for column in zip(*pairs[name], strict=True)
        )
        bench.report(
            f"being installed: {label}",
            size,
            median_ratio(pairs[name]),
            TARGET,
            seconds=addon,
            yardstick_seconds=plain,
        )


class Day:
    """What people do all day; nothing is kept."""

    LABELS = {
        "create": ("create partners", f"{PARTNERS:,} partners"),
        "write": ("write partners", f"{PARTNERS:,} partners"),
        "assign": ("reassign partners", f"{PARTNERS:,} partners"),
        "list": ("open the partner list", f"80 partners, {PAGES} times"),
        "confirm": ("confirm orders", f"{ORDERS} orders"),
    }

    def __init__(self, env):
        """Prepare the environment of an administrator.

        Without mails to newly assigned salespeople: they take most of the time, with
        and without the addon, and would hide what it costs.
        """
        self.env = env(
            user=env.ref("base.user_admin"),
            context={"lang": "en_US", "mail_auto_subscribe_no_notify": True},
        )
        self.users = self.env["res.users"].search([("login", "=like", "bench_%")])

    def work(self):
        """Yield the name and the seconds of each piece of work."""
        partners = self.env["res.partner"]
        spent, partners = seconds(self._create)
        yield "create", spent
        yield "write", seconds(self._write, partners, {"phone": "1", "city": "Here"})[0]
        yield "assign", seconds(self._write, partners, {"user_id": self.users[0].id})[0]
        yield "list", seconds(self._list)[0]
        orders = self._orders(partners[:ORDERS])
        yield "confirm", seconds(self._confirm, orders)[0]

    def _create(self):
        partners = self.env["res.partner"].create(
            [
                {
                    "name": f"New {i}",
                    "is_company": True,
                    "user_id": self.users[i % len(self.users)].id,
                }
                for i in range(PARTNERS)
            ]
        )
        settle(self.env)
        return partners

    def _write(self, partners, values):
        partners.write(values)
        settle(self.env)

    def _list(self):
        """Open the list as the web client does: its views, then its rows."""
        model = self.env["res.partner"]
        views = [(self.env.ref("base.view_partner_tree").id, "list"), (False, "search")]
        for page in range(PAGES):
            self.env.invalidate_all()
            arch = model.get_views(views)["views"]["list"]["arch"]
            model.web_search_read(
                [("name", "like", "Bench")],
                {
                    name: self._specification(name)
                    for name in self._visible_fields(arch)
                },
                limit=80,
                offset=80 * page,
            )

    def _visible_fields(self, arch):
        """Return the fields the client asks for: those of the columns shown."""
        return [
            node.get("name")
            for node in etree.fromstring(arch).iter("field")
            if node.get("optional") != "hide"
        ]

    def _specification(self, name):
        field = self.env["res.partner"]._fields[name]
        return {"fields": {"display_name": {}}} if field.relational else {}

    def _orders(self, partners):
        product = self.env["product.product"].create(
            {"name": "Bench", "type": "service"}
        )
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "order_line": [(0, 0, {"product_id": product.id})],
                }
                for partner in partners
            ]
        )
        settle(self.env)
        return orders

    def _confirm(self, orders):
        orders.action_confirm()
        settle(self.env)
