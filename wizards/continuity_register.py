import base64
import csv
import io
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

# A spreadsheet takes a cell that begins so for a formula, also in full width.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


class ContinuityRegister(models.TransientModel):
    """Proof of service: who was told what, when, over which channel, with what
    result, for a document or a selection of contacts; as PDF and CSV.

    Contains what its user may see, and says how much they may not. The rows are
    computed when it is printed: nothing is kept that would have to be guarded.
    """

    _name = "continuity.register"
    _description = "Register of Contacts"
    _inherit = ["continuity.readable.links.mixin", "continuity.guarded.mixin"]

    # Else anybody prints a proof with a title and completeness of their choice.
    _guarded_fields = frozenset({"name", "hidden_count"})

    name = fields.Char(required=True, readonly=True)
    touchpoint_ids = fields.Many2many("continuity.touchpoint", readonly=True)
    hidden_count = fields.Integer(readonly=True)
    csv_file = fields.Binary(compute="_compute_csv_file", string="CSV")

    @api.model
    def _open(self, touchpoints, name, kind, hidden_count=0):
        """Return the action that downloads the register.

        :param touchpoints: ``continuity.touchpoint`` the user may read
        :param str name: of the document
        :param str kind: ``pdf`` or ``csv``
        :param int hidden_count: contacts the user may not see
        :raise UserError: when there is nothing to list
        """
        if not touchpoints:
            raise UserError(self.env._("There is no contact to list."))
        touchpoints.check_access("read")
        # What the client may not choose is set here; reading was checked above.
        register = (
            self.sudo()
            .create(
                {
                    "name": name,
                    "touchpoint_ids": touchpoints.ids,
                    "hidden_count": hidden_count,
                }
            )
            .with_env(self.env)
        )
        if kind == "pdf":
            report = self.env.ref("customer_continuity.action_report_register")
            return report.report_action(register, config=False)
        file_name = f"{name.replace('/', '-')}.csv"
        return {
            "type": "ir.actions.act_url",
            "target": "download",
            "url": f"/web/content/{self._name}/{register.id}/csv_file/{file_name}"
            "?download=true",
        }

    @api.model
    def _columns(self):
        """Return the titles of the columns, in their order.

        :rtype: list[str]
        """
        return [
            self.env._("Customer"),
            self.env._("People"),
            self.env._("What"),
            self.env._("By"),
            self.env._("When (%s)", self.env.user.tz or "UTC"),
            self.env._("Channel"),
            self.env._("Sent to"),
            self.env._("Message-Id"),
            self.env._("Fingerprint (SHA-256)"),
            self.env._("Result"),
            self.env._("Status"),
            self.env._("Acknowledged"),
        ]

    def _rows(self):
        """Return one row per attempt, and one for each contact nobody has tried, by
        customer and date.

        :rtype: list[list[str]]
        """
        self.ensure_one()
        touchpoints = self.touchpoint_ids.sorted(
            lambda t: (t.partner_id.display_name or "", t.date_due, t.id)
        )
        attempts_by_touchpoint = defaultdict(
            self.env["continuity.touchpoint.attempt"].browse
        )
        attempts = self.env["continuity.touchpoint.attempt"].search(
            [("touchpoint_id", "in", touchpoints.ids), ("withdrawn", "=", False)],
            order="date, id",
        )
        attempts_by_touchpoint.update(attempts.grouped("touchpoint_id"))
        rows = []
        for touchpoint in touchpoints:
            for attempt in attempts_by_touchpoint[touchpoint] or (attempts.browse(),):
                rows.append(self._row(touchpoint, attempt))
        return rows

    def _row(self, touchpoint, attempt):
        """Return the cells of one attempt, or of a contact without one."""
        labels = self._labels()
        channel = attempt.channel_id or touchpoint.channel_id
        result = labels["outcome"].get(attempt.outcome, "")
        if touchpoint.state in ("failed", "cancelled") and touchpoint.reason:
            result = ": ".join(part for part in (result, touchpoint.reason) if part)
        acknowledged = (self._moment(touchpoint.ack_date), touchpoint.ack_name)
        # Released and not gone yet: what will be sent is settled all the same.
        letter = attempt or touchpoint
        subject = letter.letter_subject or touchpoint.name
        recipient = attempt.recipient if attempt else touchpoint.letter_email
        return [
            touchpoint.partner_id.display_name or "",
            ", ".join(touchpoint.contact_ids.mapped("name")),
            subject or "",
            (attempt.user_id or touchpoint.user_id).name or "",
            self._moment(attempt.date),
            channel.name or "",
            recipient or "",
            attempt.message_id or "",
            letter.letter_hash or "",
            result,
            labels["state"].get(touchpoint.state, ""),
            " ".join(part for part in acknowledged if part),
        ]

    def _labels(self):
        touchpoint = self.env["continuity.touchpoint"]
        return {
            "outcome": dict(touchpoint._selection_outcome()),
            "state": dict(touchpoint._fields["state"]._description_selection(self.env)),
        }

    def _moment(self, moment):
        """Return a UTC datetime in the user's time zone, as a spreadsheet reads it."""
        if not moment:
            return ""
        return fields.Datetime.context_timestamp(self, moment).strftime(
            "%Y-%m-%d %H:%M"
        )

    def _hidden_note(self):
        """Say what the register does not contain; empty when it is complete."""
        self.ensure_one()
        if not self.hidden_count:
            return ""
        return self.env._(
            "%s more contacts belong to customers you may not see.", self.hidden_count
        )

    @api.depends("touchpoint_ids")
    def _compute_csv_file(self):
        for register in self:
            buffer = io.StringIO()
            writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
            rows = [self._columns(), *register._rows()]
            if note := register._hidden_note():
                rows.append([note])
            writer.writerows([self._safe_cell(cell) for cell in row] for row in rows)
            # With a byte order mark, or spreadsheets misread Japanese and Chinese.
            content = buffer.getvalue().encode("utf-8-sig")
            register.csv_file = base64.b64encode(content)

    @api.model
    def _safe_cell(self, text):
        """Return a cell that no spreadsheet takes for a formula."""
        return f"'{text}" if text.startswith(FORMULA_STARTS) else text
