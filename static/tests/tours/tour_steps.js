// Steps that several tours take, by technical name: tours run in several languages.

export const press = (name, within = "") => ({
    content: `press ${name}`,
    trigger: `${within} button[name=${name}]:not(:disabled):visible`,
    run: "click",
});

export const tab = (name) => ({
    content: `look at ${name}`,
    trigger: `.o_notebook_headers a[name=${name}]`,
    run: "click",
});

export const isNow = (state) => ({
    content: `it is ${state}`,
    trigger: `.o_statusbar_status button[data-value=${state}].o_arrow_button_current`,
});

export const choose = (within, text) => [
    {
        content: `type ${text}`,
        trigger: `${within} input`,
        run: `edit ${text}`,
    },
    {
        content: `choose ${text}`,
        trigger: `.o-autocomplete--dropdown-item:contains(${text})`,
        run: "click",
    },
];

export const fill = (name, text, input = "textarea") => ({
    content: `fill in ${name}`,
    trigger: `.o_field_widget[name=${name}] ${input}`,
    run: `edit ${text}`,
});

export const shows = (text, within = ".o_form_view") => ({
    content: `it shows ${text}`,
    trigger: `${within}:contains(${text})`,
});
