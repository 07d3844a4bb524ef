import {registry} from "@web/core/registry";
import {choose, fill, isNow, press, shows, tab} from "./tour_steps";

const tours = registry.category("web_tour.tours");

const addLine = (field, column, text) => [
    {
        content: `add to ${field}`,
        trigger: `.o_field_widget[name=${field}] .o_field_x2many_list_row_add a`,
        run: "click",
    },
    ...choose(`.o_selected_row .o_data_cell[name=${column}]`, text),
];

// The owner drafts: why, under which law, who is concerned, who decides.
const draft = (law, route, approver, reason) => [
    fill("customer_reason", reason),
    ...choose(".o_field_widget[name=jurisdiction_id]", law),
    ...choose(".o_field_widget[name=timetable_id]", route),
    tab("approvers"),
    ...addLine("approval_ids", "user_id", approver),
    tab("task_force"),
    ...addLine("member_ids", "user_id", approver),
    {
        content: "keep it",
        trigger: ".o_form_button_save:visible",
        run: "click",
    },
    {
        content: "it has a number",
        trigger: ".o_form_saved, .o_form_status_indicator_buttons.invisible",
    },
    tab("audience"),
    press("action_build_audience"),
    {
        content: "the customers are found",
        trigger: "button[name=action_view_customers]:not(:contains(/ 0))",
    },
    tab("timetable"),
    press("action_propose_dates"),
    {
        content: "every milestone has a day",
        trigger:
            ".o_field_widget[name=milestone_ids] .o_data_row:eq(1) .o_data_cell[name=date_planned]:not(:empty)",
    },
    press("action_submit"),
    isNow("submitted"),
];

const fillOut = (name, text) => ({
    content: `fill in ${name}`,
    trigger: `.o_field_widget[name=${name}] textarea`,
    run: `edit ${text} && press Tab`,
});

const hasDay = (column, row) => ({
    content: `${column} is a day`,
    trigger: `.o_field_widget[name=date_ids] .o_data_row${row} .o_data_cell[name=${column}]:not(:empty)`,
});

// The wizard: a reason that says nothing is flagged, the law gives days and bounds,
// and the preview counts before anything exists.
tours.add("continuity_dissolution_wizard_cn", {
    steps: () => [
        fillOut("customer_reason", "因公司战略调整，业务停止。"),
        shows("战略调整", ".alert-warning [name=reason_advice]"),
        fillOut(
            "customer_reason",
            "主营产品连续两年亏损，股东决定不再投入，公司解散并依法清算。"
        ),
        {
            content: "nothing to object to any more",
            trigger: ".o_form_view:not(:has(.alert-warning:visible))",
        },
        {
            content: "the law is that of the company's country",
            trigger: ".o_field_widget[name=jurisdiction_id] input:value(China)",
        },
        ...choose(".o_field_widget[name=timetable_id]", "Ordinary"),
        press("action_next"),
        hasDay("date_planned", ":first"),
        hasDay("latest", ":contains(creditors notified)"),
        hasDay("earliest", ":contains(claims)"),
        press("action_next"),
        ...choose(".o_field_widget[name=lead_id]", "Wang Li"),
        ...choose(".o_field_widget[name=unfulfilled_user_id]", "Liu Yang"),
        ...choose(".o_field_widget[name=approver_id]", "Wang Li"),
        press("action_next"),
        shows("200 customers are concerned", "[name=summary_html]"),
        ...[20, 100, 80, 200].map((count, column) =>
            shows(count, `[name=summary_html] tfoot td:eq(${column + 1})`)
        ),
        press("action_create_draft"),
        isNow("draft"),
        {
            content: "the customers are found",
            trigger: "button[name=action_view_customers]:contains(/ 200)",
        },
        press("action_submit"),
        isNow("submitted"),
    ],
});
tours.add("continuity_dissolution_draft_jp", {
    steps: () =>
        draft(
            "Japan",
            "ordinary",
            "Wang Li",
            "主力製品の赤字が二年続き、株主総会で解散を決議いたしました。"
        ),
});

// The head of the task force approves and records the decision: now it begins.
tours.add("continuity_dissolution_approve", {
    steps: () => [
        press("action_approve"),
        isNow("approved"),
        tab("timetable"),
        press(
            "action_record_done",
            ".o_data_row:has(.o_data_cell[name=event_id]:contains(Decision to wind down))"
        ),
        {
            content: "it asks when",
            trigger: ".modal .o_field_widget[name=done_on]",
        },
        press("action_apply", ".modal"),
        isNow("running"),
    ],
});

