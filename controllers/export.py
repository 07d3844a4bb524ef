from odoo import http
from odoo.http import request

from odoo.addons.rpc.controllers.json2 import WebJson2Controller
from odoo.addons.web.controllers.json import WebJsonController

# What programs read records by.
READ_METHODS = frozenset(
    {
        "copy_data",
        "formatted_read_group",
        "name_search",
        "read",
        "read_group",
        "search_read",
        "web_name_search",
        "web_read",
        "web_read_group",
        "web_search_read",
    }
)


class ContinuityJson2(WebJson2Controller):
    @http.route()
    def web_json_2_rpc(self, __model__, __method__, ids=(), context=None, **kwargs):
        """Keep customers to named people also where a program reads them record by
        record: a list read over the interface is an export."""
        if __method__ in READ_METHODS and __model__ in request.env:
            guard = request.env["continuity.export.guard"]
            guard._check_reading(request.env[__model__])
        return super().web_json_2_rpc(
            __model__, __method__, ids=ids, context=context or {}, **kwargs
        )


class ContinuityJson(WebJsonController):
    @http.route()
    def web_json_1(self, subpath, **kwargs):
        """Keep the lists Odoo shows as JSON to named people, too."""
        action = self._get_action(subpath)[0]
        if action.res_model in request.env:
            guard = request.env["continuity.export.guard"]
            guard._check_reading(request.env[action.res_model])
        return super().web_json_1(subpath, **kwargs)
