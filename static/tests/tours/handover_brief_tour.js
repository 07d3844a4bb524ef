import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const openPage = {
    content: "turn to the brief",
    trigger: ".o_notebook .nav-link[name=brief]",
    run: "click",
};

// The predecessor writes one of the five answers.
tours.add("continuity_brief_write", {
    steps: () => [
        openPage,
        {
            content: "five answers are missing",
            trigger: ".alert:contains(5):contains(five answers)",
        },
        {
            content: "Odoo's part is there",
            trigger: "[name=brief_html]:contains(Second press)",
        },
        {
            content: "what they buy us for",
            trigger: "[name=answer_buying] textarea",
            run: "edit We deliver on Saturdays.",
        },
        {
            content: "save",
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            content: "four are missing",
            trigger: ".alert:contains(4):contains(five answers)",
        },
    ],
});

// The successor reads and prints it before anything changes hands.
tours.add("continuity_brief_read", {
    steps: () => [
        openPage,
        {
            content: "the answer is there, the others are shown as missing",
            trigger:
                "[name=brief_html]:contains(We deliver on Saturdays.):contains(not answered yet)",
        },
        {
            content: "and so is what Odoo knows",
            trigger: "[name=brief_html]:contains(Second press)",
        },
        {
            content: "print it",
            trigger: "button[name=action_print_brief]",
            run: "click",
        },
        {
            content: "the page is still there, without an error",
            trigger: "body:not(:has(.o_error_dialog)) [name=brief_html]",
        },
    ],
});

// Who may see the plan but not the customer finds no brief.
tours.add("continuity_brief_hidden", {
    steps: () => [
        {
            content: "the customer in the plan is open",
            trigger: ".o_form_view h1:contains(Customer 1)",
        },
        {
            content: "there is no page with a brief",
            trigger: ".o_notebook:not(:has(.nav-link[name=brief]))",
        },
    ],
});
