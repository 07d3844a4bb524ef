from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.continuity_handover_cutover import QUIET

# More is a handover, not a correction.
MAX_REASSIGNED = 200
# What a plan would move is approved there; a few may be corrected without.
MAX_MOVED = 10


class ContinuityUserReassign(models.TransientModel):
    """Give the few records of one line of an audit to a colleague: quietly, without
    mails, and logged in ``continuity.reassignment``.

    A plan is the rule; this is for what no plan moves.
    """

    _name = "continuity.user.reassign"
    _description = "Give to a Colleague"

    line_id = fields.Many2one(
        "continuity.user.audit.line", required=True, readonly=True, ondelete="cascade"
    )
    what = fields.Char(compute="_compute_what")
    record_count = fields.Integer(compute="_compute_what", string="Records You May See")
    successor_id = fields.Many2one(
        "res.users", string="Give To", domain="[('share', '=', False)]"
    )
    reason = fields.Text(help="For whoever asks later.")

    @api.depends("line_id")
    def _compute_what(self):
        for wizard in self:
            line = wizard.line_id
            wizard.what = line and f"{line.model_name}: {line.field_name}"
            wizard.record_count = line and len(line._readable_records())

    def action_apply(self):
        """Give the records to the successor.

        Only records the user may read, of the companies selected now; what they may
        not write is refused, except what a handover would move and they are the
        manager.

        :raise AccessError: for people one does not manage, or records one may not
            write
        :raise UserError: when there is nothing to give, too much of it, or the
            successor cannot take it
        """
        self.ensure_one()
        line = self.line_id
        audit = line.audit_id
        self._check_may_reassign()
        mover = next((x for x in self._links() if x.mover), None)
        mover = mover and mover.mover
        records = self._records(mover)
        self._check_successor(records)
        if mover and audit._may_manage():
            # They may hand over the same records by a plan of theirs.
            records = records.sudo()
        records.check_access("write")
        self._reassign(records.with_context(**QUIET), mover)
        self.env["continuity.reassignment"].sudo().create(
            {
                "user_id": audit.user_id.id,
                "successor_id": self.successor_id.id,
                "model": line.model,
                "field": line.field,
                "res_ids": records.ids,
                "count": len(records),
                "what": self.what,
                "reason": self.reason,
            }
        )
        audit.action_audit()
        return {"type": "ir.actions.act_window_close"}

    def _check_may_reassign(self):
        """Refuse what is not this user's to give away.

        :raise AccessError: unless settings manager or manager of theirs
        :raise UserError: for lines that are not given away
        """
        audit = self.line_id.audit_id
        audit._check_may_audit()
        user = self.env.user
        if audit.user_id == user and not user._is_continuity_manager_of(user):
            raise AccessError(
                self.env._(
                    "Your own records are given away by your manager: make a plan."
                )
            )
        if not self.line_id.may_reassign:
            raise UserError(
                self.env._("What a plan handles, and history, stays as it is.")
            )

    def _links(self):
        line = self.line_id
        key = line.model, line.field or "", line.kind
        return [
            link
            for link in line.audit_id._get_links()
            if (link.model, link.field, link.kind) == key
        ]

    def _records(self, mover):
        """Return the records to give.

        :param Mover mover: what a plan would move them by, or None
        :raise UserError: when there are none, or too many
        """
        records = self.line_id._readable_records()
        if "company_id" in records._fields:
            companies = self.env.companies
            records = records.filtered(
                lambda r: not r.company_id or r.company_id in companies
            )
        if records._name == "res.partner":
            records -= self._other_companies_customers(records)
        if not records:
            raise UserError(
                self.env._("There is nothing here that you may see and give away.")
            )
        limit = min(MAX_MOVED, MAX_REASSIGNED) if mover else MAX_REASSIGNED
        if len(records) > limit:
            raise UserError(
                self.env._(
                    "These are %(count)s records; up to %(limit)s are given away like "
                    "this. Hand them over by a plan, or change them in their own "
                    "list.",
                    count=len(records),
                    limit=limit,
                )
            )
        return records

    def _other_companies_customers(self, partners):
        """Return the contacts that are customers of a company the user has no access
        to: their salesperson is that company's too.

        :param partners: ``res.partner``
        """
        # As superuser: the user sees nothing of that company.
        relationships = self.env["continuity.relationship"].sudo()
        found = relationships.search(
            [
                ("partner_id", "in", partners.commercial_partner_id.ids),
                ("company_id", "not in", self.env.user.company_ids.ids),
            ]
        )
        return partners.filtered(
            lambda partner: partner.commercial_partner_id in found.partner_id
        )

    def _check_successor(self, records):
        """Refuse successors who cannot do the work.

        :raise UserError: when nobody, the leaver, or somebody without access is named
        """
        successor = self.successor_id
        if not successor or successor == self.line_id.audit_id.user_id:
            raise UserError(self.env._("Choose the colleague who gets them."))
        companies = self.env.companies[:0]
        if "company_id" in records._fields:
            companies = records.sudo().company_id
        for company in companies or self.env.company:
            if not successor._is_continuity_colleague(company):
                raise UserError(
                    self.env._(
                        "%(name)s cannot work in %(company)s: choose somebody else.",
                        name=successor.name,
                        company=company.name,
                    )
                )

    def _reassign(self, records, mover):
        """Write the successor into the records; nobody is told.

        :param records: in an environment with the quiet context
        :param Mover mover: what else must stay, or None
        """
        line = self.line_id
        leaver, successor = line.audit_id.user_id, self.successor_id
        old, new = leaver.partner_id.id, successor.partner_id.id
        if line.kind == "follower":
            records.message_unsubscribe([old])
            records.message_subscribe([new])
        elif line.kind == "attendee":
            swap = [Command.unlink(old), Command.link(new)]
            records.write({line.field: swap})
        elif line.kind == "many":
            swap = [Command.unlink(leaver.id), Command.link(successor.id)]
            records.write({line.field: swap})
        elif line.kind == "property":
            for company in self.env.companies:
                here = records.with_company(company)
                here.filtered(lambda r: r[line.field] == leaver).write(
                    {line.field: successor.id}
                )
        elif mover:
            values = {line.field: successor.id}
            if mover.attendees:
                values[mover.attendees] = [Command.unlink(old), Command.link(new)]
            self.env["continuity.handover"]._write_person(mover, records, values)
            if records._name == "res.partner":
                self._note_new_owner(records)
            if records._name == "continuity.touchpoint":
                # Whoever is responsible has it in their list.
                records._responsible_changed(leaver)
        else:
            records.write({line.field: successor.id})

    def _note_new_owner(self, partners):
        """Let the relationships of customers know at once."""
        relationships = self.env["continuity.relationship"].sudo()
        for company in self.env.companies:
            known = relationships.search(
                [("company_id", "=", company.id), ("partner_id", "in", partners.ids)]
            )
            if known:
                relationships._refresh(company, partners=known.partner_id)
