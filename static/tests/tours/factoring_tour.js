import {registry} from "@web/core/registry";
import {inputFiles} from "@web/../tests/utils";
import {choose, fill, isNow, press, shows, tab} from "./tour_steps";

const tours = registry.category("web_tour.tours");

const inDialog = (text) => ({
    content: `press ${text}`,
    trigger: `.modal footer button:contains(${text}):visible:not(:disabled)`,
    run: "click",
});

const next = inDialog("Next");

// Two offers side by side; the second is cheaper, the first is kinder to customers.
tours.add("continuity_factoring_choose", {
    steps: () => [
        tab("comparison"),
        shows("First Factor", ".o_field_widget[name=comparison_html]"),
        shows("57,900", ".o_field_widget[name=comparison_html]"),
        shows("51,700", ".o_field_widget[name=comparison_html]"),
        tab("offers"),
        press("action_choose", ".o_data_row:contains(First Factor)"),
        {
            content: "why",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit They speak to our customers as we do.",
        },
        press("action_apply", ".modal"),
        isNow("decided"),
        // The agreement: terms, customers, where they pay, who decides, preview.
        {
            content: "make the agreement",
            trigger: "button:contains(Make the Agreement):visible",
            run: "click",
        },
        {
            content: "it is about who was chosen",
            trigger: ".modal .o_field_widget[name=factor_id] input:value(First Factor)",
        },
        fill(
            "customer_reason",
            "Orders grow; what is invoiced pays for the goods of the next ones."
        ),
        next,
        press("action_take_standing", ".modal"),
        shows(
            "43 of 50 customers are included. 7 cannot be covered",
            ".modal [name=customers_text]"
        ),
        {
            content: "who cannot be covered comes last",
            trigger: ".modal .o_field_widget[name=line_ids] .o_pager_next",
            run: "click",
        },
        shows(
            "The contract has not been reviewed",
            ".modal .o_field_widget[name=line_ids]"
        ),
        next,
        shows("Two people look at the account", ".modal"),
        ...choose(".modal .o_field_widget[name=bank_account_id]", "DE02"),
        next,
        ...choose(".modal .o_field_widget[name=approver_id]", "Head"),
        next,
        shows("43", ".modal [name=summary_html] h3"),
        inDialog("Make the Draft"),
        isNow("draft"),
        press("action_submit"),
        isNow("submitted"),
    ],
});

tours.add("continuity_factoring_approve", {
    steps: () => [press("action_approve"), isNow("approved")],
});

// The second person calls the holder of the account back and confirms it.
tours.add("continuity_factoring_confirm", {
    steps: () => [
        tab("directions"),
        press("action_confirm", ".o_field_widget[name=direction_ids]"),
        {
            content: "whom they called",
            trigger: ".modal .o_field_widget[name=call_back] :is(input, textarea)",
            run: "edit Ms. Roth, number of the contract",
        },
        press("action_apply", ".modal"),
        {
            content: "it is confirmed",
            trigger:
                ".o_field_widget[name=direction_ids] .o_data_cell[name=state]:contains(Confirmed)",
        },
    ],
});

// It begins; a step inside is done.
tours.add("continuity_factoring_activate", {
    steps: () => [
        press("action_activate"),
        isNow("running"),
        tab("internal"),
        press("action_done", ".o_field_widget[name=internal_ids] .o_data_row:first"),
        {
            content: "it is done",
            trigger:
                ".o_field_widget[name=internal_ids] .o_data_cell[name=state]:contains(Done)",
        },
    ],
});

// Somebody talks to a key account and reports it.
tours.add("continuity_factoring_talk", {
    steps: () => [
        press("action_report"),
        {
            content: "it was held",
            trigger:
                ".modal .o_field_widget[name=outcome] .o_selection_badge:contains(Held)",
            run: "click",
        },
        fill("minutes", "30", "input"),
        fill("note", "They know why, and whom to call."),
        press("action_apply", ".modal"),
        {
            content: "it is done",
            trigger: "body:not(:has(.modal)) button[name=action_undo]:visible",
        },
    ],
});

// The letters of a customer are looked at; the first one is released.
tours.add("continuity_factoring_letter", {
    steps: () => [
        press("action_preview_letters"),
        shows("First Factor", ".modal .o_field_widget[name=body]"),
        press("action_release_one", ".modal"),
        // The next one waits for it.
        shows("goes first: it has not left yet", ".modal .alert-danger"),
    ],
});

// The customer, with the link of the notice: received, which waives nothing; a question.
tours.add("continuity_factoring_page", {
    steps: () => [
        {
            content: "it says where to pay",
            trigger: ".o_continuity_card:contains(DE02)",
        },
        {
            content: "who received it",
            trigger: "#continuity_name",
            run: "edit Ms Buyer",
        },
        {
            content: "received",
            trigger: "button:contains(Received)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "which waives nothing",
            trigger: ".o_continuity_done:contains(waive)",
        },
        {
            content: "back",
            trigger: ".o_continuity_done[role=status] a:contains(Back to the letter)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "ask",
            trigger: ".o_continuity_card summary:contains(Ask a question)",
            run: "click",
        },
        {
            content: "what",
            trigger: "#continuity_question",
            run: "edit We have paid May already. Is that all right?",
        },
        {
            content: "send the question",
            trigger: "details[open] button:contains(Send)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "an answer is promised",
            trigger: ".o_continuity_done:contains(You will have an answer by)",
        },
    ],
});

// At its end: the paper the factor signed, and the rest is bought back.
tours.add("continuity_factoring_release", {
    steps: () => [
        press("action_release"),
        {
            content: "when the factor signed",
            trigger: ".modal .o_field_widget[name=signed_on] :is(input, button)",
            run: "click",
        },
        {
            content: "today",
            trigger: ".o_datetime_picker .o_today",
            run: "click",
        },
        {
            content: "the paper",
            trigger: ".modal .o_field_widget[name=attachment_ids]",
            async run() {
                const paper = new window.File(["%PDF-1.4"], "release.pdf", {
                    type: "application/pdf",
                });
                await inputFiles(".modal .o_field_widget[name=attachment_ids] input", [
                    paper,
                ]);
            },
        },
        shows("release.pdf", ".modal .o_field_widget[name=attachment_ids]"),
        fill("buy_back_reason", "The agreement ends."),
        press("action_apply", ".modal"),
        {
            content: "a second person has to read it",
            trigger: ".o_form_view button[name=action_confirm_release]",
        },
    ],
});

tours.add("continuity_factoring_confirm_release", {
    steps: () => [press("action_confirm_release"), isNow("released")],
});

tours.add("continuity_factoring_end", {
    steps: () => [
        press("action_report_result"),
        isNow("reported"),
        press("action_close"),
        isNow("done"),
    ],
});
