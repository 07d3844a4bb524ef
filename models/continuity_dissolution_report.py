import hashlib

from odoo import models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from .continuity_touchpoint import REACHING_OUTCOMES, WRITTEN_OUTCOMES

# Rows of a list in the report; the rest is counted, and found in the campaign.
SHOWN = 40


class ContinuityDissolution(models.Model):
    """The closing report (D10): what was promised, what became of it, and the proof.

    A list of sections, each a dict of ``title`` and any of ``lines`` (sentences),
    ``columns`` and ``rows`` (lists of texts), ``empty`` (said when there is no row);
    extensions add theirs to :meth:`_closing_report_sections`.
    """

    _inherit = "continuity.dissolution"

    def action_closing_report(self):
        """Print the closing report; while the campaign runs, as it stands."""
        self._check_may_report_closing()
        report = self.env.ref("customer_continuity.action_report_dissolution_closing")
        return report.report_action(self, config=False)

    def _check_may_report_closing(self):
        """Refuse the figures of a campaign to those who only speak to some of its
        customers.

        :raise AccessError: unless the campaign names them, or they decide on it
        """
        self.check_access("read")
        for campaign in self:
            if not campaign._sees_figures():
                raise AccessError(
                    self.env._(
                        "The report of %s is for those the campaign names.",
                        campaign.name,
                    )
                )

    def _sees_figures(self):
        """Tell whether the figures of all customers are for this user: who the
        campaign names, and who decides on it.

        :rtype: bool
        """
        self.ensure_one()
        return self.env.user in self.sudo().reader_ids or self._may_manage()

    def _closing_report_sections(self):
        """Return the sections of the report, in the language of the context.

        With the rights of the app: who may have the report was checked, and its
        figures are those of all customers.

        :rtype: list[dict]
        """
        self.ensure_one()
        self._check_may_report_closing()
        campaign = self.sudo()
        return [
            campaign._report_summary(),
            campaign._report_telling(),
            campaign._report_left_out(),
            campaign._report_milestones(),
            *campaign._report_obligations(),
            campaign._report_choices(),
            *campaign._report_transfers(),
            campaign._report_events(),
            *campaign._report_concerns(),
            campaign._report_hours(),
            campaign._report_aftercare(),
            campaign._report_proof(),
        ]

    # === WORDS === #

    def _report_day(self, day):
        return format_date(self.env, day) if day else "–"

    def _report_label(self, record, name):
        """Return the label of a selection's value."""
        labels = dict(record._fields[name]._description_selection(self.env))
        return labels.get(record[name], "–")

    def _report_share(self, part, whole):
        """Return how many of how many, in per cent as well."""
        if not whole:
            return f"{part}"
        return self.env._(
            "%(part)s of %(whole)s (%(share)s %%)",
            part=part,
            whole=whole,
            share=round(100 * part / whole),
        )

    def _report_more(self, records):
        """Return the first records of a list, and the sentence about the others."""
        hidden = len(records) - SHOWN
        more = hidden > 0 and self.env._("… and %s more.", hidden)
        return records[:SHOWN], [more] if more else []

    # === SECTIONS === #

    def _report_summary(self):
        """Return who is wound down, why, decided when, and who answers afterwards."""
        lines = self.customer_ids.filtered(lambda line: line.state != "out")
        told = lines.filtered("told_on")
        last = self._date_of("last_service")
        days = [(last - self._local_date(line.told_on)).days for line in told if last]
        rows = [
            (self.env._("Company"), self.company_id.name),
            (self.env._("What is wound down"), self._report_label(self, "kind")),
            (
                self.env._("Law and route"),
                ", ".join(
                    filter(None, [self.jurisdiction_id.name, self.timetable_id.name])
                ),
            ),
            (self.env._("What customers were told"), self.customer_reason or "–"),
            (
                self.env._("Decision"),
                self._report_day(self._date_of("decision", done=True)),
            ),
            (self.env._("Last service"), self._report_day(last)),
            (
                self.env._("Customers told"),
                self._report_share(len(told), len(lines)),
            ),
            (
                self.env._("Days left to customers after they were told"),
                self.env._(
                    "at least %(least)s, %(typical)s in the middle",
                    least=min(days),
                    typical=sorted(days)[len(days) // 2],
                )
                if days
                else "–",
            ),
            (self.env._("Owner"), self.owner_id.name or "–"),
            (
                self.env._("Task force"),
                ", ".join(dict.fromkeys(self.member_ids.user_id.mapped("name"))) or "–",
            ),
            (
                self.env._("Approved by"),
                ", ".join(
                    f"{approval.decided_by_id.name} "
                    f"({self._report_day(self._local_date(approval.decided_on))})"
                    for approval in self.approval_ids
                    if approval.state == "approved" and approval.decided_by_id
                )
                or "–",
            ),
            (
                self.env._("Keeps customers' data"),
                ": ".join(
                    filter(None, [self.data_keeper_id.name, self.data_keeper_note])
                )
                or "–",
            ),
            (self.env._("Runs the aftercare"), self.aftercare_user_id.name or "–"),
            (
                self.env._("Closed On") if self.closed_on else self.env._("Status"),
                f"{self._report_day(self._local_date(self.closed_on))}, "
                f"{self.closed_by_id.name}"
                if self.closed_on
                else self._report_label(self, "state"),
            ),
        ]
        return {
            "title": self.env._("The campaign"),
            "rows": [list(row) for row in rows],
            "lines": [self.report_note] if self.report_note else [],
        }

    def _report_telling(self):
        """Return who was told, how and when, by tier and segment."""
        lines = self.customer_ids.filtered(lambda line: line.state != "out")
        by_line = {}
        attempts = self.env["continuity.touchpoint.attempt"].search(
            [
                ("touchpoint_id.origin_model", "=", lines._name),
                ("touchpoint_id.origin_id", "in", lines.ids),
                ("touchpoint_id.occurrence", "=like", "tell:%"),
                ("outcome", "in", REACHING_OUTCOMES),
                ("withdrawn", "=", False),
            ]
        )
        for attempt in attempts:
            channels = by_line.setdefault(attempt.touchpoint_id.origin_id, set())
            channels.add(attempt.channel_id)
        rows = []
        groups = lines.grouped(lambda line: (line.tier_id, line.segment))
        segments = [key for key, _label in lines._fields["segment"].selection]
        for (tier, _segment), some in sorted(
            groups.items(),
            key=lambda item: (
                item[0][0].sequence,
                segments.index(item[0][1]) if item[0][1] in segments else 9,
            ),
        ):
            told = some.filtered("told_on")
            used = [c for line in some for c in by_line.get(line.id, ())]
            names = [
                f"{channel.name} {used.count(channel)}"
                for channel in dict.fromkeys(sorted(used, key=lambda c: c.id))
            ]
            days = told.mapped(lambda line: self._local_date(line.told_on))
            rows.append(
                [
                    tier.name or "–",
                    self._report_label(some[0], "segment"),
                    self._report_share(len(told), len(some)),
                    str(len(some.filtered("spoken_on"))),
                    " – ".join(
                        dict.fromkeys(
                            self._report_day(day) for day in (min(days), max(days))
                        )
                    )
                    if days
                    else "–",
                    ", ".join(names) or "–",
                ]
            )
        announced = self._date_of("announcement", done=True)
        notes = []
        if announced:
            before = lines.filtered(
                lambda line: (
                    line.told_on and self._local_date(line.told_on) <= announced
                )
            )
            notes.append(
                self.env._(
                    "Told before the public announcement of %(day)s: %(share)s.",
                    day=self._report_day(announced),
                    share=self._report_share(len(before), len(lines)),
                )
            )
        return {
            "title": self.env._("How customers were told"),
            "columns": [
                self.env._("Tier"),
                self.env._("Segment"),
                self.env._("Has Been Told"),
                self.env._("Spoken to"),
                self.env._("From – to"),
                self.env._("How"),
            ],
            "rows": rows,
            "lines": notes,
            "empty": self.env._("No customer was concerned."),
        }

    def _report_left_out(self):
        """Return who was left out or not told, and why."""
        rows, more = self._report_more(
            self.customer_ids.filtered(lambda line: line.state in ("out", "planned"))
        )
        return {
            "title": self.env._("Left out or not told"),
            "columns": [self.env._("Customer"), self.env._("Why")],
            "rows": [
                [
                    line.partner_id.display_name,
                    line.out_reason or self.env._("not told yet"),
                ]
                for line in rows
            ],
            "lines": more,
            "empty": self.env._("Nobody."),
        }

    def _report_milestones(self):
        """Return the timetable, and whether its bounds were kept."""
        return {
            "title": self.env._("Timetable"),
            "columns": [
                self.env._("Event"),
                self.env._("Planned"),
                self.env._("Bounds"),
                self.env._("Happened"),
                self.env._("Kept"),
            ],
            "rows": [
                [
                    milestone.event_id.name,
                    self._report_day(milestone.date_planned),
                    " – ".join(
                        self._report_day(day) if day else "…"
                        for day in (milestone.earliest, milestone.latest)
                    )
                    if milestone.earliest or milestone.latest
                    else "–",
                    self._report_day(milestone.done_on),
                    self._report_label(milestone, "status"),
                ]
                for milestone in self.milestone_ids
            ],
            "lines": [
                self.env._(
                    "The periods are shipped as a starting point with their article; "
                    "counsel must check them."
                )
            ],
            "empty": self.env._("No timetable was kept."),
        }

    def _report_proof(self):
        """Return how many contacts the register proves, and one fingerprint over the
        fingerprints of all letters."""
        domain = self._register_domain(self._register_origins())
        touchpoints = self.env["continuity.touchpoint"].search(domain)
        attempts = self.env["continuity.touchpoint.attempt"].search(
            [("touchpoint_id", "in", touchpoints.ids), ("withdrawn", "=", False)]
        )
        letters = attempts.filtered(lambda a: a.outcome in WRITTEN_OUTCOMES)
        hashes = sorted(filter(None, letters.mapped("letter_hash")))
        lines = [
            self.env._(
                "The register of contacts lists %(contacts)s contacts with "
                "%(attempts)s attempts: who was told what, when, over which channel, "
                "with what result. It is printed separately.",
                contacts=len(touchpoints),
                attempts=len(attempts),
            ),
            self.env._(
                "%(letters)s letters were sent or posted; %(acknowledged)s were "
                "acknowledged, which means received and no more.",
                letters=len(letters),
                acknowledged=len(touchpoints.filtered("ack_date")),
            ),
        ]
        if hashes:
            digest = hashlib.sha256("".join(hashes).encode()).hexdigest()
            lines.append(
                self.env._(
                    "Fingerprint (SHA-256) over the fingerprints of all letters, in "
                    "alphabetical order: %s",
                    digest,
                )
            )
        return {"title": self.env._("Proof of service"), "lines": lines}
