import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const press = (name, where = "") => ({
    content: `press ${name}`,
    trigger: `${where} button[name=${name}]`,
    run: "click",
});

const dialogIsClosed = {
    content: "the dialog is closed",
    trigger: "body:not(:has(.modal))",
};

const isNow = (state) => ({
    content: `the concern is ${state}`,
    trigger: `.o_statusbar_status .o_arrow_button_current:contains(${state})`,
});

// From the customer: log what they raised, answer it by mail, keep the answer.
tours.add("continuity_concern_answered", {
    steps: () => [
        press("action_log_concern"),
        {
            content: "it is a complaint",
            trigger: ".modal .o_field_widget[name=kind] label:contains(Complaint)",
            run: "click",
        },
        {
            content: "in the customer's own words",
            trigger: ".modal .o_field_widget[name=question] textarea",
            run: "edit The hydraulic pump leaks oil on the floor",
        },
        {
            content: "log it",
            trigger: ".modal-footer button:contains(Log)",
            run: "click",
        },
        dialogIsClosed,
        press("action_open_concerns"),
        {
            content: "open it",
            trigger: ".o_data_row .o_data_cell[name=kind]",
            run: "click",
        },
        isNow("New"),
        {
            content: "write the answer",
            trigger: ".o_field_widget[name=answer] .odoo-editor-editable",
            run: "editor Close the valve",
        },
        press("action_save_as_common_answer"),
        {
            content: "propose it for others",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        dialogIsClosed,
        press("action_send_answer"),
        {
            content: "the composer holds the answer",
            trigger: ".modal .o_field_widget[name=body]:contains(Close the valve)",
        },
        {
            content: "send it",
            trigger: ".modal-footer button[name=action_send_mail]",
            run: "click",
        },
        dialogIsClosed,
        isNow("Answered"),
    ],
});

// The manager stands behind the words.
tours.add("continuity_concern_approved", {
    steps: () => [
        {
            content: "open what was proposed",
            trigger: ".o_data_row:contains(hydraulic) .o_data_cell[name=name]",
            run: "click",
        },
        press("action_approve"),
        {
            content: "it is approved",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Approved)",
        },
    ],
});

// The next customer asks something similar.
tours.add("continuity_concern_reused", {
    steps: () => [
        {
            content: "the answer is offered, with the reason",
            trigger:
                ".o_field_widget[name=offered_answer_ids] .o_data_row:contains(words alike)",
        },
        press("action_use", ".o_field_widget[name=offered_answer_ids]"),
        {
            content: "its words are filled in",
            trigger: ".o_field_widget[name=answer]:contains(Close the valve)",
        },
        isNow("In Progress"),
    ],
});
