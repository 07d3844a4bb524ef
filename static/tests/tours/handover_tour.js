import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const choose = (field, text) => [
    {
        content: `type ${text} into ${field}`,
        trigger: `.o_field_widget[name=${field}] input`,
        run: `edit ${text}`,
    },
    {
        content: `choose ${text}`,
        trigger: `.o-autocomplete--dropdown-item:contains(${text})`,
        run: "click",
    },
];

const isNow = (state) => ({
    content: `the plan is ${state}`,
    trigger: `.o_statusbar_status .o_arrow_button_current:contains(${state})`,
});

const press = (label) => ({
    content: `press ${label}`,
    trigger: `button:contains(${label}):not(:disabled):enabled`,
    run: "click",
});

const openCustomer = [
    {
        content: "open the customer",
        trigger:
            ".o_data_row:contains(Acme Corporation) .o_data_cell[name=display_name]",
        run: "click",
    },
    {
        content: "its form is open",
        trigger: ".o_form_view h1:contains(Acme Corporation)",
    },
];

// The manager drafts the plan for Marc Demo, submits it and approves it.
tours.add("continuity_handover_draft", {
    steps: () => [
        {
            content: "the manager is proposed as predecessor: take them out",
            trigger: ".o_field_widget[name=leaver_ids] input",
            run: "click && press Backspace",
        },
        ...choose("leaver_ids", "Marc Demo"),
        ...choose("successor_id", "Sue Successor"),
        {
            content: "say what customers are told",
            trigger: ".o_field_widget[name=customer_reason] textarea",
            run: "edit Marc moves to our Nagoya branch on 1 April.",
        },
        press("Next: What"),
        {
            content: "a deal gives a reason to meet",
            trigger: ".o_data_row:contains(Acme Corporation):contains(deal closing)",
        },
        press("Next: Preview"),
        {
            content: "the preview says what will move",
            trigger: "[name=summary_html]:contains(Quotations and open orders)",
        },
        press("Create the Plan"),
        isNow("Draft"),
        press("Submit for Approval"),
        isNow("Submitted"),
        press("Approve"),
        isNow("Running"),
    ],
});

const confirmItem = (item) => [
    {
        content: `who confirmed ${item}`,
        trigger: `.o_data_row:contains(${item}) .o_data_cell[name=contact_id]`,
        run: "click",
    },
    {
        content: "type the name",
        trigger: ".o_selected_row .o_data_cell[name=contact_id] input",
        run: "edit Douglas",
    },
    {
        content: "choose the person",
        trigger: ".o-autocomplete--dropdown-item:contains(Douglas Fletcher)",
        run: "click",
    },
    {
        content: "what the customer said",
        trigger: ".o_selected_row .o_data_cell[name=customer_words] textarea",
        run: `edit That is right, ${item} is up to date.`,
    },
    {
        content: "confirmed",
        trigger: ".o_selected_row button[name=action_confirm]",
        run: "click",
    },
    {
        content: `${item} is confirmed`,
        trigger: `.o_data_row:contains(${item}) .badge:contains(Confirmed)`,
    },
];

const items = [
    "Contacts",
    "Organisation",
    "Past purchases",
    "Deals",
    "Recent interactions",
];

// Marc prepares, reports the visit and notes what the customer confirmed.
tours.add("continuity_handover_visit", {
    steps: () => [
        ...openCustomer,
        press("Fill In from Odoo"),
        {
            content: "the draft comes from Odoo",
            trigger:
                ".o_data_row:contains(Contacts) .o_data_cell:contains(Douglas Fletcher)",
        },
        press("All Prepared"),
        {
            content: "all are prepared",
            trigger:
                ".o_data_row:contains(Recent interactions) .badge:contains(Prepared)",
        },
        press("Report the Visit"),
        {
            content: "it was held",
            trigger:
                ".modal .o_field_widget[name=outcome] .o_selection_badge:contains(Held)",
            run: "click",
        },
        {
            content: "the gist",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit They know Sue from the trade fair and are glad.",
        },
        {
            content: "report",
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "the visit is held",
            trigger: ".o_field_widget[name=visit_state]:contains(Held)",
        },
        ...items.flatMap(confirmItem),
    ],
});

// Sue accepts item by item.
tours.add("continuity_handover_accept", {
    steps: () => [
        ...openCustomer,
        ...items.flatMap((item) => [
            {
                content: `accept ${item}`,
                trigger: `.o_data_row:contains(${item}) button[name=action_accept]`,
                run: "click",
            },
            {
                content: `${item} is accepted`,
                trigger: `.o_data_row:contains(${item}) .badge:contains(Accepted)`,
            },
        ]),
        {
            content: "now the customer can be handed over",
            trigger: "button[name=action_cut_over]:visible",
        },
    ],
});

const openPlan = {
    content: "open the plan",
    trigger: ".o_data_row:contains(Marc Demo) .o_data_cell[name=name]",
    run: "click",
};

// The manager hands over, later reports and closes.
tours.add("continuity_handover_move", {
    steps: () => [
        openPlan,
        isNow("Running"),
        press("Hand Over Those Ready"),
        {
            content: "all are handed over",
            trigger: ".o_field_widget[name=progress]:contains(100)",
        },
    ],
});
tours.add("continuity_handover_close", {
    steps: () => [
        openPlan,
        press("Report the Result"),
        isNow("Reported"),
        {
            content: "look at the result",
            trigger: ".o_notebook_headers a[name=result]",
            run: "click",
        },
        {
            content: "it counts what moved",
            trigger: "[name=result_html]:contains(customers handed over)",
        },
        press("Close the Plan"),
        isNow("Done"),
    ],
});
