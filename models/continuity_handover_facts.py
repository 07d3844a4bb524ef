from odoo import api, models
from odoo.exceptions import AccessError


class ContinuityHandoverLine(models.Model):
    """What Odoo already knows of a customer, as a first draft of each item.

    The predecessor edits the drafts: only what they declare prepared counts.
    """

    _inherit = "continuity.handover.line"

    def action_fill_items(self):
        """Fill the empty items of open lines from Odoo.

        The drafts hold the sections of the brief, which those who may fill items may
        read anyway; what is the predecessor's to hand over is decided there
        (``continuity.handover.brief``), not by the rights of who presses the button.

        :raise AccessError: unless the predecessor, an approver or a manager
        """
        for line in self:
            line.check_access("read")
            if not (line.is_leaver or line.may_manage):
                raise AccessError(
                    self.env._("The predecessor prepares the items of their customers.")
                )
        checks = self.check_ids.filtered(
            lambda c: c.state == "to_prepare" and not c.prepared_text
        )
        sources = self._draft_sections()
        keys = {key for c in checks for key in sources.get(c.topic_id.source, ())}
        brief = self.env["continuity.handover.brief"]
        contents = brief._collect(checks.line_id, keys)
        for check in checks:
            draft = brief._draft(
                contents[check.line_id.id], sources.get(check.topic_id.source, ())
            )
            if draft:
                check.prepared_text = draft

    @api.model
    def _draft_sections(self):
        """Return the sections of the brief each source of a draft consists of;
        extensions add theirs, see ``continuity.handover.topic``.

        :rtype: dict[str, tuple[str, ...]]
        """
        return {
            "contacts": ("contacts",),
            "profile": ("organisation", "profile"),
            "purchases": ("purchases",),
            "deals": ("deals", "promises"),
            "interactions": ("interactions", "notes", "concerns"),
        }


class ContinuityHandoverBrief(models.Model):
    _inherit = "continuity.handover.brief"

    @api.model
    def _draft(self, content, keys):
        """Return sections of a brief as plain text, a row on each line.

        :param dict content: see :meth:`_collect`
        :param keys: of the sections, in their order
        :rtype: str
        """
        rows = []
        for section in self._get_sections():
            if section.key not in keys or not content.get(section.key):
                continue
            shown = self._show_section(section, content[section.key])
            for values in shown["rows"]:
                # A bare number says nothing without the heading of its column.
                parts = [
                    f"{column.label}: {value}"
                    if section.card or column.kind == "number"
                    else value
                    for column, value in zip(shown["columns"], values, strict=True)
                    if value
                ]
                rows += parts if section.card else [", ".join(parts)]
        return "\n".join(rows)
