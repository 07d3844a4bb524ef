import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

const SHOWN_FOR_MS = 12000;

/**
 * Say what was done to contacts, with a button that takes it back.
 *
 * @param {Object} env
 * @param {Object} action with params message (String) and touchpoint_ids (Number[])
 * @returns {Object} the action that closes the dialog, if any, and reloads the list
 */
function offerUndo(env, action) {
    const {message, touchpoint_ids: ids} = action.params;
    const close = env.services.notification.add(message, {
        type: "success",
        autocloseDelay: SHOWN_FOR_MS,
        buttons: [
            {
                name: _t("Undo"),
                primary: true,
                onClick: async () => {
                    close();
                    await env.services.orm.call(
                        "continuity.touchpoint",
                        "action_undo",
                        [ids]
                    );
                    await env.services.action.doAction("soft_reload");
                },
            },
        ],
    });
    return {type: "ir.actions.act_window_close"};
}

registry.category("actions").add("continuity_undo", offerUndo);
