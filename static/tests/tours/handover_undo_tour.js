import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const openPlan = {
    content: "open the plan",
    trigger: ".o_data_row:contains(Sales A) .o_data_cell[name=name]",
    run: "click",
};

const press = (name) => ({
    content: `press ${name}`,
    trigger: `.o_statusbar_buttons button[name=${name}], .alert button[name=${name}]`,
    run: "click",
});

// Two deals were changed by somebody else meanwhile: they stay, the rest comes back.
tours.add("continuity_handover_undo", {
    steps: () => [
        openPlan,
        press("action_undo"),
        {
            content: "what comes back is counted",
            trigger:
                ".modal [name=preview_html]:contains(Open deals: 1):contains(Customers and contacts: 2)",
        },
        {
            content: "what was given away is named",
            trigger: ".modal [name=preview_html] li:contains(Given away: given to All)",
        },
        {
            content: "what was won is named",
            trigger: ".modal [name=preview_html] li:contains(Won: closed since)",
        },
        {
            content: "say why",
            trigger: ".modal [name=reason] textarea",
            run: "edit The region stays as it is",
        },
        {
            content: "bring back",
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "the customers are back",
            trigger: ".o_data_row:contains(Customer 1) .badge:contains(Brought back)",
        },
        {
            content: "look at what was not brought back",
            trigger: ".o_notebook_headers a[name=undo]",
            run: "click",
        },
        {
            content: "the reason is kept",
            trigger: "[name=undo_ids] .o_data_row:contains(The region stays as it is)",
        },
        {
            content: "who has it now",
            trigger:
                "[name=leftover_ids] .o_data_row:contains(Given away):contains(given to All)",
        },
        {
            content: "what was closed",
            trigger:
                "[name=leftover_ids] .o_data_row:contains(Won):contains(closed since)",
        },
    ],
});

// Out: the manager hands over. Back: the return is brought forward to today.
tours.add("continuity_handover_cover", {
    steps: () => [
        openPlan,
        press("action_cut_over_ready"),
        {
            content: "the day of return is said",
            trigger: ".alert-info:visible:contains(Everything returns by itself)",
        },
        press("action_change_return"),
        {
            content: "now",
            trigger: ".modal [name=decision] .o_radio_item:contains(Returns now) input",
            run: "click",
        },
        {
            content: "say why",
            trigger: ".modal [name=reason] textarea",
            run: "edit Well again",
        },
        {
            content: "decide",
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "everything is back",
            trigger: ".alert-success:visible:contains(the customers are back)",
        },
        {
            content: "look at what came back",
            trigger: ".o_notebook_headers a[name=undo]",
            run: "click",
        },
        {
            content: "it was a return",
            trigger: "[name=undo_ids] .o_data_row:contains(Return from leave)",
        },
    ],
});
