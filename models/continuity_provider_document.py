import base64
import hashlib
import unicodedata

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.pdf_content import BLANK, NOT_PDF, READABLE, SCANNED, UNREADABLE, read_pdf

KINDS = [
    ("continuation", "Continuation clause"),
    ("commitment", "Letter of commitment"),
    ("confidentiality", "Confidentiality agreement"),
    ("other", "Other"),
]


def _plain(text):
    """Return a text without what is written differently in names: spaces, case and
    punctuation."""
    text = unicodedata.normalize("NFKC", text or "").casefold()
    return "".join(character for character in text if character.isalnum())


class ContinuityProviderDocument(models.Model):
    """A paper a provider signed, without which it gets no customer's data (D6).

    ===============  ==========================================================
    kind             means
    ===============  ==========================================================
    continuation     the level of service goes on (服务标准延续条款)
    commitment       addressed to one customer (服务承诺函, 確約書)
    confidentiality  signed before any data leaves (数据保密协议)
    other            anything else worth keeping
    ===============  ==========================================================

    The file is looked into when it is stored: what is no PDF, cannot be read, or is
    blank counts as missing. The fingerprint of what was looked at is kept; a file that
    no longer has it does not count either.
    """

    _name = "continuity.provider.document"
    _description = "Provider's Document"
    _inherit = ["continuity.guarded.mixin"]
    _order = "kind, signed_on desc, id desc"
    _check_company_auto = True
    _guarded_fields = frozenset(
        {"sha256", "content", "confirmed_by_id", "confirmed_on", "addressee_named"}
    )

    provider_id = fields.Many2one(
        "continuity.provider", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company",
        string="Agreed With",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="The company of ours it was signed for; it counts for no other.",
    )
    kind = fields.Selection(KINDS, required=True, default="confidentiality")
    partner_id = fields.Many2one(
        "res.partner",
        string="Addressed To",
        index="btree_not_null",
        ondelete="restrict",
        help="A letter of commitment is addressed to one customer and counts for no "
        "other.",
    )
    file = fields.Binary(attachment=True, required=True)
    file_name = fields.Char()
    signed_on = fields.Date(help="Not signed: it does not count.")
    signatory = fields.Char(string="Signed for Them By")
    starts_on = fields.Date(
        string="Valid From", help="Empty: from the day it was signed."
    )
    expires_on = fields.Date(string="Valid Until", help="Empty: without end.")
    sha256 = fields.Char(
        string="Fingerprint", compute="_compute_content", store=True, readonly=True
    )
    content = fields.Selection(
        [
            (NOT_PDF, "No PDF"),
            (UNREADABLE, "Cannot be read"),
            (BLANK, "Blank"),
            (READABLE, "Text"),
            (SCANNED, "Scanned"),
        ],
        compute="_compute_content",
        store=True,
        readonly=True,
    )
    addressee_named = fields.Boolean(
        compute="_compute_content",
        store=True,
        readonly=True,
        help="The name of the customer it is addressed to stands in its text.",
    )
    confirmed_by_id = fields.Many2one(
        "res.users",
        string="Addressee Confirmed By",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    confirmed_on = fields.Datetime(readonly=True, copy=False)
    problem = fields.Text(compute="_compute_problem", string="What Is Wrong")
    addressee_known = fields.Boolean(
        compute="_compute_addressee_known",
        search="_search_addressee_known",
        string="Addressee in a Campaign One Sees",
    )

    _dates = models.Constraint(
        "CHECK(expires_on IS NULL OR starts_on IS NULL OR expires_on >= starts_on)",
        "The document ends before it begins: correct one of the dates.",
    )

    @api.depends("provider_id", "kind", "partner_id")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for document in self:
            names = [
                kinds.get(document.kind),
                document.provider_id.display_name,
                document.partner_id.display_name,
            ]
            document.display_name = " · ".join(filter(None, names))

    @api.depends("file", "partner_id", "partner_id.name")
    def _compute_content(self):
        for document in self:
            content = document._file_content()
            document.sha256 = hashlib.sha256(content).hexdigest() if content else False
            found = read_pdf(content) if content else None
            document.content = found.kind if found else False
            name = _plain(document.partner_id.name)
            document.addressee_named = bool(
                found and name and name in _plain(found.text)
            )

    @api.depends("partner_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_addressee_known(self):
        known = self.sudo().search(
            [("id", "in", self.ids), ("addressee_known", "=", True)]
        )
        for document in self:
            document.addressee_known = document._origin in known

    @api.model
    def _search_addressee_known(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        # The record rules of these customers decide, whoever asks with which rights.
        lines = self.env["continuity.dissolution.customer"].with_user(self.env.uid)
        customers = lines._search([]).subselect("partner_id")
        return [("partner_id", "in", customers)]

    def _file_content(self):
        """Return the bytes of the file.

        :rtype: bytes
        """
        self.ensure_one()
        return base64.b64decode(self.with_context(bin_size=False).file or b"")

    @api.depends(
        "sha256", "content", "addressee_named", "confirmed_on", "signed_on", "kind"
    )
    @api.depends("starts_on", "expires_on", "partner_id")
    def _compute_problem(self):
        today = fields.Date.context_today(self)
        for document in self:
            document.problem = "\n".join(document._problems(today))

    @api.constrains("kind", "partner_id")
    def _check_addressee(self):
        for document in self:
            if document.kind == "commitment" and not document.partner_id:
                raise ValidationError(
                    self.env._(
                        "A letter of commitment is addressed to one customer: name it."
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        # What was confirmed was this file for this customer.
        if {"file", "partner_id", "kind"} & vals.keys():
            self.sudo().write({"confirmed_by_id": False, "confirmed_on": False})
        return result

    # === WHAT IS WRONG WITH IT === #

    def _of_company(self, company):
        """Return those signed for a company of ours; every other one, and one without
        a company, counts for nothing here."""
        return self.filtered(lambda document: document.company_id == company)

    def _problems(self, day, partner=None):
        """Say why this document does not count on a day.

        :param date day: on which
        :param partner: the customer (``res.partner``) a letter of commitment has to be
            addressed to, if one
        :return: sentences; empty when it counts
        :rtype: list[str]
        """
        self.ensure_one()
        name = self.display_name
        problems = []
        if not self.sha256:
            problems.append(self.env._("%s has no file: add it as a PDF.", name))
        elif hashlib.sha256(self._file_content()).hexdigest() != self.sha256:
            problems.append(
                self.env._("%s is not the file that was added: add it again.", name)
            )
        problems += self._content_problems(name)
        if not self.signed_on:
            problems.append(
                self.env._("%s is not signed: enter when it was signed.", name)
            )
        starts_on = self.starts_on or self.signed_on
        if starts_on and starts_on > day:
            problems.append(self.env._("%s is not valid yet.", name))
        if self.expires_on and self.expires_on < day:
            problems.append(self.env._("%s has expired: have it signed again.", name))
        return problems + self._addressee_problems(name, partner)

    def _content_problems(self, name):
        return {
            NOT_PDF: [self.env._("%s is no PDF: add it as one.", name)],
            UNREADABLE: [self.env._("%s cannot be read: have it scanned again.", name)],
            BLANK: [
                self.env._(
                    "%s is blank: nothing can be read or seen in the file.", name
                )
            ],
        }.get(self.content, [])

    def _addressee_problems(self, name, partner):
        """Say why a letter of commitment is not addressed to a customer."""
        if self.kind != "commitment":
            return []
        problems = []
        if partner and self.partner_id.commercial_partner_id != partner:
            problems.append(
                self.env._(
                    "%(document)s is addressed to somebody else than %(customer)s.",
                    document=name,
                    customer=partner.display_name,
                )
            )
        if (
            self.content == READABLE
            and not self.addressee_named
            and not self.confirmed_on
        ):
            problems.append(
                self.env._(
                    "%(document)s does not name %(customer)s in its text: a manager "
                    "reads it and confirms to whom it is addressed.",
                    document=name,
                    customer=self.partner_id.display_name,
                )
            )
        twins = self.sudo().search(
            [
                ("sha256", "!=", False),
                ("sha256", "=", self.sha256),
                ("kind", "=", "commitment"),
                ("partner_id", "!=", self.partner_id.id),
            ],
            limit=1,
        )
        if twins:
            problems.append(
                self.env._(
                    "%s is the same file as the letter to another customer: each "
                    "customer gets one of their own.",
                    name,
                )
            )
        return problems

    def _best_problems(self, kind, day, provider, partner=None):
        """Say why none of these documents is a valid one of a kind; nothing when one
        is.

        :param str kind: technical value of the kind
        :param date day: on which
        :param provider: whose documents they are, for the text when there is none
        :param partner: the customer a letter of commitment is for
        :rtype: list[str]
        """
        documents = self.filtered(lambda document: document.kind == kind)
        if kind == "commitment" and partner:
            own = documents.filtered(
                lambda d: d.partner_id.commercial_partner_id == partner
            )
            documents = own or documents
        problems = [document._problems(day, partner) for document in documents]
        if not problems:
            kinds = dict(self._fields["kind"]._description_selection(self.env))
            return [
                self.env._(
                    "%(provider)s has signed no “%(kind)s” for this company.",
                    provider=provider.display_name,
                    kind=kinds[kind],
                )
            ]
        return min(problems, key=len)

    # === ACTIONS === #

    def action_confirm_addressee(self):
        """Keep that a manager read the letter and found it addressed as it says.

        :raise AccessError: unless the user may change documents
        :raise UserError: when there is nothing to confirm
        """
        self.check_access("write")
        for document in self:
            if document.kind != "commitment" or not document.sha256:
                raise UserError(
                    self.env._(
                        "Only a letter of commitment with a file has an addressee to "
                        "confirm."
                    )
                )
        # Guarded: recorded here, for who has just been checked.
        self.sudo().write(
            {
                "confirmed_by_id": self.env.uid,
                "confirmed_on": fields.Datetime.now(),
            }
        )
