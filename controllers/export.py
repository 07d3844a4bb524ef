import xmlrpc.client

from odoo import api, http
from odoo.http import request
from odoo.modules.registry import Registry

from odoo.addons.rpc.controllers import RPC
from odoo.addons.rpc.controllers.json2 import WebJson2Controller
from odoo.addons.web.controllers.json import WebJsonController

# What programs read records by; those that write first give the records back.
READ_METHODS = frozenset(
    {
        "copy_data",
        "formatted_read_group",
        "formatted_read_grouping_sets",
        "name_search",
        "onchange",
        "read",
        "read_group",
        "read_progress_bar",
        "search_panel_select_multi_range",
        "search_panel_select_range",
        "search_read",
        "web_name_search",
        "web_read",
        "web_read_group",
        "web_resequence",
        "web_save",
        "web_save_multi",
        "web_search_read",
    }
)


def _check_program(env, model, method, values):
    """Keep customers to named people also where a program reads them record by record:
    a list read over the interface is an export.

    :param str model: name of the model
    :param str method: name of the method
    :param values: arguments of the method
    :raise AccessError: for who is not named
    """
    if method in READ_METHODS and model in env:
        guard = env["continuity.export.guard"]
        for name in sorted(guard._models_read(env[model], values)):
            guard._check_reading(env[name])


class ContinuityJson2(WebJson2Controller):
    @http.route()
    def web_json_2_rpc(self, __model__, __method__, ids=(), context=None, **kwargs):
        """See :func:`_check_program`."""
        _check_program(request.env, __model__, __method__, kwargs.values())
        return super().web_json_2_rpc(
            __model__, __method__, ids=ids, context=context or {}, **kwargs
        )


class ContinuityRPC(RPC):
    """The older interfaces for programs, as long as Odoo has them."""

    @http.route()
    def jsonrpc(self, service, method, args):
        """See :func:`_check_program`."""
        self._check_service(service, method, args)
        return super().jsonrpc(service, method, args)

    def _xmlrpc(self, service):
        args, method = xmlrpc.client.loads(
            request.httprequest.get_data(), use_datetime=True
        )
        self._check_service(service, method, args)
        return super()._xmlrpc(service)

    def _check_service(self, service, method, args):
        if service != "object" or method not in ("execute", "execute_kw"):
            return
        db, uid, password, model, name, *values = args
        if name not in READ_METHODS or not password:
            return
        with Registry(db).check_signaling().cursor() as cr:
            users = api.Environment(cr, api.SUPERUSER_ID, {})["res.users"]
            # Before anything is said about a company; Odoo checks it once more.
            users._check_uid_passwd(int(uid), password)
            _check_program(api.Environment(cr, int(uid), {}), model, name, values)


class ContinuityJson(WebJsonController):
    @http.route()
    def web_json_1(self, subpath, **kwargs):
        """Keep the lists Odoo shows as JSON to named people, too."""
        action = self._get_action(subpath)[0]
        if action.res_model in request.env:
            guard = request.env["continuity.export.guard"]
            guard._check_reading(request.env[action.res_model])
        return super().web_json_1(subpath, **kwargs)
