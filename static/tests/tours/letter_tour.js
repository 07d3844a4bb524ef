import {registry} from "@web/core/registry";

const isShown = (text) => ({
    content: `the dialog shows ${text}`,
    trigger: `.modal .o_form_view:contains(${text})`,
});

const press = (name) => ({
    content: `press ${name}`,
    trigger: `.modal button[name=${name}]:enabled`,
    run: "click",
});

// Three letters: one in order, one without an address, one more in order.
registry.category("web_tour.tours").add("continuity_letter", {
    steps: () => [
        {
            content: "choose all letters",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "open the actions",
            trigger: ".o_cp_action_menus button.dropdown-toggle:contains(Actions)",
            run: "click",
        },
        {
            content: "look at them",
            trigger: ".o-dropdown--menu .dropdown-item:contains(Preview Letters)",
            run: "click",
        },
        isShown("1 of 3"),
        isShown("Dear Jane Buyer,"),
        isShown("2 can be released"),
        press("action_next"),
        isShown("2 of 3"),
        {
            content: "what stands in the way is said",
            trigger: ".modal .alert-danger:contains(no valid e-mail address)",
        },
        {
            content: "it cannot be released",
            trigger: ".modal .modal-footer:not(:has(button[name=action_release_one]))",
        },
        press("action_previous"),
        isShown("1 of 3"),
        press("action_release_one"),
        isShown("2 of 3"),
        press("action_previous"),
        isShown("Released: this is the text as it was frozen."),
        press("action_release_all"),
        {
            content: "say yes",
            trigger: ".modal:contains(frozen and released) .btn-primary:contains(Ok)",
            run: "click",
        },
        {
            content: "the one that was skipped is named with its reason",
            trigger: ".o_notification:contains(no valid e-mail address)",
        },
        {
            content: "the dialog is closed",
            trigger: "body:not(:has(.modal))",
        },
    ],
});
