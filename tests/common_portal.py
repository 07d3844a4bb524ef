from lxml import html

from odoo import fields
from odoo.tests import HttpCase

from ..controllers.my_account import ANSWERS
from ..controllers.portal import WRONG_TRIES
from .common import ContinuityCommon

BODY = "<p>Dear Sir, from April on <b>Ms Tanaka</b> looks after you.</p>"


class PortalCommon(ContinuityCommon, HttpCase):
    """A letter of ``user_sales_a`` to ``contact_1`` of ``customer_1``, that has been
    released and sent, with the link to its page.

    ========================  ==================================================
    attribute                 what it is
    ========================  ==================================================
    ``touchpoint``            the contact with the letter
    ``link``                  path of its page, for ``contact_1``
    ========================  ==================================================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(WRONG_TRIES.clear)
        cls.addClassCleanup(ANSWERS.clear)
        cls.contact_1.write({"name": "Ms Contact", "email": "contact@example.com"})
        cls.user_sales_a.partner_id.write(
            {"phone": "+81 3 1111 2222", "function": "Key Accounts"}
        )
        cls.user_sales_a.notification_type = "inbox"
        cls.touchpoint = cls._create_letter()
        cls.link = cls._issue(cls.touchpoint)

    def setUp(self):
        super().setUp()
        WRONG_TRIES.clear()
        ANSWERS.clear()

    @classmethod
    def _create_letter(cls, partner=None, company=None, sent=True, **values):
        """A released letter, as the code that freezes letters leaves it."""
        partner = partner or cls.customer_1
        company = company or cls.company_a
        relationship = cls.env["continuity.relationship"]._ensure(company, partner)
        channel = cls.env.ref("customer_continuity.channel_email")
        touchpoint = cls.env["continuity.touchpoint"]._plan(
            [
                {
                    "name": "Internal title: soothe them",
                    "origin_model": relationship._name,
                    "origin_id": relationship.id,
                    "occurrence": f"letter:{cls.env['ir.sequence'].search_count([])}:"
                    f"{cls.env['continuity.touchpoint'].search_count([])}",
                    "relationship_id": relationship.id,
                    "partner_id": partner.id,
                    "contact_ids": partner.child_ids.sorted("id")[:1].ids,
                    "company_id": company.id,
                    "channel_ids": channel.ids,
                    "user_id": cls.user_sales_a.id,
                    "date_due": fields.Date.today(),
                    "letter_subject": "A new contact for you",
                    "letter_body": BODY,
                    "letter_lang": "en_US",
                    "signer_id": cls.user_sales_a.id,
                    "frozen_on": fields.Datetime.now(),
                    "released_on": fields.Datetime.now(),
                    **values,
                }
            ]
        )
        if sent:
            cls.env["continuity.touchpoint.attempt"].create(
                {
                    "touchpoint_id": touchpoint.id,
                    "channel_id": channel.id,
                    "user_id": cls.user_sales_a.id,
                    "outcome": "sent",
                }
            )
        return touchpoint

    @classmethod
    def _issue(cls, touchpoint, partner=None):
        """Make a link, and return its path."""
        url = touchpoint._issue_portal_link(partner)
        return url.removeprefix(touchpoint.get_base_url())

    def _tokens(self, touchpoint=None):
        return self.env["continuity.portal.token"].search(
            [("touchpoint_id", "=", (touchpoint or self.touchpoint).id)]
        )

    def _stranger(self):
        """Forget every cookie of a log-in, as somebody does who opens a letter."""
        self.authenticate(None, None)
        self.opener.cookies.pop("session_id", None)

    def _csrf(self, path):
        """Open a page as a person does, and return the token of its forms."""
        page = html.fromstring(self.url_open(path).content)
        return page.xpath("//input[@name='csrf_token']/@value")[0]

    def _press(self, action, path=None, **form):
        """Open the page, fill in a form and send it."""
        path = path or self.link
        if "csrf_token" not in form:
            form["csrf_token"] = self._csrf(path)
        return self.url_open(f"{path}/{action}", data=form)

    def _answers(self, touchpoint=None):
        return self.env["continuity.portal.answer"].search(
            [("touchpoint_id", "=", (touchpoint or self.touchpoint).id)]
        )
