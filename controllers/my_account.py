from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..tools.rate_limiter import RateLimiter
from .portal import MAX_CONTENT_LENGTH, PortalPageMixin

# Answers of one account; whoever logs in is known, so memory is enough.
ANSWERS = RateLimiter(limit=60, seconds=3600)


class ContinuityCustomerPortal(PortalPageMixin, CustomerPortal):
    """The customer's letters under "My Account".

    Portal users have no access to touchpoints. Each route reads with superuser
    rights exactly what ``continuity.touchpoint._portal_domain`` lets this user see.
    """

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "continuity_count" in counters:
            touchpoints, domain = self._my_letters()
            values["continuity_count"] = touchpoints.search_count(domain)
        return values

    def _my_letters(self):
        """Return the model, with superuser rights, and what this user may see of it.

        :rtype: tuple
        """
        touchpoints = request.env["continuity.touchpoint"].sudo()
        return touchpoints, touchpoints._portal_domain(request.env.user)

    def _my_letter(self, touchpoint_id):
        """Return one letter this user may see, or none."""
        touchpoints, domain = self._my_letters()
        return touchpoints.search([("id", "=", touchpoint_id), *domain], limit=1)

    def _my_values(self, touchpoint):
        return {
            "base_url": f"/my/continuity/{touchpoint.id}",
            "layout": "account",
            "page_name": "continuity_letter",
        }

    @http.route(
        ["/my/continuity", "/my/continuity/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        sitemap=False,
        methods=["GET"],
    )
    def my_continuity(self, page=1, **_kwargs):
        """List the letters, newest first."""
        touchpoints, domain = self._my_letters()
        pager = portal_pager(
            url="/my/continuity",
            total=touchpoints.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        letters = touchpoints.search(
            domain,
            order="released_on desc, id desc",
            limit=self._items_per_page,
            offset=pager["offset"],
        )
        return request.render(
            "customer_continuity.portal_my_letters",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "continuity",
                "default_url": "/my/continuity",
                "pager": pager,
                "letters": [letter._portal_list_values() for letter in letters],
            },
        )

    @http.route(
        "/my/continuity/<int:touchpoint_id>",
        type="http",
        auth="user",
        website=True,
        sitemap=False,
        methods=["GET"],
    )
    def my_continuity_letter(self, touchpoint_id, **_kwargs):
        """Show one letter."""
        touchpoint = self._my_letter(touchpoint_id)
        if not touchpoint:
            return self._unavailable()
        self._choose_language(None)
        return self._letter_page(
            touchpoint, request.env.user.partner_id, **self._my_values(touchpoint)
        )

    @http.route(
        "/my/continuity/<int:touchpoint_id>/<string:action>",
        type="http",
        auth="user",
        website=True,
        sitemap=False,
        methods=["GET", "POST"],
        max_content_length=MAX_CONTENT_LENGTH,
    )
    def my_continuity_act(self, touchpoint_id, action, **post):
        """Do what a button of the page asks for; anything but POST shows the page."""
        if request.httprequest.method != "POST":
            return self.my_continuity_letter(touchpoint_id)
        touchpoint = self._my_letter(touchpoint_id)
        if not touchpoint or action not in touchpoint._portal_actions():
            return self._unavailable()
        if ANSWERS.exceeded(request.env.uid):
            return self._too_many()
        ANSWERS.hit(request.env.uid)
        self._choose_language(None)
        return self._act(
            touchpoint,
            request.env.user.partner_id,
            action,
            post,
            **self._my_values(touchpoint),
        )
