import base64
import io

from PIL import Image, ImageDraw
from reportlab.pdfgen import canvas

from odoo import fields
from odoo.tools.pdf import PdfWriter

from .common_dissolution import DissolutionCommon

DECIDED = "2027-02-15"


def text_pdf(text):
    """A PDF with words on it."""
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer)
    for number, line in enumerate(text.splitlines()):
        page.drawString(50, 750 - 20 * number, line)
    page.save()
    return buffer.getvalue()


def blank_pdf():
    """A PDF of one empty page."""
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def scanned_pdf(text=None):
    """A PDF of one picture: of a white page, or of one with something on it."""
    image = Image.new("L", (600, 800), 255)
    if text:
        ImageDraw.Draw(image).text((60, 60), text, fill=0)
    buffer = io.BytesIO()
    image.save(buffer, "PDF")
    return buffer.getvalue()


class TransferCommon(DissolutionCommon):
    """Everything in order for customer 1 to go to ``provider``: each test takes one
    thing away.

    ========================  ==================================================
    attribute                 what it is
    ========================  ==================================================
    ``provider``              fits; has signed all three papers
    ``provider_2``            fits less; has signed nothing
    ``exporter``              ``user_all``: named for exports
    ``transfer``              of customer 1: agreed, both consents given, notice
                              posted; nothing bars the export
    ========================  ==================================================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.country_id = cls.env.ref("base.jp")
        cls.industry = cls.env["res.partner.industry"].create({"name": "Printing"})
        cls.customer_1.write(
            {
                "industry_id": cls.industry.id,
                "country_id": cls.env.ref("base.jp").id,
                "continuity_preferences": "Clears goods through Yamato brokers",
                "email": "one@customer.example.com",
            }
        )
        cls.provider = cls._create_provider(
            "Provider One",
            industry_ids=[fields.Command.set(cls.industry.ids)],
            partner_words="Yamato brokers, Osaka\nNorth Bank",
        )
        cls.provider_2 = cls._create_provider("Provider Two")
        for kind in ("confidentiality", "continuation"):
            cls._create_document(kind)
        cls.commitment = cls._create_document("commitment", cls.customer_1)
        cls.exporter = cls.user_all
        cls.campaign.sudo().export_user_ids = cls.exporter
        cls._start()
        cls.notice = cls._create_notice(cls.line_1)
        cls.transfer = cls.line_1.sudo()._propose_transfer(cls.provider)
        cls.transfer = cls.transfer.with_env(cls.env)
        for kind in ("contract", "data"):
            cls._answer(kind, "given")

    def setUp(self):
        super().setUp()
        self._dates(decision=DECIDED)

    @classmethod
    def _create_provider(cls, name, **values):
        partner = cls._create_customer(
            name, country_id=cls.env.ref("base.jp").id, phone="+81 3 5555 0000"
        )
        return cls.env["continuity.provider"].create(
            {
                "partner_id": partner.id,
                "offer": f"What {name} offers",
                "company_ids": [fields.Command.set(cls.company_a.ids)],
                **values,
            }
        )

    @classmethod
    def _create_document(cls, kind, partner=None, content=None, **values):
        names = partner.name if partner else "all customers"
        content = content or text_pdf(f"{kind} of Provider One\nfor {names}\nsigned")
        return cls.env["continuity.provider.document"].create(
            {
                "provider_id": cls.provider.id,
                "company_id": cls.company_a.id,
                "kind": kind,
                "partner_id": partner.id if partner else False,
                "file": base64.b64encode(content),
                "file_name": f"{kind}.pdf",
                "signed_on": "2027-02-20",
                "expires_on": "2028-02-20",
                **values,
            }
        )

    @classmethod
    def _create_notice(cls, line, outcome="posted"):
        """A notice to a customer that was posted, or came back."""
        channel = cls.env.ref("customer_continuity.channel_letter")
        notice = cls.env["continuity.touchpoint"]._plan(
            [
                line._prepare_touchpoint_values(
                    "test:notice",
                    channel,
                    name="Notice",
                    user_id=line.user_id.id,
                    date_due=fields.Date.today(),
                    purpose="dissolution",
                )
            ]
        )
        cls._deliver(notice, outcome)
        return notice

    @classmethod
    def _deliver(cls, notice, outcome):
        """Note what became of a notice, as the sending does."""
        notice = notice.sudo()
        cls.env["continuity.touchpoint.attempt"].sudo().create(
            {
                "touchpoint_id": notice.id,
                "channel_id": notice.channel_id.id,
                "user_id": notice.user_id.id,
                "outcome": outcome,
            }
        )
        done = outcome in ("sent", "posted")
        notice.write({"state": "done" if done else "tried", "outcome": outcome})

    @classmethod
    def _answer(cls, kind, answer, transfer=None):
        return (
            (transfer or cls.transfer)
            .sudo()
            ._record_consent(kind, answer, "Ms Mori", "written", "Letter of 1 March")
        )

    def _problems(self, user=None, transfer=None):
        """What stands in the way of handing the data over, one per line."""
        transfer = transfer or self.transfer
        transfer.invalidate_recordset()
        return "\n".join(transfer._export_problems(user or self.exporter))

    def _export(self, user=None):
        """Hand the data over as a client does; return the packages."""
        self._rpc(user or self.exporter, self.transfer, "action_export")
        return self.env["continuity.export.package"].search(
            [("transfer_id", "=", self.transfer.id)]
        )
