"""Which people and customers the rows of an assignment list mean."""

from collections import defaultdict

from odoo.exceptions import AccessError
from odoo.tools import email_normalize

# What a row can name its customer by, the surest first.
CUSTOMER_KEYS = ("reference", "vat", "email", "customer")


class BadRow(Exception):
    """Why a row cannot be taken over."""


class ListReader:
    """Turns rows of an assignment list into predecessor, customer and successor.

    :param wizard: one ``continuity.handover.wizard``
    :param list rows: dicts by column
    """

    def __init__(self, wizard, rows):
        self.wizard = wizard
        self.env = wizard.env
        self.company = wizard.company_id
        self._read_users(rows)
        self._read_customers(rows)
        self._problems = {}

    def resolve(self, row):
        """Return the records of one row.

        :return: predecessor, customer, successor
        :raise BadRow: with the reason
        :rtype: tuple
        """
        partners = self._find_partners(row)
        leaver = self._find_leaver(row, partners)
        # Of two customers of one name, the predecessor's is meant.
        own = partners.filtered(lambda p: p.id in self.customers[leaver.id])
        if len(partners) > 1 and len(own) != 1:
            raise BadRow(
                self.env._(
                    "%(count)s customers are meant: %(names)s. Add their reference.",
                    count=len(partners),
                    names=", ".join(p.display_name for p in partners[:3]),
                )
            )
        partner = own if len(partners) > 1 else partners
        if not own:
            raise BadRow(self._not_the_owner(partner, leaver))
        return leaver, partner, self._find_successor(row, leaver)

    # === PEOPLE === #

    def _read_users(self, rows):
        names = {
            row[key]
            for row in rows
            for key in ("predecessor", "successor")
            if row.get(key)
        }
        users = self.env["res.users"].sudo().with_context(active_test=False)
        # Also those this user may not see: the row says why they cannot take over.
        found = users.search(
            [
                ("share", "=", False),
                "|",
                "|",
                ("login", "in", list(names)),
                ("email", "in", list(names)),
                ("name", "in", list(names)),
            ]
        )
        self.users = defaultdict(users.browse)
        for user in found:
            for name in {user.login, user.email, user.name} - {False}:
                self.users[name.casefold()] |= user

    def _find_user(self, name):
        """Return the one user of a name, log-in or e-mail address.

        :raise BadRow: when there is none, or several
        """
        users = self.users.get(name.casefold())
        if not users:
            raise BadRow(self.env._("Nobody is called %s.", name))
        if len(users) > 1:
            users = users.filtered("active")
        if len(users) != 1:
            raise BadRow(
                self.env._("Several people are called %s: use the log-in.", name)
            )
        return users

    def _find_leaver(self, row, partners):
        name = row.get("predecessor")
        if name:
            leaver = self._find_user(name)
        else:
            leaver = partners.user_id
            if len(leaver) != 1:
                raise BadRow(self.env._("Say who is the predecessor."))
        self._check_once(("leaver", leaver.id), lambda: self._leaver_problem(leaver))
        if leaver.id not in self.customers:
            self._read_customers_of(leaver)
        return leaver

    def _leaver_problem(self, leaver):
        try:
            self.env["continuity.handover"]._check_may_draft_for(leaver)
        except AccessError as error:
            return str(error)
        return None

    def _find_successor(self, row, leaver):
        name = row.get("successor")
        if not name:
            raise BadRow(self.env._("Say who takes over."))
        successor = self._find_user(name)
        if successor == leaver:
            raise BadRow(
                self.env._("%s cannot take over from themself.", successor.name)
            )
        self._check_once(
            ("successor", successor.id),
            lambda: self.env["continuity.handover"]._successor_problem(
                successor, self.company
            ),
        )
        return successor

    def _check_once(self, key, check):
        """Refuse a row for what is wrong with a person, looked up once."""
        if key not in self._problems:
            self._problems[key] = check()
        if self._problems[key]:
            raise BadRow(self._problems[key])

    # === CUSTOMERS === #

    def _read_customers(self, rows):
        """Read the partners the rows can mean: what the user may see, and the
        customers of predecessors they may draft for."""
        self.customers = {}
        users = self.env["res.users"].sudo().browse()
        for row in rows:
            users |= self.users.get(row.get("predecessor", "").casefold(), users[:0])
        leavers = users.filtered(lambda u: not self._leaver_problem(u))
        known = self._read_customers_of(leavers | self.wizard.leaver_ids._origin)
        values = {
            key: list({row[key] for row in rows if row.get(key)})
            for key in CUSTOMER_KEYS
        }
        emails = values["email"]
        domain = [
            "&",
            ("company_id", "in", (False, self.company.id)),
            "|",
            "|",
            "|",
            ("ref", "in", values["reference"]),
            ("vat", "in", values["vat"]),
            ("email_normalized", "in", [*filter(None, map(email_normalize, emails))]),
            ("name", "in", values["customer"]),
        ]
        visible = self.env["res.partner"].search(domain).sudo()
        self.by_key = {key: defaultdict(visible.browse) for key in CUSTOMER_KEYS}
        for partner in visible | self._contacts_of(known):
            for key, value in self._keys_of(partner):
                self.by_key[key][value] |= partner.commercial_partner_id

    def _read_customers_of(self, leavers):
        """Read whom people work with; return the customers."""
        found, _deals = (
            self.env["continuity.handover"]
            .sudo()
            ._find_customers(leavers, self.company)
        )
        self.customers.update({leaver_id: set(ids) for leaver_id, ids in found.items()})
        ids = {id_ for customers in found.values() for id_ in customers}
        return self.env["res.partner"].sudo().browse(ids)

    def _contacts_of(self, customers):
        return customers.search([("commercial_partner_id", "in", customers.ids)])

    def _keys_of(self, partner):
        """Yield under which values a partner is found."""
        for key, value in (
            ("reference", partner.ref),
            ("vat", partner.vat),
            ("email", partner.email_normalized),
            ("customer", partner.name),
        ):
            if value:
                yield key, self._normalize(key, value)

    def _normalize(self, key, value):
        if key == "email":
            return email_normalize(value) or value.casefold()
        if key == "vat":
            return "".join(filter(str.isalnum, value)).upper()
        return " ".join(value.split()).casefold()

    def _find_partners(self, row):
        """Return the customers a row can mean: by the first of reference, tax id,
        e-mail address and name it gives; the others decide between several.

        :raise BadRow: when there is none
        """
        found = None
        for key in CUSTOMER_KEYS:
            if not row.get(key):
                continue
            partners = self.by_key[key].get(self._normalize(key, row[key]))
            if found is None:
                if not partners:
                    raise BadRow(self.env._("No customer has %s.", row[key]))
                found = partners
            elif len(found) > 1 and partners and found & partners:
                found &= partners
        if found is None:
            raise BadRow(self.env._("The row names no customer."))
        return found

    def _not_the_owner(self, partner, leaver):
        owner = partner.user_id
        if owner:
            return self.env._(
                "%(customer)s is looked after by %(owner)s, not by %(name)s.",
                customer=partner.display_name,
                owner=owner.name,
                name=leaver.name,
            )
        return self.env._(
            "%(customer)s is not looked after by %(name)s.",
            customer=partner.display_name,
            name=leaver.name,
        )
