import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const row = (customer) => `.o_data_row:contains(${customer})`;

const clickInRow = (customer, method) => ({
    content: `${method} for ${customer}`,
    trigger: `${row(customer)} button[name=${method}]`,
    run: "click",
});

const isGone = (customer) => ({
    content: `${customer} is done with`,
    trigger: `.o_list_view:not(:has(${row(customer)}))`,
});

// One click each: done, later, not useful.
tours.add("continuity_today", {
    steps: () => [
        {
            content: "the reason stands beside the customer",
            trigger: `${row("Done Today")}:contains(90 days after delivery)`,
        },
        clickInRow("Done Today", "action_today_done"),
        isGone("Done Today"),
        {
            content: "a mis-click",
            trigger: ".o_notification:contains(Reported) button:contains(Undo)",
            run: "click",
        },
        {
            content: "it is in the list again",
            trigger: row("Done Today"),
        },
        clickInRow("Done Today", "action_today_done"),
        isGone("Done Today"),
        clickInRow("Later On", "action_postpone_tomorrow"),
        {
            content: "it stands under this week now",
            trigger: `.o_group_header:contains(This Week) ~ ${row("Later On")}`,
        },
        clickInRow("Of No Use", "action_not_useful"),
        {
            content: "why it is of no use",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit They have closed.",
        },
        {
            content: "call it off",
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        isGone("Of No Use"),
    ],
});

// On a phone one list to scroll down: no column beside another.
tours.add("continuity_today_phone", {
    steps: () => [
        {
            content: "the groups are as wide as the screen, one below the other",
            trigger: ".o_kanban_group:nth-child(2) .o_kanban_record",
            run: () => {
                const [first, second] = [
                    ...document.querySelectorAll(".o_kanban_group"),
                ].map((group) => group.getBoundingClientRect());
                if (second.left !== first.left || second.top < first.bottom) {
                    throw new Error("The groups stand beside each other");
                }
            },
        },
    ],
});

// Nobody answers twice; then the ladder goes on by letter.
tours.add("continuity_ladder", {
    steps: () => [
        clickInRow("Never There", "action_report"),
        {
            content: "nobody answered",
            trigger: ".modal button[name=action_no_answer]",
            run: "click",
        },
        {
            content: "it comes back another day, at another time",
            trigger: `${row("Never There")}:contains(not reached)`,
        },
        clickInRow("Never There", "action_today_no_answer"),
        {
            content: "the channel has changed",
            trigger: `${row("Never There")}:contains(Letter):contains(reached nobody)`,
        },
    ],
});

const press = (label) => ({
    content: `press ${label}`,
    trigger: `.o_form_view button:contains(${label}):not(:disabled):enabled`,
    run: "click",
});

// Owed cards are collected, written and posted.
tours.add("continuity_cards", {
    steps: () => [
        {
            content: "a new batch",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "the occasion",
            trigger: ".o_field_widget[name=name] input",
            run: "edit Trading anniversaries",
        },
        press("Collect Owed Cards"),
        {
            content: "who is owed a card is in it, with the address",
            trigger: `${row("Card Friend")}:contains(Main Street 1)`,
        },
        {
            content: "who has no address is in it with the reason",
            trigger: `${row("No Address")}:contains(No complete address)`,
        },
        press("Ready to Write"),
        {
            content: "labels can be printed",
            trigger: "button[name=action_print_labels]",
        },
        press("Written and Posted"),
        {
            content: "yes, posted",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "all is posted",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Posted)",
        },
    ],
});
