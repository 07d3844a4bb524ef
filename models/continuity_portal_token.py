import hashlib
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, consteq

TOKEN_BYTES = 32
# What one link accepts within one window; a person needs a handful.
MAX_POSTS = 20
POST_WINDOW = "1 hour"


class ContinuityPortalToken(models.Model):
    """One secret link to the page of one touchpoint, for one person of the customer.

    Only the SHA-256 of the secret is stored, and nobody has access to this model: it
    is read and written by the methods here alone. A revoked link loses its hash, so
    nothing can bring it back.

    A link also stops working, without anything being written, while its contact is
    cancelled or has no frozen letter, while customer or person is archived, and when
    the person has gone to another customer.
    """

    _name = "continuity.portal.token"
    _description = "Link to the Customer's Page"
    _order = "id desc"

    touchpoint_id = fields.Many2one(
        "continuity.touchpoint", required=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Issued To",
        required=True,
        index=True,
        ondelete="cascade",
    )
    token_hash = fields.Char(copy=False)
    expires_on = fields.Datetime(required=True)
    revoked_on = fields.Datetime()
    revoked_by_id = fields.Many2one("res.users", ondelete="set null")
    window_start = fields.Datetime()
    window_posts = fields.Integer()

    _token_hash_uniq = models.UniqueIndex("(token_hash) WHERE token_hash IS NOT NULL")

    @api.model
    def _digest(self, secret):
        """Return the SHA-256 of a secret, as stored.

        :param str secret: whatever came with the address
        """
        return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

    @api.model
    def _issue(self, touchpoint, partner):
        """Make a link.

        :param touchpoint: one ``continuity.touchpoint``
        :param partner: the person it is for; the customer itself is allowed
        :return: the secret, which is kept nowhere
        :rtype: str
        """
        secret = secrets.token_urlsafe(TOKEN_BYTES)
        # Nobody may write this model but the methods of links, which check who asks.
        self.sudo().create(
            {
                "touchpoint_id": touchpoint.id,
                "partner_id": partner.id,
                "token_hash": self._digest(secret),
                "expires_on": self._expiry(touchpoint.company_id),
            }
        )
        return secret

    @api.model
    def _expiry(self, company):
        """Return until when a link made or extended now is valid, UTC."""
        days = company.sudo().continuity_portal_days
        return fields.Datetime.now() + timedelta(days=days)

    @api.model
    def _find_valid(self, secret):
        """Return the link a secret opens.

        Unknown, malformed, expired, revoked: the caller cannot tell them apart, and
        all take the same steps.

        :param str secret: whatever came with the address
        :return: the link, with superuser rights, or an empty recordset
        :rtype: continuity.portal.token
        """
        digest = self._digest(secret)
        # The secret is what gives access; without it nothing is found.
        token = self.sudo().search([("token_hash", "=", digest)], limit=1)
        same = consteq(token.token_hash or "0" * len(digest), digest)
        return token if same and token._is_valid() else token.browse()

    def _is_valid(self):
        """Tell whether the link works now."""
        self.ensure_one()
        touchpoint, customer = self.touchpoint_id, self.touchpoint_id.partner_id
        return bool(
            self.token_hash
            and self.expires_on > fields.Datetime.now()
            and touchpoint._has_portal_page()
            and customer.active
            and self.partner_id.active
            and self.partner_id.commercial_partner_id == customer.commercial_partner_id
        )

    def _revoke(self):
        """Let links never work again."""
        self.filtered("token_hash").write(
            {
                "token_hash": False,
                "revoked_on": fields.Datetime.now(),
                "revoked_by_id": self.env.uid,
            }
        )

    def _count_post(self):
        """Count one answer sent over this link.

        Answers over one link take their turns here: the second of two at the same
        moment is refused by the database and then tried again by Odoo.

        :return: whether it is still within the limit
        :rtype: bool
        """
        self.ensure_one()
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_portal_token
                      SET window_posts = CASE WHEN %(fresh)s THEN 1
                                              ELSE window_posts + 1 END,
                          window_start = CASE WHEN %(fresh)s THEN %(now)s
                                              ELSE window_start END
                    WHERE id = %(id)s
                RETURNING window_posts""",
                fresh=SQL(
                    "(window_start IS NULL OR window_start <= %s - %s::interval)",
                    now,
                    POST_WINDOW,
                ),
                now=now,
                id=self.id,
            ),
            log_exceptions=False,
        )
        [posts] = self.env.cr.fetchone()
        self.invalidate_recordset(["window_posts", "window_start"], flush=False)
        return posts <= MAX_POSTS
