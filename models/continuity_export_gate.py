"""What has to be in order before a customer's data leaves for a successor (D7)."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .continuity_consent import KINDS as CONSENT_KINDS
from .continuity_touchpoint import WRITTEN_OUTCOMES

EXPORT_STATES = ("agreed", "exported", "running")
CAME_BACK = ("rejected", "bounced")


class ContinuityTransfer(models.Model):
    _inherit = "continuity.transfer"

    export_warning = fields.Text(
        compute="_compute_export_warning", string="What Stands in the Way"
    )

    @api.depends_context("uid")
    def _compute_export_warning(self):
        for transfer in self:
            transfer.export_warning = "\n".join(transfer._export_problems())

    def _export_problems(self, user=None):
        """Return every reason why this customer's data may not leave now, in a stable
        order; extensions add theirs.

        Everything is looked up anew: whatever was in order when the transfer was
        agreed to may have expired, bounced or been withdrawn since.

        :param user: who wants to hand it over; the current user without
        :rtype: list[str]
        """
        self.ensure_one()
        user = user or self.env.user
        transfer = self.sudo()
        day = transfer.dissolution_id._local_today()
        return [
            *transfer._exporter_problems(user),
            *transfer._decision_problems(day),
            *transfer._consent_problems(),
            *transfer._notice_problems(day),
            *transfer._document_problems(day),
            *transfer._term_problems(),
        ]

    def _exporter_problems(self, user):
        """Say why somebody may not hand data over: only who is named may."""
        if user in self.dissolution_id.export_user_ids and user.active:
            return []
        return [
            self.env._(
                "%(user)s is not among those who may export customer data: see the "
                "campaign %(campaign)s.",
                user=user.name,
                campaign=self.dissolution_id.name,
            )
        ]

    def _decision_problems(self, day):
        problems = []
        campaign = self.dissolution_id
        decided = campaign._date_of("decision", done=True)
        if not decided or decided > day:
            problems.append(
                self.env._("The decision to dissolve is not recorded as taken.")
            )
        if campaign.state not in ("running", "reported"):
            problems.append(self.env._("%s is not being carried out.", campaign.name))
        if self.state not in EXPORT_STATES:
            problems.append(
                self.env._("%s is not a transfer that was agreed to.", self.name)
            )
        if self.customer_id.state == "out":
            problems.append(
                self.env._("%s was left out of the campaign.", self.partner_id.name)
            )
        return problems

    def _consent_problems(self):
        """Say which grounds or answers are missing; silence is refusal."""
        problems = []
        if not self.rule_id:
            problems.append(
                self.env._("Say on what grounds the data may be passed on.")
            )
        questions = dict(
            self.env["continuity.consent"]
            ._fields["kind"]
            ._description_selection(self.env)
        )
        needed = self._consent_kinds()
        for kind, _label in CONSENT_KINDS:
            answer = self._answer(kind)
            if answer in ("refused", "withdrawn"):
                problems.append(
                    self.env._(
                        "%(customer)s has refused or withdrawn: “%(question)s”.",
                        customer=self.partner_id.name,
                        question=questions[kind],
                    )
                )
            elif kind in needed and answer == "none":
                problems.append(
                    self.env._(
                        "%(customer)s has not answered: “%(question)s”. Silence is "
                        "refusal.",
                        customer=self.partner_id.name,
                        question=questions[kind],
                    )
                )
        return problems

    def _last_deliveries(self):
        """Return the last delivery of each notice to this customer, whatever became of
        it; handing the PDF over in a chat is one, too.

        :rtype: continuity.touchpoint.attempt
        """
        self.ensure_one()
        notices = self.customer_id.touchpoint_ids.filtered(
            lambda t: t.purpose == "dissolution" and t.state != "cancelled"
        )
        deliveries = notices.attempt_ids.filtered(
            lambda a: a.outcome in (*WRITTEN_OUTCOMES, *CAME_BACK)
        )
        last = deliveries.browse()
        for attempts in deliveries.grouped("touchpoint_id").values():
            last |= attempts.sorted(lambda a: (a.date, a.id))[-1:]
        return last

    def _notice_problems(self, day):
        """Say why the customer has not been told in writing, or may still object."""
        deliveries = self._last_deliveries()
        arrived = deliveries.filtered(lambda a: a.outcome in WRITTEN_OUTCOMES)
        if not arrived:
            name = self.partner_id.name
            if deliveries:
                return [
                    self.env._(
                        "The notice to %s came back: it has to reach them first.", name
                    )
                ]
            return [self.env._("No notice in writing has gone out to %s.", name)]
        if not self.rule_id.objection_days:
            return []
        told = self.dissolution_id._local_date(min(arrived.mapped("date")))
        last_day = fields.Date.add(told, days=self.rule_id.objection_days)
        if day > last_day:
            return []
        return [
            self.env._(
                "%(customer)s may object until %(day)s.",
                customer=self.partner_id.name,
                day=format_date(self.env, last_day),
            )
        ]

    def _document_problems(self, day):
        """Say which paper of the provider is missing or does not count."""
        provider = self.provider_id
        documents = provider.document_ids._of_company(self.company_id)
        return provider._agreement_problems(
            self.company_id, day
        ) + documents._best_problems("commitment", day, provider, self.partner_id)

    def _term_problems(self):
        """Say what the terms of the transfer lack."""
        problems = []
        if not self.provider_id.partner_id.country_id:
            problems.append(
                self.env._(
                    "Enter the country of %s: data that goes abroad needs a consent "
                    "of its own.",
                    self.provider_id.display_name,
                )
            )
        key_tier = self.env.ref("customer_continuity.tier_a", raise_if_not_found=False)
        if key_tier and self.customer_id.tier_id == key_tier and not self.free_months:
            problems.append(self.env._("Agree on a free period: key accounts get one."))
        return problems

    def action_export(self):
        """Write the package for the provider and keep it with its fingerprint.

        :raise UserError: listing everything that stands in the way
        """
        self.check_access("read")
        for transfer in self:
            # Locked before looking: a consent cannot be withdrawn meanwhile.
            transfer.sudo().lock_for_update(allow_referencing=True)
            transfer.sudo().invalidate_recordset()
            if problems := transfer._export_problems():
                raise UserError("\n".join(problems))
            self.env["continuity.export.package"]._make(transfer)
            if transfer.state == "agreed":
                transfer.sudo().state = "exported"
        if len(self) == 1:
            return self.action_packages()
        return True

    def action_packages(self):
        """Open what was handed over."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Handed Over"),
            "res_model": "continuity.export.package",
            "view_mode": "list,form",
            "domain": [("transfer_id", "in", self.ids)],
        }
