import {registry} from "@web/core/registry";

const open = (label) => ({
    content: `open ${label}`,
    trigger: `.o_continuity_card summary:contains(${label})`,
    run: "click",
});

const back = [
    {
        content: "go back to the letter",
        trigger: ".o_continuity_done[role=status] a:contains(Back to the letter)",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "the letter is there",
        trigger: "h1:contains(A new contact for you)",
    },
];

// A stranger with a link in the hand: nobody is logged in.
registry.category("web_tour.tours").add("continuity_portal_stranger", {
    steps: () => [
        {
            content: "read the letter",
            trigger: ".o_continuity_body:contains(Ms Tanaka)",
        },
        {
            content: "say who received it",
            trigger: "#continuity_name",
            run: "edit Ms Stranger",
        },
        {
            content: "received",
            trigger: "button:contains(Received)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "which means no more than that",
            trigger: ".o_continuity_done:contains(agreed to nothing)",
        },
        ...back,
        {
            content: "it is noted",
            trigger: "dd:contains(Ms Stranger)",
        },
        open("Ask a question"),
        {
            content: "it is a worry",
            trigger: "#continuity_kind",
            run: "select worry",
        },
        {
            content: "ask",
            trigger: "#continuity_question",
            run: "edit Who delivers in May?",
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
        ...back,
        open("Please call me"),
        {
            content: "a number nobody can call",
            trigger: "#continuity_phone",
            run: "edit 12",
        },
        {
            content: "send it",
            trigger: "details[open] button:contains(Please call me)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "it says what to correct",
            trigger: "[role=alert]:contains(telephone number)",
        },
        {
            content: "what was entered is still there",
            trigger: "details[open] #continuity_phone:value(12)",
            run: "edit +81 90 1234 5678",
        },
        {
            content: "send it again",
            trigger: "details[open] button:contains(Please call me)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "a call is promised",
            trigger: ".o_continuity_done:contains(will call you by)",
        },
        ...back,
    ],
});
