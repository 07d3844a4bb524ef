from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command, fields

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .common import ContinuityCommon
from .smtp_sink import Sink


class SendingCommon(ContinuityCommon):
    """Released letters, a real SMTP server to send them to, and the lanes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sink = Sink().start()
        cls.addClassCleanup(cls.sink.stop)
        servers = cls.env["ir.mail_server"].with_context(active_test=False)
        servers.search([]).unlink()
        cls.mail_server = servers.create(
            {
                "name": "Sink",
                "smtp_host": "127.0.0.1",
                "smtp_port": cls.sink.port,
                # With a filter that fits, Odoo leaves the sender as it is.
                "from_filter": "continuity.example.com",
            }
        )
        cls.alias_domain = cls.env["mail.alias.domain"].create(
            {
                "name": "continuity.example.com",
                "bounce_alias": "bounce",
                "catchall_alias": "catchall",
                "default_from": "notifications",
            }
        )
        cls.company_a.alias_domain_id = cls.alias_domain
        cls.email_channel = cls.env.ref("customer_continuity.channel_email")
        cls.mass_channel = cls.env.ref("customer_continuity.channel_mass_email")
        cls.call_channel = cls.env.ref("customer_continuity.channel_call")
        cls.lane = cls.env.ref("customer_continuity.cron_lane_1")
        cls.user_sales_a.tz = "UTC"
        # What else the database has to send is no business of these tests.
        cls.env["continuity.touchpoint"].search(
            [("state", "in", ("released", "sending"))]
        ).state = "owed"
        cls.sending = cls.env["continuity.sending"]._for_company(cls.company_a)
        cls.env["ir.config_parameter"].set_param(
            "customer_continuity.letters_per_minute", "0"
        )

    def setUp(self):
        super().setUp()
        self.sink.reset()

    @classmethod
    def _letter(cls, customer=None, email="customer@example.com", **values):
        """A letter that a person has released, as the letters' own code leaves it."""
        customer = customer or cls.customer_1
        company = values.pop("company", cls.company_a)
        channel = values.pop("channel", cls.email_channel)
        relationship = cls.env["continuity.relationship"]._ensure(company, customer)
        cls._letters = getattr(cls, "_letters", 0) + 1
        return cls.env["continuity.touchpoint"].create(
            {
                "name": "News of your contact",
                "relationship_id": relationship.id,
                "partner_id": customer.id,
                "company_id": company.id,
                "origin_model": relationship._name,
                "origin_id": relationship.id,
                "occurrence": f"letter {cls._letters}",
                "channel_ids": [Command.set(channel.ids)],
                "channel_id": channel.id,
                "user_id": cls.user_sales_a.id,
                "signer_id": cls.user_sales_a.id,
                "released_by_id": cls.user_sales_a.id,
                "letter_medium": "mail",
                "letter_email": email,
                "letter_subject": "A word to you",
                "letter_body": "<p>Dear customer,</p>\n<p>.a line with a dot</p>",
                "letter_lang": "en_US",
                "frozen_on": fields.Datetime.now(),
                "released_on": fields.Datetime.now(),
                "date_due": fields.Date.today(),
                "date_show": fields.Date.today(),
                "state": "released",
                **values,
            }
        )

    @contextmanager
    def _really_sending(self):
        """Odoo sends nothing in tests; here it does, to the sink."""
        with patch.object(IrMail_Server, "_disable_send", lambda self: False):
            yield

    def _run(self, lane=None):
        """Run a lane as the scheduler does."""
        with self.enter_registry_test_mode(), self._really_sending():
            (lane or self.lane).method_direct_trigger()
        self.env.invalidate_all()