// The salesperson visits a key account and reports it.
tours.add("continuity_dissolution_visit", {
    steps: () => [
        press("action_report"),
        {
            content: "a visit is proposed, as the policy asks",
            trigger:
                ".modal .o_field_widget[name=channel_id] .o_selection_badge.active:contains(Visit)",
        },
        {
            content: "it was held",
            trigger:
                ".modal .o_field_widget[name=outcome] .o_selection_badge:contains(Held)",
            run: "click",
        },
        fill("minutes", "45", "input"),
        fill("note", "We sat down with Ms Zhao and told her in person."),
        press("action_apply", ".modal"),
        {
            content: "it is done",
            trigger: "body:not(:has(.modal)) button[name=action_undo]:visible",
        },
    ],
});

// Now the notice is looked at and released.
tours.add("continuity_dissolution_notice", {
    steps: () => [
        press("action_preview_notices"),
        shows("客户001", ".modal .o_field_widget[name=body]"),
        shows("两年亏损", ".modal .o_field_widget[name=body]"),
        press("action_release_one", ".modal"),
        shows("Released: this is the text as it was frozen.", ".modal .alert-success"),
    ],
});

// What the customer wants is noted.
tours.add("continuity_dissolution_choice", {
    steps: () => [
        press("action_record_choice"),
        {
            content: "they want to go to a successor",
            trigger: ".modal .o_field_widget[name=choice] input[data-value=transfer]",
            run: "click",
        },
        fill("choice_by", "Ms Zhao", "input"),
        {
            content: "keep it",
            trigger: ".modal footer button.btn-primary",
            run: "click",
        },
        {
            content: "it stands on the customer",
            trigger: ".o_field_widget[name=choice_by]:contains(Ms Zhao)",
        },
    ],
});

// The event: key accounts are proposed and invited.
tours.add("continuity_dissolution_invite", {
    steps: () => [
        press("action_propose_guests"),
        {
            content: "guests are proposed",
            trigger: ".o_field_widget[name=guest_ids] .o_data_row",
        },
        press("action_invite"),
        isNow("invited"),
    ],
});
tours.add("continuity_dissolution_event", {
    steps: () => [
        press("action_attended", ".o_field_widget[name=guest_ids] .o_data_row:first"),
        {
            content: "somebody came",
            trigger: "button[name=action_view_guests]:contains(1)",
        },
        press("action_introduce", ".o_field_widget[name=guest_ids] .o_data_row:first"),
        {
            content: "what was said",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit They try it for a month.",
        },
        press("action_apply", ".modal"),
        {
            content: "the introduction is counted",
            trigger: "button[name=action_view_introductions]",
        },
        press("action_held"),
        isNow("held"),
    ],
});

// Hours spent on something else than customers.
tours.add("continuity_dissolution_hours", {
    steps: () => [
        press("action_record_hours"),
        {
            content: "a new row",
            trigger: ".o_list_button_add:visible",
            run: "click",
        },
        {
            content: "on what",
            trigger: ".o_selected_row .o_data_cell[name=kind]",
            run: "click",
        },
        {
            content: "what it was",
            trigger: ".o_selected_row .o_data_cell[name=note] input",
            run: "edit Tax office",
        },
        {
            content: "how long",
            trigger: ".o_selected_row .o_data_cell[name=hours] input",
            run: "edit 2:30",
        },
        {
            content: "keep it",
            trigger: ".o_list_button_save:visible",
            run: "click",
        },
        {
            content: "it is kept",
            trigger: ".o_data_row:contains(Tax office):not(.o_selected_row)",
        },
    ],
});

// What no document settles is decided by name, with the reason.
tours.add("continuity_dissolution_decide", {
    steps: () => [
        {
            content: "open how it ends",
            trigger: ".o_field_widget[name=resolution] input",
            run: "click",
        },
        {
            content: "it is released",
            trigger: ".o_select_menu_item:contains(releases us)",
            run: "click",
        },
        press("action_decide"),
        {
            content: "why",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit Ms Zhao waives it in writing.",
        },
        press("action_apply", ".modal"),
        isNow("decided"),
        shows("Ms Zhao waives it in writing."),
    ],
});

tours.add("continuity_dissolution_report", {
    steps: () => [press("action_report_result"), isNow("reported")],
});
tours.add("continuity_dissolution_close", {
    steps: () => [
        press("action_close"),
        isNow("done"),
        tab("result"),
        {
            content: "the closing report can be printed",
            trigger: "button[name=action_closing_report]:visible",
        },
    ],
});
