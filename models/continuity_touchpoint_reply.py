import logging
from datetime import timedelta

from lxml import html

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, email_normalize, html2plaintext, html_sanitize

_logger = logging.getLogger(__name__)


class ContinuityTouchpoint(models.Model):
    """What people and their machines write back: replies and absence notes.

    They belong to the touchpoint whose letter they answer, whoever wrote them and
    whoever else uses the same address. Bounces: ``continuity_touchpoint_bounce.py``.
    """

    _name = "continuity.touchpoint"
    _inherit = ["continuity.touchpoint", "mail.thread"]

    _guarded_fields = frozenset({"replied_on"})

    replied_on = fields.Datetime(
        string="Answered On",
        readonly=True,
        copy=False,
        help="When a person of the customer answered the letter last.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        # Planned by the thousand: nobody follows one, and it has no history yet.
        quiet = self.with_context(tracking_disable=True)
        return super(ContinuityTouchpoint, quiet).create(vals_list).with_env(self.env)

    # === REPLIES === #

    def message_update(self, msg_dict, update_vals=None):
        """Odoo's hook for a mail that answers a record."""
        for touchpoint in self.sudo():
            touchpoint._receive_reply(msg_dict)
        return super().message_update(msg_dict, update_vals)

    def _receive_reply(self, msg_dict):
        """Give a reply its author, its readers and, if a person wrote it, its place
        in the ledger and among the concerns.

        :param dict msg_dict: of Odoo's mail gateway; its author is set, and an
            automatic reply made a note nobody is disturbed by
        """
        self.ensure_one()
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or ())
        if author and not author.partner_share:
            return  # a colleague
        person = self._find_writer(msg_dict.get("email_from"))
        msg_dict["author_id"] = person.id
        if msg_dict.get("message_type") != "email":
            msg_dict["is_internal"] = True
            msg_dict.pop("parent_id", None)
            return
        self.message_subscribe((self.signer_id | self.user_id).partner_id.ids)
        self.replied_on = fields.Datetime.now()
        words = self._own_words(msg_dict)
        if words:
            self._raise_reply_concern(words, person)

    def _raise_reply_concern(self, words, person):
        """Make a concern of a reply; where that fails, the reply is kept all the
        same: the gateway would throw it away."""
        try:
            with self.env.cr.savepoint():
                self.env["continuity.concern"]._raise_concern(
                    touchpoint=self,
                    kind="question",
                    question=words,
                    source="mail",
                    contact=person,
                )
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("No concern could be made of a reply to %s", self)

    def _find_writer(self, email_from):
        """Return the person of this customer who writes from an address, if any."""
        address = email_normalize(email_from or "")
        if not address:
            return self.env["res.partner"]
        people = self.contact_ids | self.partner_id
        known = people.filtered(lambda p: p.email_normalized == address)
        return known[:1] or self.env["res.partner"].search(
            [
                ("id", "child_of", self.partner_id.commercial_partner_id.id),
                ("email_normalized", "=", address),
            ],
            limit=1,
        )

    def _own_words(self, msg_dict):
        """Return what the customer wrote, without the letter they quote."""
        body = html_sanitize(msg_dict.get("body") or "")
        if not body:
            return ""
        tree = html.fragment_fromstring(str(body), create_parent="div")
        for quoted in tree.xpath("//*[@data-o-mail-quote or @data-o-mail-quote-node]"):
            if quoted.getparent() is not None:
                quoted.drop_tree()
        return html2plaintext(html.tostring(tree, encoding="unicode")).strip()


class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    def _refresh_sql_contacts(self, company, today, scope):
        """An answer to a letter counts for the customer it was written to, whoever
        uses the address it came from."""
        answered = SQL(
            """
    SELECT p.commercial_partner_id, MAX(t.replied_on)::date
      FROM continuity_touchpoint t
      JOIN res_partner p ON p.id = t.partner_id
     WHERE t.replied_on < %(tomorrow)s AND t.company_id = %(company)s %(scope)s
  GROUP BY p.commercial_partner_id""",
            company=company.id,
            tomorrow=today + timedelta(days=1),
            scope=scope,
        )
        return [*super()._refresh_sql_contacts(company, today, scope), answered]
