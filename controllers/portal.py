import logging

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.continuity_touchpoint_portal_actions import AnswerError
from ..tools.rate_limiter import RateLimiter, address_key

_logger = logging.getLogger(__name__)

# Wrong addresses tried from one network before it has to wait.
WRONG_TRIES = RateLimiter(limit=30, seconds=300)
# What a form with texts of the permitted length can need, several times over.
MAX_CONTENT_LENGTH = 64 * 1024
# The page is read by the person it was sent to, and by nobody and nothing else.
HEADERS = {
    "Cache-Control": "no-store, private",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'; form-action 'self'; "
    "base-uri 'self'; object-src 'none'",
}


class PortalPageMixin:
    """What the page by link and the page under "My Account" have in common."""

    def _choose_language(self, preferred):
        """Show the page in a language, for this request alone.

        :param str preferred: code of a language, when the address names none
        """
        installed = dict(request.env["res.lang"].get_installed())
        wanted = request.httprequest.args.get("lang")
        lang = next((code for code in (wanted, preferred) if code in installed), None)
        if lang:
            request.update_context(lang=lang)

    def _languages(self):
        """Return the languages to choose from: code, tag and own name."""
        return [
            {
                "code": code,
                "tag": code.replace("_", "-"),
                "name": name.rpartition(" / ")[2],
            }
            for code, name in request.env["res.lang"].get_installed()
        ]

    def _page(self, template, status=200, **values):
        """Return a page with the headers all of them carry.

        :param str template: xmlid
        :param int status: HTTP status
        :param values: of the template
        """
        # Name and logo of the page; a visitor without log-in may not read companies.
        company = values.pop("res_company", None) or request.env.company.sudo()
        lang = request.env.lang or "en_US"
        response = request.render(
            template,
            {
                "res_company": company,
                "languages": self._languages(),
                "lang_code": lang,
                "html_data": {"lang": lang.replace("_", "-")},
                **values,
            },
            status=status,
        )
        response.headers.update(HEADERS)
        return response

    def _unavailable(self):
        """The one answer to whatever does not open a page, whyever it does not."""
        return self._page("customer_continuity.portal_unavailable", status=404)

    def _too_many(self):
        """The answer to too many tries."""
        text = request.env._(
            "Too many attempts. Please wait a few minutes, then try again, or call the "
            "person who wrote to you."
        )
        return request.make_response(
            text,
            headers={
                **HEADERS,
                "Content-Type": "text/plain; charset=utf-8",
                "Retry-After": "300",
            },
            status=429,
        )

    def _letter_page(self, touchpoint, contact, status=200, **values):
        """Return the page of a letter.

        :param touchpoint: ``continuity.touchpoint``
        :param contact: ``res.partner`` whose page it is
        :param values: base_url, layout; error, action and form of a refused answer
        """
        form = values.pop("form", {})
        # No superuser record goes into the template, only what the page may show.
        # Found by its link, or among the visitor's own letters: this one alone, in
        # the visitor's language.
        touchpoint = touchpoint.with_env(request.env).sudo()
        contact = contact.with_env(request.env).sudo()
        company = touchpoint.company_id
        may_act = not request.env.user._is_internal()
        letter = touchpoint._portal_values(contact, values["base_url"])
        return self._page(
            "customer_continuity.portal_letter_page",
            status,
            res_company=company,
            letter=letter,
            entered=self._entered(letter, values.get("action"), form),
            slots=touchpoint._portal_slots(contact) if may_act else {},
            may_act=may_act,
            **{"error": "", "action": "", **values},
        )

    def _entered(self, letter, action, form):
        """Return what stands in the fields of each form: what is known already, and
        in the form that was refused what the customer has entered.

        :param dict letter: see ``continuity.touchpoint._portal_values``
        :rtype: dict
        """
        entered = {
            "acknowledge": {"name": letter["contact"]},
            "ask": {"kind": "question", "text": ""},
            "choose_time": {"text": ""},
            "call_me": {"phone": letter["phone"], "when": ""},
            "wrong_person": {"text": ""},
            "rate": {"rating": str(letter["rating"] or ""), "text": ""},
        }
        for process_form in letter["forms"]:
            chosen = [
                o["value"] for o in process_form.get("options", ()) if o["checked"]
            ]
            entered[process_form["action"]] = {
                "choice": chosen[0] if chosen else "",
                "text": "",
            }
        for name in entered.get(action, ()):
            entered[action][name] = form.get(name, "")
        return entered

    def _act(self, touchpoint, contact, action, post, **values):
        """Do what a button asks for and say what happens next.

        :param str action: name of the button
        :param dict post: what was entered
        :param values: base_url, layout
        """
        # Found by its link, or among the visitor's own letters: this one alone.
        touchpoint = touchpoint.with_env(request.env).sudo()
        contact = contact.with_env(request.env).sudo()
        if request.env.user._is_internal():
            return self._letter_page(touchpoint, contact, 403, **values)
        try:
            # What was begun is undone: pages without success leave nothing behind.
            with request.env.cr.savepoint():
                answer = touchpoint._portal_act(action, contact, post)
        except UserError as error:
            text = request.env._(
                "This did not work, and nothing was recorded. Please call %s.",
                touchpoint._portal_values(contact)["writer"]["name"],
            )
            if isinstance(error, AnswerError):
                text = error.args[0]
            else:
                # Its words are meant for colleagues.
                _logger.exception("Answer to touchpoint %s failed", touchpoint.id)
            form = {key: text for key, text in post.items() if isinstance(text, str)}
            return self._letter_page(
                touchpoint,
                contact,
                422,
                error=text,
                action=action,
                form=form,
                **values,
            )
        return self._page(
            "customer_continuity.portal_confirmation",
            res_company=touchpoint.company_id,
            letter=touchpoint._portal_values(contact),
            action=action,
            detail=answer.detail or "",
            deadline=touchpoint._portal_date(answer.deadline),
            confirmation=touchpoint._portal_confirmation(answer),
            **values,
        )


