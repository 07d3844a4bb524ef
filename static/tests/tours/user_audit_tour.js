import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const press = (label) => ({
    content: `press ${label}`,
    trigger: `button:contains(${label}):not(:disabled):enabled`,
    run: "click",
});

// An administrator archives Marc, is stopped, and lands in the wizard filled in.
tours.add("continuity_archive_guard", {
    steps: () => [
        {
            content: "Marc's form is open",
            trigger: ".o_form_view .o_field_widget[name=name]",
        },
        {
            content: "open the actions",
            trigger: ".o_cp_action_menus .dropdown-toggle",
            run: "click",
        },
        {
            content: "archive",
            trigger: ".o-dropdown-item:contains(Archive):not(:contains(Reason))",
            run: "click",
        },
        {
            content: "yes, archive",
            trigger: ".modal-footer button.btn-primary",
            run: "click",
        },
        {
            content: "it is stopped, and says why",
            trigger: ".modal:contains(still look after customers):contains(Open deals)",
        },
        {
            content: "go to the handover",
            trigger: ".modal-footer button:contains(Hand Over Customers)",
            run: "click",
        },
        {
            content: "the wizard is filled in",
            trigger:
                ".modal .o_field_widget[name=leaver_ids] .o_tag:contains(Marc Demo)",
        },
    ],
});

// What is left of Marc: look, open, give one thing to a colleague.
tours.add("continuity_user_audit", {
    steps: () => [
        {
            content: "who leaves",
            trigger: ".o_field_widget[name=user_id] input",
            run: "edit Marc Demo",
        },
        {
            content: "choose Marc",
            trigger: ".o-autocomplete--dropdown-item:contains(Marc Demo)",
            run: "click",
        },
        press("Look"),
        {
            content: "deals need a decision",
            trigger:
                "[name=decision_line_ids] .o_data_row:contains(Lead):contains(No plan contains them)",
        },
        {
            content: "history is left",
            trigger: ".o_notebook_headers a[name=left]",
            run: "click",
        },
        {
            content: "with its reason",
            trigger:
                "[name=left_line_ids] .o_data_row:contains(History keeps its author)",
        },
        {
            content: "back to what needs a decision",
            trigger: ".o_notebook_headers a[name=decision]",
            run: "click",
        },
        {
            content: "give the team to a colleague",
            trigger:
                "[name=decision_line_ids] .o_data_row:contains(Sales Team):contains(Team Leader) button[name=action_reassign]",
            run: "click",
        },
        {
            content: "to Sue",
            trigger: ".modal .o_field_widget[name=successor_id] input",
            run: "edit Sue Successor",
        },
        {
            content: "choose Sue",
            trigger: ".o-autocomplete--dropdown-item:contains(Sue Successor)",
            run: "click",
        },
        {
            content: "give it",
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "nothing of it is left",
            trigger:
                "body:not(:has(.modal)):not(:has([name=decision_line_ids] .o_data_row:contains(Team Leader)))",
        },
    ],
});

// A list with three bad rows: each is shown with its number and reason.
tours.add("continuity_assignment_list", {
    steps: () => [
        {
            content: "the list was read: row 2",
            trigger:
                "[name=problem_ids] .o_data_row:contains(2):contains(No customer has Nobody Ltd)",
        },
        {
            content: "row 3",
            trigger:
                "[name=problem_ids] .o_data_row:contains(3):contains(Nobody is called nobody)",
        },
        {
            content: "row 5: an empty one lies between",
            trigger:
                "[name=problem_ids] .o_data_row:contains(5):contains(cannot take over from themself)",
        },
        {
            content: "nothing was taken over",
            trigger: ".alert:contains(Nothing was taken over)",
        },
    ],
});
