import re
from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase

from odoo.addons.account.models.res_partner_bank import ResPartnerBank

from .common_factoring import FactoringCommon
from .common_sending import SendingCommon

# What differs between any two customers, or between two looks at the same page.
CHANGING = (
    # QR codes are compared by what they say.
    (re.compile(r"data:image/[\w+-]+;base64,[\w+/=]+"), "*"),
    (re.compile(r"session_id=[^;]+"), "*"),
    # Written shorter on the full minute.
    (re.compile(r"datetime\.datetime\([\d, ]+\)"), "*"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "*"),
    (
        re.compile(r"(csrf_token\W+|(?:access_|invitation_)?token=(?:3D)?)[\w.=-]+"),
        r"\1*",
    ),
    (re.compile(r"(/continuity/)[\w-]{20,}"), r"\1*"),
    (re.compile(r"\b[0-9a-f]{16,}\w*\b"), "*"),
    (re.compile(r"\d+"), "#"),
)
PAYLOAD = "{account}|{holder}|{amount}|{words}|{reference}"
# Models a customer may read, whose rows are the same for all or tell of the software.
NOT_OWN = ("ir.", "base.", "bus.", "res.lang", "res.country", "uom.")


def normalised(text):
    """Return a text without what differs between any two customers."""
    for pattern, replacement in CHANGING:
        text = pattern.sub(replacement, text)
    return text


