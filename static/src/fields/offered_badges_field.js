import {
    BadgeSelectionField,
    badgeSelectionField,
} from "@web/views/fields/badge_selection/badge_selection_field";
import {registry} from "@web/core/registry";

/** Badges of a selection, of which only those are offered that another field lists. */
export class OfferedBadgesField extends BadgeSelectionField {
    static props = {
        ...BadgeSelectionField.props,
        offered: {type: String},
    };

    get options() {
        const offered = this.props.record.data[this.props.offered] || [];
        return super.options.filter(([key]) => offered.includes(key));
    }
}

registry.category("fields").add("continuity_offered_badges", {
    ...badgeSelectionField,
    component: OfferedBadgesField,
    supportedTypes: ["selection"],
    extractProps: (fieldInfo, dynamicInfo) => ({
        ...badgeSelectionField.extractProps(fieldInfo, dynamicInfo),
        offered: fieldInfo.options.offered,
    }),
});
