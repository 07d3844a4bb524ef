from collections import Counter

from odoo import models
from odoo.tools import formatLang

from .continuity_concern import FORMAL_KINDS, OPEN_STATES

# Concerns that are listed one by one.
LISTED_KINDS = (*FORMAL_KINDS, "complaint")


class ContinuityDissolution(models.Model):
    """The closing report: what was owed, what customers chose, where they went, what
    they raised, and what it all took."""

    _inherit = "continuity.dissolution"

    def _report_obligations(self):
        """Return what was owed and how it ended, in the currency of the documents,
        and by name what a person decided."""
        obligations = self.env["continuity.obligation"].search(
            [("dissolution_id", "=", self.id)]
        )
        rows = []
        groups = obligations.grouped(lambda row: (row.kind, row.currency_id))
        for (_kind, currency), some in groups.items():
            amount = sum(some.mapped("amount"))
            settled = some.filtered(lambda row: row.state == "settled")
            rows.append(
                [
                    self._report_label(some[0], "kind"),
                    str(len(some)),
                    formatLang(self.env, amount, currency_obj=currency)
                    if currency and amount
                    else "–",
                    str(len(settled.filtered("settled_by_document"))),
                    str(len(settled.filtered(lambda row: not row.settled_by_document))),
                    str(len(some.filtered(lambda row: row.state == "decided"))),
                    str(len(some.filtered(lambda row: row.state == "open"))),
                ]
            )
        decided, more = self._report_more(
            obligations.filtered(lambda row: row.state == "decided")
        )
        return [
            {
                "title": self.env._("Obligations and how they ended"),
                "columns": [
                    self.env._("Kind"),
                    self.env._("How many"),
                    self.env._("Amount"),
                    self.env._("Settled by the books"),
                    self.env._("Settled by a person"),
                    self.env._("Decided"),
                    self.env._("Open"),
                ],
                "rows": rows,
                "empty": self.env._("Nothing was owed."),
            },
            {
                "title": self.env._("Decided by name"),
                "columns": [
                    self.env._("Customer"),
                    self.env._("Obligation"),
                    self.env._("Decision"),
                    self.env._("By"),
                ],
                "rows": [
                    [
                        row.partner_id.display_name,
                        row.origin_name or row.description,
                        row.decision or "",
                        f"{row.decided_by_id.name}, "
                        f"{self._report_day(self._local_date(row.decided_on))}",
                    ]
                    for row in decided
                ],
                "lines": more,
                "empty": self.env._("Nothing had to be decided."),
            },
        ]

    def _report_choices(self):
        """Return what customers chose."""
        lines = self.customer_ids.filtered(lambda line: line.state != "out")
        counts = Counter(lines.mapped("choice"))
        labels = lines._fields["choice"]._description_selection(self.env)
        return {
            "title": self.env._("What customers chose"),
            "rows": [
                [label, self._report_share(counts[value], len(lines))]
                for value, label in [*labels, (False, self.env._("No choice"))]
                if counts[value]
            ],
            "empty": self.env._("No customer was concerned."),
        }

    def _report_transfers(self):
        """Return where customers went, their consents, and what data left."""
        transfers = self.env["continuity.transfer"].search(
            [("dissolution_id", "=", self.id)]
        )
        rows = []
        for provider, some in transfers.grouped("provider_id").items():
            states = Counter(some.mapped("state"))
            labels = some._fields["state"]._description_selection(self.env)
            rows.append(
                [
                    provider.display_name
                    + (f" ({provider.interest})" if provider.interest else ""),
                    ", ".join(
                        f"{label} {states[state]}"
                        for state, label in labels
                        if states[state]
                    ),
                    self._report_consents(some, "contract_consent"),
                    self._report_consents(some, "data_consent"),
                ]
            )
        returned = transfers.filtered(lambda t: t.state == "returned")
        packages = self.env["continuity.export.package"].search(
            [("dissolution_id", "=", self.id)]
        )
        shown, more = self._report_more(packages)
        return [
            {
                "title": self.env._("Transfers to successors"),
                "columns": [
                    self.env._("Provider"),
                    self.env._("Customers"),
                    self.env._("Consent to the contract"),
                    self.env._("Consent to the data"),
                ],
                "rows": rows,
                "lines": [
                    self.env._(
                        "%(customer)s came back from %(provider)s: %(reason)s",
                        customer=transfer.partner_id.display_name,
                        provider=transfer.provider_id.display_name,
                        reason=transfer.return_reason or "",
                    )
                    for transfer in returned
                ],
                "empty": self.env._("Nobody was transferred."),
            },
            {
                "title": self.env._("Customer data that left"),
                "columns": [
                    self.env._("Customer"),
                    self.env._("Data Recipient"),
                    self.env._("When, by whom"),
                    self.env._("Fingerprint (SHA-256)"),
                ],
                "rows": [
                    [
                        package.partner_id.display_name,
                        package.provider_id.display_name,
                        f"{self._report_day(self._local_date(package.made_on))}, "
                        f"{package.made_by_id.name}",
                        package.sha256,
                    ]
                    for package in shown
                ],
                "lines": more,
                "empty": self.env._("None."),
            },
        ]

    def _report_consents(self, transfers, name):
        """Return how often customers gave, refused or withdrew a consent."""
        counts = Counter(transfers.mapped(name))
        labels = transfers._fields[name]._description_selection(self.env)
        return ", ".join(
            f"{label} {counts[value]}" for value, label in labels if counts[value]
        )

    def _report_events(self):
        """Return the events, who came, and whom they met."""
        return {
            "title": self.env._("Appreciation events"),
            "columns": [
                self.env._("Appreciation Event"),
                self.env._("Day"),
                self.env._("Guests"),
                self.env._("Came"),
                self.env._("Introductions"),
            ],
            "rows": [
                [
                    event.name,
                    self._report_day(self._local_date(event.date)),
                    str(event.guest_count),
                    str(event.attended_count),
                    str(event.introduction_count),
                ]
                for event in self.event_ids.filtered(lambda e: e.state != "cancelled")
            ],
            "empty": self.env._("There was none."),
        }

    def _report_concerns(self):
        """Return what customers raised, and one by one complaints, lawyers' letters
        and claims."""
        concerns = self._concerns()
        rows = []
        labels = dict(concerns._fields["kind"]._description_selection(self.env))
        for kind, some in concerns.grouped("kind").items():
            answered = some.filtered("answered_on")
            in_time = answered.filtered(
                lambda c: not c.deadline or c.answered_on <= c.deadline
            )
            rows.append(
                [
                    labels[kind],
                    str(len(some)),
                    self._report_share(len(answered), len(some)),
                    self._report_share(len(in_time), len(answered)),
                    str(len(some.filtered(lambda c: c.state in OPEN_STATES))),
                ]
            )
        listed, more = self._report_more(
            concerns.filtered(lambda c: c.kind in LISTED_KINDS).sorted("raised_on")
        )
        return [
            {
                "title": self.env._("Questions, complaints and letters from lawyers"),
                "columns": [
                    self.env._("Kind"),
                    self.env._("Raised"),
                    self.env._("Answered"),
                    self.env._("In time"),
                    self.env._("Open"),
                ],
                "rows": rows,
                "empty": self.env._("Customers raised nothing."),
            },
            {
                "title": self.env._("Complaints, letters from lawyers and claims"),
                "columns": [
                    self.env._("Reference"),
                    self.env._("Customer"),
                    self.env._("Kind"),
                    self.env._("Raised"),
                    self.env._("Deadline"),
                    self.env._("Answered"),
                ],
                "rows": [
                    [
                        concern.name,
                        concern.partner_id.display_name,
                        labels[concern.kind],
                        self._report_day(self._local_date(concern.raised_on)),
                        self._report_day(self._local_date(concern.deadline)),
                        self._report_day(self._local_date(concern.answered_on)),
                    ]
                    for concern in listed
                ],
                "lines": more,
                "empty": self.env._("None."),
            },
        ]

    def _report_hours(self):
        """Return the hours by tier, and the share that went to customers."""
        figures = self._hours_figures()
        rows = [
            [label, f"{hours:.1f}", "", "", f"{share:.0f} %"]
            for label, hours, share in figures["kinds"]
        ]
        rows += [
            [
                self.env._("of these tier %s", row["tier"])
                if row["tier"]
                else self.env._("of these for no one tier"),
                f"{row['hours']:.1f}",
                str(row["count"] or ""),
                f"{row['each']:.1f}" if row["each"] else "",
                f"{row['share']:.0f} %",
            ]
            for row in figures["tiers"]
        ]
        return {
            "title": self.env._("Hours"),
            "columns": [
                self.env._("Spent on"),
                self.env._("Hours"),
                self.env._("Customers"),
                self.env._("Hours each"),
                self.env._("Share of all"),
            ],
            "rows": rows,
            "lines": [
                self.env._(
                    "%(hours)s hours in all; %(share)s %% of them went to customers.",
                    hours=f"{figures['total']:.1f}",
                    share=round(figures["share"]),
                )
            ]
            if figures["total"]
            else [],
            "empty": self.env._("No hours were recorded."),
        }

    def _report_aftercare(self):
        """Return what came of the aftercare so far."""
        return {
            "title": self.env._("Aftercare"),
            "columns": [
                self.env._("Days after the end"),
                self.env._("Touchpoints"),
                self.env._("Reached"),
                self.env._("Would work with us again"),
                self.env._("Recommended as"),
            ],
            "rows": [
                [
                    str(row["days"]),
                    str(row["planned"]),
                    self._report_share(row["reached"], row["planned"]),
                    str(row["returning"]),
                    ", ".join(f"{label} {n}" for label, n in row["recommended"]) or "–",
                ]
                for row in self._aftercare_figures()
            ],
            "empty": self.env._("It begins after the last service."),
        }