class SilenceCommon(SendingCommon, FactoringCommon, HttpCase):
    """Two customers alike to whom the same happens; the receivables of ``covered`` are
    sold under a confidential agreement.

    ``_collect`` returns all a customer can get hold of, by where they get it.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.covered, cls.twin = cls.customer_1, cls.customer_2
        cls.buyers = {}
        cls.user_portal.partner_id.parent_id = False
        for number, customer in enumerate((cls.covered, cls.twin), 1):
            user = cls._create_user(f"buyer_{number}", "base.group_portal")
            user.password = user.login
            user.partner_id.write({"parent_id": customer.id, "is_company": False})
            customer.write(
                {
                    "email": f"office{number}@customer.example.net",
                    "street": "Main Street 1",
                    "zip": "10115",
                    "city": "Berlin",
                    "country_id": cls.env.ref("base.de").id,
                    "lang": "en_US",
                }
            )
            cls.buyers[customer] = user
        # Known to the app from the same day on, as customers are.
        cls.env["continuity.relationship"]._ensure(
            cls.company_a, cls.covered | cls.twin
        )
        cls.company_a.write({"qr_code": True, "country_id": cls.env.ref("base.de").id})
        cls.own_account.allow_out_payment = True
        cls.secret_factor = cls._create_customer(
            "Quiet Capital", email="desk@quiet.example.org"
        )
        cls.secret_account = cls._create_account(
            cls.secret_factor, "DE89 3704 0044 0532 0130 00"
        )
        cls.agreement = cls._create_agreement(
            cls.covered,
            kind="confidential",
            factor_id=cls.secret_factor.id,
            internal_reason="The bank has cut the credit line.",
            contact_id=cls.user_manager.id,
        )
        cls.startClassPatcher(
            patch.object(
                ResPartnerBank,
                "_get_available_qr_methods",
                lambda self: [("test", "Test", 1)],
            )
        )
        cls.startClassPatcher(
            patch.object(
                ResPartnerBank,
                "_get_qr_code_generation_params",
                lambda *args: cls._qr_params(*args),
            )
        )
        # Two letters may be seen side by side: each says all it knows.
        cls.template = cls.env["mail.template"].create(
            {
                "name": "All facts",
                "model_id": cls.env["ir.model"]._get_id("continuity.touchpoint"),
                "subject": "A word to {{ object.fact_customer }}",
                "body_html": "".join(
                    f'<p><t t-out="object.{name}"/></p>'
                    for name in cls.env["continuity.touchpoint"]._fields
                    if name.startswith("fact_")
                ),
                "continuity_lang": "en_US",
            }
        )

    def setUp(self):
        super().setUp()
        self.invoices = {self.covered: [], self.twin: []}

    @classmethod
    def _qr_params(cls, bank, method, amount, currency, debtor, words, reference):
        cls.payload = PAYLOAD.format(
            account=bank.acc_number,
            holder=bank.acc_holder_name or bank.partner_id.name,
            amount=amount,
            words=words,
            reference=reference,
        )
        return {"barcode_type": "QR", "value": cls.payload}

    # === What happens to both === #

    def _day(self, days=0):
        return fields.Date.to_string(fields.Date.today() + timedelta(days=days))

    def _invoice(self, amount):
        for customer in (self.covered, self.twin):
            # A day of its own for each, by which Odoo sorts them.
            day = self._day(len(self.invoices[customer]) - 10)
            move = self._bill(customer, amount, day, self._day(-1))
            self.invoices[customer].append(move)
            move.message_subscribe(self.buyers[customer].partner_id.ids)

    def _send(self):
        """Mail the last invoices as the salesperson's colleague in billing does."""
        for customer in (self.covered, self.twin):
            self.env["account.move.send"]._generate_and_send_invoices(
                self.invoices[customer][-1], sending_methods=["email"]
            )

    def _assignment(self, number):
        return self._assignments(self.invoices[self.covered][number])

    def _live(self):
        """Everything an agreement goes through, and what goes on meanwhile."""
        self._invoice(100)
        self._send()
        self._activate(self.agreement)
        self._invoice(200)
        self._send()
        for customer in (self.covered, self.twin):
            first, second = self.invoices[customer]
            self._pay(first, 40, self._day())
            self._credit(second, 30, self._day())
        manager = self.user_manager
        self._assignment(1).with_user(manager)._dispute("Wrong colour.")
        for customer in (self.covered, self.twin):
            first, second = self.invoices[customer]
            self._pay(first, 60, self._day())
            second.with_user(self.user_manager).message_post(
                body="Thank you for your patience.",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=self.buyers[customer].partner_id.ids,
            )
        turnovers = self.agreement.turnover_ids.with_user(manager)
        self.assertTrue(turnovers)
        turnovers.action_turned_over()
        self._assignment(1).with_user(manager).action_end_dispute()
        self._assignment(1).with_user(manager)._buy_back("Agreed with the factor.")
        self._assignment(1).with_user(manager).action_told()
        self._run_nightly()
        self._take(self._day())
        self.agreement.with_user(manager).read(["continuity_dso"])
        self.env["continuity.factoring.list"].with_user(manager).create(
            {"factoring_id": self.agreement.id}
        ).action_csv()
        self._merge()
        self._meet()
        self._write_letters()
        self._invoice(300)
        self._send()

    def _merge(self):
        for number, customer in enumerate((self.covered, self.twin), 1):
            double = self._create_customer(f"Double {number}")
            wizard = self.env["base.partner.merge.automatic.wizard"].create({})
            wizard._merge([customer.id, double.id], customer)

    def _meet(self):
        for customer in (self.covered, self.twin):
            self.env["calendar.event"].create(
                {
                    "name": "How are you?",
                    "start": f"{self._day(5)} 09:00:00",
                    "stop": f"{self._day(5)} 10:00:00",
                    "partner_ids": [
                        Command.set(self.buyers[customer].partner_id.ids),
                    ],
                }
            )

    def _write_letters(self):
        for customer in (self.covered, self.twin):
            relationship = self.env["continuity.relationship"]._ensure(
                self.company_a, customer
            )
            letter = self.env["continuity.touchpoint"]._plan(
                [
                    {
                        "name": "A letter",
                        "origin_model": relationship._name,
                        "origin_id": relationship.id,
                        "occurrence": "silence",
                        "relationship_id": relationship.id,
                        "partner_id": customer.id,
                        "contact_ids": self.buyers[customer].partner_id.ids,
                        "company_id": self.company_a.id,
                        "channel_ids": self.email_channel.ids,
                        "user_id": self.user_sales_a.id,
                        "date_due": fields.Date.today(),
                        "template_id": self.template.id,
                    }
                ]
            )
            letter._freeze()
        self._run()

    # === What they get hold of === #

    def _collect(self):
        """Return what each of both can get, by where they get it."""
        mails = self._leaving_mails()
        return {
            customer: {
                **mails[customer],
                **self._papers(customer),
                **self._pages(customer),
                **self._data(customer),
            }
            for customer in (self.covered, self.twin)
        }

    def _leaving_mails(self):
        with self._really_sending():
            self.env["mail.mail"].search([("state", "=", "outgoing")]).send()
        found = {}
        for customer in (self.covered, self.twin):
            addresses = {self.buyers[customer].email, customer.email}
            found[customer] = {}
            for message, (_sender, recipients, _text) in zip(
                self.sink.parsed(), self.sink.messages, strict=True
            ):
                if not addresses.intersection(recipients):
                    continue
                label = f"mail {len(found[customer]) + 1}"
                parts = [f"{name}: {value}" for name, value in message.items()]
                for part in message.walk():
                    parts += [f"{name}: {value}" for name, value in part.items()]
                    content = part.get_payload(decode=True) or b""
                    parts.append(content.decode("utf-8", "replace"))
                found[customer][label] = "\n".join(parts)
        return found

    def _papers(self, customer):
        """The invoices themselves, in each form."""
        found = {}
        report = self.env["ir.actions.report"]
        ubl = self.env["account.edi.xml.ubl_bis3"]
        for number, move in enumerate(self.invoices[customer]):
            html, _kind = report._render_qweb_html("account.account_invoices", move.ids)
            found[f"invoice {number}"] = html.decode()
            found[f"file name {number}"] = move._get_invoice_report_filename()
            type(self).payload = ""
            move._generate_qr_code()
            found[f"QR code {number}"] = self.payload
            tree, _errors = ubl._export_invoice(move)
            found[f"UBL {number}"] = etree.tostring(
                etree.fromstring(tree), pretty_print=True
            ).decode()
            files = self.env["ir.attachment"].search(
                [("res_model", "=", move._name), ("res_id", "=", move.id)]
            )
            found[f"attachments {number}"] = "\n".join(
                f"{file.name}: {(file.raw or b'').decode('utf-8', 'replace')}"
                for file in files.sorted("name")
            )
        return found

    def _pages(self, customer):
        buyer, found = self.buyers[customer], {}
        paths = [
            "/my",
            "/my/home",
            "/my/account",
            "/my/invoices",
            "/my/invoices/overdue",
            "/my/orders",
            "/my/continuity",
        ]
        for move in self.invoices[customer]:
            paths += [
                f"/my/invoices/{move.id}",
                f"/my/invoices/{move.id}?report_type=html",
                f"/my/invoices/{move.id}?report_type=text",
            ]
        letters = self.env["continuity.touchpoint"].search(
            [("partner_id", "=", customer.id), ("frozen_on", "!=", False)]
        )
        paths += [f"/my/continuity/{letter.id}" for letter in letters]
        self.authenticate(buyer.login, buyer.login)
        for path in paths:
            answer = self.url_open(path, timeout=60)
            label = normalised(path)
            while label in found:
                label += "+"
            found[label] = f"{answer.status_code}\n{answer.text}\n{answer.headers}"
        # Whoever has the link of an invoice needs no log-in.
        self.authenticate(None, None)
        self.opener.cookies.pop("session_id", None)
        for number, move in enumerate(self.invoices[customer]):
            link = move.get_portal_url()
            answer = self.url_open(link, timeout=60)
            found[f"link {number}"] = f"{answer.status_code}\n{answer.text}"
        return found

    def _data(self, customer):
        """What the customer's own log-in reads over RPC."""
        buyer = self.buyers[customer]
        self.authenticate(buyer.login, buyer.login)
        found = {}
        for model in self._readable(buyer):
            found[f"fields {model}"] = str(self._ask(model, "fields_get"))
            found[f"rows {model}"] = str(self._rows(buyer, model, customer))
        move = self.invoices[customer][1]
        found["chatter"] = str(
            self.make_jsonrpc_request(
                "/mail/thread/messages",
                {"thread_model": move._name, "thread_id": move.id},
                timeout=60,
            )
        )
        return found

    def _readable(self, buyer):
        """Return the models a customer may read."""
        names = []
        for name, model in self.env(user=buyer).items():
            if model._abstract or name.startswith(NOT_OWN):
                continue
            if model.has_access("read"):
                names.append(name)
        return sorted(names)

    def _ask(self, model, method, *args, **kwargs):
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
            timeout=60,
        )

    def _rows(self, buyer, model, customer):
        """Read every field of what the customer finds in a model; what both of them
        find is the same for both."""
        records = self.env(user=buyer)[model]
        try:
            records = records.search([], order="id", limit=60)
        except AccessError:
            return ""
        rows = []
        for name in sorted(records._fields):
            try:
                values = records.with_context(bin_size=True).read([name])
            except (AccessError, ValueError):
                continue
            rows.append(f"{name}: {[row.get(name) for row in values]}")
        return "\n".join(rows)
