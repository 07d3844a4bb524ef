from datetime import timedelta

from odoo.tests import HttpCase
from odoo.tools import SQL

from .common import ContinuityCommon


class StoryTourCommon(ContinuityCommon, HttpCase):
    """A whole story, as people carry it out.

    Each person works in a browser at the present; between two of them days pass, by
    moving everything that has happened back in time.

    Subclasses name in ``dated`` what goes back: columns by table.
    """

    dated = {}

    @classmethod
    def _create_person(cls, login, name, *groups, companies=None):
        """Somebody who logs in with ``tour_`` and their name here."""
        user = cls._create_user(login, *groups, companies=companies)
        user.write(
            {
                "name": name,
                "login": f"tour_{login}",
                "password": f"tour_{login}",
                "tz": "UTC",
                "email": f"{login}@tour.example.com",
            }
        )
        user.partner_id.write({"function": "Sales", "phone": "+00 5678"})
        return user

    def _pass_days(self, days):
        """Let so many days pass: what has happened lies further back by then."""
        self.env.flush_all()
        for table, columns in self.dated.items():
            moves = SQL(", ").join(
                SQL(
                    "%(column)s = %(column)s - %(days)s",
                    column=SQL.identifier(column),
                    days=timedelta(days=days),
                )
                for column in columns
            )
            self.env.cr.execute(SQL("UPDATE %s SET %s", SQL.identifier(table), moves))
        self.env.invalidate_all()

    def _open_tour(self, action, record, tour, login):
        """Start a tour on the form of a record."""
        self.env.flush_all()
        self.start_tour(
            f"/odoo/action-customer_continuity.{action}/{record.id}", tour, login=login
        )
        self.env.invalidate_all()
