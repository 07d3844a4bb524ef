import {registry} from "@web/core/registry";

// The predecessor's list: the most valuable first, one click to the place, and what is
// done outside Odoo is gone from it.
registry.category("web_tour.tours").add("continuity_handover_remaining", {
    steps: () => [
        {
            content: "the most valuable customer comes first",
            trigger:
                ".o_data_row:first:contains(Customer 2):contains(500):has([name=days_left]:contains(14))",
        },
        {
            content: "the visit stands there with its day",
            trigger: ".o_data_row:contains(Customer 1) [name=what]:contains(Arrange)",
        },
        {
            content: "open what is to be done outside Odoo",
            trigger: ".o_data_row [name=what]:contains(Supplier portal)",
            run: "click",
        },
        {
            content: "the outside steps of the customer",
            trigger: ".o_notebook_headers a[name=steps]",
            run: "click",
        },
        {
            content: "it is done",
            trigger: "[name=step_ids] button[name=action_done]",
            run: "click",
        },
        {
            content: "who did it is kept",
            trigger: "[name=step_ids] .badge:contains(Done)",
        },
        {
            content: "back to the list",
            trigger: ".o_breadcrumb a:contains(What Remains), .o_back_button",
            run: "click",
        },
        {
            content: "it is gone",
            trigger: ".o_list_view:not(:contains(Supplier portal))",
        },
    ],
});
