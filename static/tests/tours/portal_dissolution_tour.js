import {registry} from "@web/core/registry";

const form = (action) => `form[action*='/${action}?']`;

const back = [
    {
        content: "go back to the letter",
        trigger: ".o_continuity_done[role=status] a:contains(Back to the letter)",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "the letter is there",
        trigger: "h1:contains(Notice)",
    },
];

const answer = (action, option) => [
    {
        content: `choose ${option}`,
        trigger: `${form(action)} label:contains(${option})`,
        run: "click",
    },
    {
        content: `send ${action}`,
        trigger: `${form(action)} button[type=submit]`,
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "it is noted",
        trigger: `.o_continuity_done[role=status]:contains(${option})`,
    },
    ...back,
];

const open = (trigger) => ({
    content: `open ${trigger}`,
    trigger: `.o_continuity_card ${trigger}`,
    run: "click",
});

const says = (action, text) => [
    open(`details:has(${form(action)}) summary`),
    {
        content: `${action} says ${text}`,
        trigger: `details:has(${form(action)}):contains(${text})`,
    },
];

// The customer of a company that winds down, with the link of the notice in the hand.
registry.category("web_tour.tours").add("continuity_portal_dissolution", {
    steps: () => [
        {
            content: "what is open between us",
            trigger: "section:contains(Open between us today) td:contains(S00042)",
        },
        {
            content: "no consent is asked before there is anything to consent to",
            trigger: "body:not(:has(form[action*=dissolution_consent]))",
        },
        ...answer("dissolution_choose", "transfer"),
        ...answer("dissolution_provider", "Jia Logistics"),
        // One question after the other; the first answer says nothing of the second.
        ...answer("dissolution_consent_contract", "Yes, we agree"),
        ...says("dissolution_consent_contract", "You agreed."),
        {
            content: "the other is still open",
            trigger: `details[open]:has(${form("dissolution_consent_data")}):not(:has(.alert))`,
        },
        ...answer("dissolution_consent_data", "Yes, we agree"),
        open("summary:contains(Ask a question)"),
        {
            content: "it is a complaint",
            trigger: "#continuity_kind",
            run: "select complaint",
        },
        {
            content: "complain",
            trigger: "#continuity_question",
            run: "edit You promised until December!",
        },
        {
            content: "send the complaint",
            trigger: `${form("ask")} button[type=submit]`,
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "an answer is promised",
            trigger: ".o_continuity_done:contains(You will have an answer by)",
        },
        ...back,
        // They think better of it.
        ...says("dissolution_consent_data", "You agreed."),
        ...answer("dissolution_consent_data", "We withdraw our consent"),
        ...says("dissolution_consent_data", "You withdrew your consent."),
        ...says("dissolution_consent_contract", "You agreed."),
    ],
});
