"""Letters to send, and a mail server to send them to: for torture and benchmark."""

import contextlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

from odoo import Command, fields

SINK = Path(__file__).parent.parent / "tests" / "smtp_sink.py"
BATCH = 1_000
DOMAIN = "bench.example.com"
BODY = (
    "<div><p>Dear customer {number},</p>"
    + "<p>thank you for the good years. How is everything going with what you bought "
    "from us, and is there anything we could do better? We should like to know.</p>"
    * 8
    + "<p>Yours sincerely</p></div>"
)


class SinkProcess:
    """A real SMTP server in a process of its own.

    :param Path log: takes a line for each accepted mail: message id, recipients
    """

    def __init__(self, log):
        """Start it; ``port`` says where."""
        self.log = log
        self.process = subprocess.Popen(
            [sys.executable, str(SINK), "--log", str(log)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.process.stdout.readline())

    def received(self):
        """Return how many mails it has accepted."""
        with contextlib.suppress(FileNotFoundError):
            return self.log.read_bytes().count(b"\n")
        return 0

    def message_ids(self):
        """Return how often each message id was accepted."""
        lines = self.log.read_text().splitlines()
        return Counter(line.split()[0] for line in lines)

    def stop(self):
        """End it."""
        self.process.kill()
        self.process.wait()


def use_sink(env, port):
    """Let this database send to the sink alone.

    :param env: environment of the superuser
    :param int port: where it listens
    """
    # What the demo data has to send would be counted among ours.
    env["mail.mail"].search([("state", "=", "outgoing")]).write({"state": "cancel"})
    servers = env["ir.mail_server"].with_context(active_test=False)
    servers.search([]).write({"active": False})
    servers.create(
        {
            "name": "Sink",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "from_filter": DOMAIN,
        }
    )
    domains = env["mail.alias.domain"]
    domain = domains.search([("name", "=", DOMAIN)]) or domains.create({"name": DOMAIN})
    env.company.alias_domain_id = domain


def create_signer(env):
    """Return a salesperson with an address of the sink's domain."""
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
    login = "letters_signer"
    return users.search([("login", "=", login)]) or users.create(
        {
            "name": "Letters Signer",
            "login": login,
            "email": f"signer@{DOMAIN}",
            "group_ids": [
                Command.set(env.ref("sales_team.group_sale_salesman").ids),
            ],
        }
    )


def create_customers(env, number):
    """Return new customers, each with an address."""
    partners = env["res.partner"].with_context(tracking_disable=True)
    created = partners.browse()
    for first in range(0, number, BATCH):
        created |= partners.create(
            [
                {
                    "name": f"Letters customer {i}",
                    "is_company": True,
                    "email": f"letters{i}@{DOMAIN}",
                }
                for i in range(first, min(first + BATCH, number))
            ]
        )
    return created


def release_letters(env, customers, signer, occurrence):
    """Plan a letter for each customer and release it, as its own code does.

    :param str occurrence: what distinguishes these from other letters to them
    """
    relationships = env["continuity.relationship"]._ensure(env.company, customers)
    channel = env.ref("customer_continuity.channel_email")
    now = fields.Datetime.now()
    touchpoints = env["continuity.touchpoint"]
    released = touchpoints.browse()
    for first in range(0, len(relationships), BATCH):
        released |= touchpoints._plan(
            [
                {
                    "name": "A letter",
                    "origin_model": relationship._name,
                    "origin_id": relationship.id,
                    "occurrence": occurrence,
                    "relationship_id": relationship.id,
                    "partner_id": relationship.partner_id.id,
                    "company_id": env.company.id,
                    "channel_ids": channel.ids,
                    "user_id": signer.id,
                    "signer_id": signer.id,
                    "released_by_id": signer.id,
                    "date_due": fields.Date.today(),
                    "letter_medium": "mail",
                    "letter_email": relationship.partner_id.email,
                    "letter_subject": "How is everything going?",
                    "letter_body": BODY.format(number=relationship.partner_id.id),
                    "letter_lang": "en_US",
                    "frozen_on": now,
                    "released_on": now,
                    "state": "released",
                }
                for relationship in relationships[first : first + BATCH]
            ]
        )
    return released