class ContinuityPortal(PortalPageMixin, http.Controller):
    """The customer's page behind the link in a letter, without log-in.

    Reading writes nothing, neither to the database nor to the session on disk (I9):
    mail scanners open every link. Acting needs a form sent by POST.
    """

    def _open(self, secret):
        """Return the link a secret opens, and count those that open nothing.

        :param str secret: last part of the address
        :return: ``continuity.portal.token``, empty when it opens nothing
        """
        token = request.env["continuity.portal.token"]._find_valid(secret)
        if not token:
            WRONG_TRIES.hit(self._address())
        return token

    def _address(self):
        return address_key(request.httprequest.remote_addr)

    def _leave_session_alone(self):
        """Write no session: a new visitor's is known by its cookie alone, and one of
        somebody logged in is kept as it is."""
        if request.session.uid:
            request.session.can_save = False
        request.session.is_dirty = False

    def _link_values(self, secret):
        return {"base_url": f"/continuity/{secret}", "layout": "link"}

    @http.route(
        "/continuity/<string:secret>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
    )
    def continuity_page(self, secret, **_kwargs):
        """Show the page of a letter; HEAD and OPTIONS get the same."""
        self._leave_session_alone()
        if WRONG_TRIES.exceeded(self._address()):
            return self._too_many()
        token = self._open(secret)
        if not token:
            self._choose_language(None)
            return self._unavailable()
        self._choose_language(token.touchpoint_id.letter_lang)
        return self._letter_page(
            token.touchpoint_id, token.partner_id, **self._link_values(secret)
        )

    @http.route(
        "/continuity/<string:secret>/<string:action>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET", "POST"],
        max_content_length=MAX_CONTENT_LENGTH,
    )
    def continuity_act(self, secret, action, **post):
        """Do what a button of the page asks for.

        Anything but POST shows the page: OPTIONS comes here too, and Odoo asks no
        CSRF token of it.
        """
        if request.httprequest.method != "POST":
            return self.continuity_page(secret)
        if WRONG_TRIES.exceeded(self._address()):
            return self._too_many()
        token = self._open(secret)
        touchpoint = token.touchpoint_id
        if not token or action not in touchpoint._portal_actions():
            self._choose_language(None)
            return self._unavailable()
        self._choose_language(touchpoint.letter_lang)
        if not token._count_post():
            return self._too_many()
        return self._act(
            touchpoint, token.partner_id, action, post, **self._link_values(secret)
        )
