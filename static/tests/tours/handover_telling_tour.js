import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const openPlan = {
    content: "open the plan",
    trigger: ".o_data_row:contains(Sales A) .o_data_cell[name=name]",
    run: "click",
};

const shows = (text) => ({
    content: `the dialog shows ${text}`,
    trigger: `.modal .o_form_view:contains(${text})`,
});

const next = {
    content: "next letter",
    trigger: ".modal button[name=action_next]:enabled",
    run: "click",
};

// Before anybody has approved: each letter with the customer's own data.
tours.add("continuity_handover_letters", {
    steps: () => [
        openPlan,
        {
            content: "preview the letters",
            trigger: ".o_statusbar_buttons button[name=action_preview_letters]",
            run: "click",
        },
        shows("1 of 3"),
        shows("Sales B is your contact at Continuity A"),
        shows("nothing is planned yet, and nothing leaves"),
        next,
        shows("2 of 3"),
        shows("拝啓"),
        shows("後任はSales B"),
        next,
        shows("3 of 3"),
        shows("今后由Sales B"),
        {
            content: "nothing can be released or sent",
            trigger:
                ".modal .modal-footer:not(:has(button[name=action_release_one], button[name=action_sample]))",
        },
        {
            content: "close",
            trigger: ".modal .modal-footer button:contains(Close)",
            run: "click",
        },
        {content: "closed", trigger: "body:not(:has(.modal))"},
    ],
});

// The draft proposes to wait for a deal that is about to close.
tours.add("continuity_handover_hold", {
    steps: () => [
        openPlan,
        {
            content: "propose when to tell",
            trigger: "button[name=action_propose_timing]",
            run: "click",
        },
        {
            content: "say yes",
            trigger: ".modal .btn-primary:contains(Ok)",
            run: "click",
        },
        {
            content: "the customer is on hold",
            trigger:
                ".o_data_row:contains(Customer 1) .o_data_cell[name=tell_when]:contains(On hold)",
        },
    ],
});

const withoutFilters = [
    {
        content: "take the filters away",
        trigger: ".o_searchview_facet .o_facet_remove",
        run: "click",
    },
];

const openFilters = {
    content: "open the filters",
    trigger: ".o_searchview_dropdown_toggler",
    run: "click",
};

// Listed with the day the hold ends.
tours.add("continuity_handover_on_hold", {
    steps: () => [
        ...withoutFilters,
        openFilters,
        {
            content: "those on hold",
            trigger: ".o_filter_menu .o_menu_item:contains(On Hold)",
            run: "click",
        },
        {
            content: "open the customer",
            trigger: ".o_data_row:contains(Customer 1) .o_data_cell[name=display_name]",
            run: "click",
        },
        {
            content: "with the reason",
            trigger: ".o_field_widget[name=timing_reason]:contains(deal closing)",
        },
    ],
});

// The deal was won: the contact stands in the list, and the reaction is noted.
tours.add("continuity_handover_released", {
    steps: () => [
        ...withoutFilters,
        {
            content: "open the customer",
            trigger: ".o_data_row:contains(Customer 1) .o_data_cell[name=display_name]",
            run: "click",
        },
        {
            content: "why it ended",
            trigger: ".o_field_widget[name=timing_reason]:contains(decided on)",
        },
        {
            content: "note the reaction",
            trigger: ".o_statusbar_buttons button[name=action_record_reaction]",
            run: "click",
        },
        {
            content: "uneasy",
            trigger:
                ".modal .o_field_widget[name=reaction] .o_selection_badge:contains(Uneasy)",
            run: "click",
        },
        {
            content: "their words",
            trigger: ".modal .o_field_widget[name=words] textarea",
            run: "edit Again somebody new",
        },
        {
            content: "note it",
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "it stands on the customer",
            trigger:
                "body:not(:has(.modal)) .o_field_widget[name=reaction]:contains(Uneasy)",
        },
    ],
});
