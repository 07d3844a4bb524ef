from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, html2plaintext

from .continuity_concern import OPEN_STATES
from .continuity_handover_brief import BriefColumn, BriefSection

# So many of the last true contacts, with so much of what was said.
INTERACTIONS = 10
NOTES = 5
GIST_LENGTH = 300
# A concern closed no longer ago than this is still remembered by the customer.
RECENT_CONCERN_DAYS = 365
# Documents whose text may stand in a brief: mails of the same person on an
# application, say, are nobody's business here.
GIST_MODELS = (
    "res.partner",
    "crm.lead",
    "sale.order",
    "account.move",
    "continuity.touchpoint",
    "continuity.concern",
    "continuity.relationship",
)


class ContinuityHandoverBrief(models.Model):
    """What was said with the customer, what was promised, what worries them."""

    _inherit = "continuity.handover.brief"

    @api.model
    def _get_sections(self):
        concern = self.env["continuity.concern"]._fields
        return super()._get_sections() + [
            BriefSection(
                "promises",
                self.env._("Promised and Planned"),
                [
                    BriefColumn("when", self.env._("When"), "date"),
                    BriefColumn(
                        "kind",
                        self.env._("Kind"),
                        "choice",
                        {"meeting": self.env._("Meeting")},
                    ),
                    BriefColumn("what", self.env._("What"), wide=True),
                    BriefColumn("who", self.env._("By")),
                ],
            ),
            BriefSection(
                "concerns",
                self.env._("Concerns"),
                [
                    BriefColumn("raised", self.env._("Raised"), "date"),
                    BriefColumn(
                        "kind",
                        self.env._("Kind"),
                        "choice",
                        dict(concern["kind"]._description_selection(self.env)),
                    ),
                    BriefColumn("question", self.env._("What It Is About"), wide=True),
                    BriefColumn(
                        "state",
                        self.env._("Status"),
                        "choice",
                        dict(concern["state"]._description_selection(self.env)),
                    ),
                    BriefColumn("deadline", self.env._("Answer By"), "date"),
                    BriefColumn("who", self.env._("Responsible")),
                ],
            ),
            BriefSection(
                "interactions",
                self.env._("Last True Contacts"),
                [
                    BriefColumn("date", self.env._("When"), "date"),
                    BriefColumn(
                        "kind",
                        self.env._("How"),
                        "choice",
                        {
                            "meeting": self.env._("Meeting"),
                            "message": self.env._("Message from them"),
                        },
                    ),
                    BriefColumn("who", self.env._("With")),
                    BriefColumn("gist", self.env._("What Was Said"), wide=True),
                ],
            ),
            BriefSection(
                "notes",
                self.env._("Notes in the Chatter"),
                [
                    BriefColumn("date", self.env._("When"), "date"),
                    BriefColumn("who", self.env._("By")),
                    BriefColumn("gist", self.env._("Note"), wide=True),
                ],
            ),
        ]

    @api.model
    def _section_interactions(self, lines):
        """The last true contacts: by the same rules as the clock of silence
        (``continuity.relationship._refresh_sql_contacts``), each with its gist."""
        kinds = [self._sql_met(), self._sql_written(), self._sql_attempted()]
        channels = self.env["continuity.channel"].search(
            [("done_activity_counts", "=", True), ("true_contact", "=", True)]
        )
        if types := channels.activity_type_id:
            kinds.append(self._sql_ticked(types))
        found = SQL("%s", SQL(" UNION ALL ").join(kinds))
        parts = self._query(lines, found, SQL("date DESC, key"), limit=INTERACTIONS)
        for part in parts.values():
            part["total"] = len(part["rows"])
        return self._with_gists(parts)

    @api.model
    def _with_gists(self, parts):
        """Put the gist of messages into rows that name only the message; read
        afterwards, for the few rows that are shown."""
        rows = [row for part in parts.values() for row in part["rows"]]
        ids = {row["message"] for row in rows if row.get("message")}
        bodies = {}
        if ids:
            self.env.cr.execute(
                SQL(
                    "SELECT id, subject, body FROM mail_message WHERE id IN %s",
                    tuple(ids),
                )
            )
            bodies = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for row in rows:
            row.pop("key", None)
            if message := row.pop("message", None):
                subject, body = bodies[message]
                text = " ".join(html2plaintext(body or "").split())
                row["gist"] = self._shorten(text or subject or "")
            elif row.get("gist"):
                row["gist"] = self._shorten(row["gist"])
        return parts

    @api.model
    def _shorten(self, text):
        return text if len(text) <= GIST_LENGTH else f"{text[: GIST_LENGTH - 1]}…"

    @api.model
    def _sql_external(self, partner):
        return self.env["continuity.relationship"]._refresh_sql_external(partner)

    @api.model
    def _sql_met(self):
        """Return the meetings that took place with somebody of the customer."""
        return SQL(
            """
        SELECT person.line_id, e.stop AS date, to_jsonb('meeting'::text) AS kind,
               string_agg(DISTINCT p.name, ', ') AS who, e.name AS gist,
               NULL::int AS message, 'e' || e.id AS key
          FROM person
          JOIN calendar_attendee a ON a.partner_id = person.person_id
           AND a.state IS DISTINCT FROM 'declined'
          JOIN calendar_event e ON e.id = a.event_id
          JOIN res_partner p ON p.id = person.person_id
         WHERE e.active AND e.stop < %(now)s AND %(meeting)s AND %(external)s
           AND NOT EXISTS (SELECT FROM continuity_touchpoint t
                            WHERE t.event_id = e.id AND t.state = 'done')
      GROUP BY person.line_id, e.id""",
            now=fields.Datetime.now(),
            meeting=self._sql_meeting_shown(),
            external=self._sql_external(SQL("p.id")),
        )

    @api.model
    def _sql_meeting_shown(self):
        """Return the condition that the meeting ``e`` with ``person`` is no secret:
        not private, nor another company's, nor a colleague's with their customer."""
        return SQL(
            """(%(not_private)s
           AND NOT EXISTS (SELECT FROM crm_lead d
                            WHERE d.id = e.opportunity_id
                              AND d.company_id <> person.company_id)
           AND (e.user_id IS NULL OR EXISTS (
                    SELECT FROM res_company_users_rel cu
                     WHERE cu.user_id = e.user_id AND cu.cid = person.company_id))
           AND (%(theirs)s OR EXISTS (
                    SELECT FROM calendar_event_res_partner_rel seat
                      JOIN res_users su ON su.partner_id = seat.res_partner_id
                     WHERE seat.calendar_event_id = e.id
                       AND su.id = person.leaver_id)))""",
            not_private=self._sql_not_private(SQL("e.id")),
            theirs=self._sql_theirs(SQL("e.user_id")),
        )

    @api.model
    def _sql_written(self):
        """Return what people of the customer wrote."""
        return SQL(
            """
        SELECT person.line_id, m.date, to_jsonb('message'::text), p.name,
               NULL::text, CASE WHEN m.model IN %(models)s THEN m.id END, 'm' || m.id
          FROM person
          JOIN mail_message m ON m.author_id = person.person_id
          JOIN res_partner p ON p.id = person.person_id
         WHERE m.message_type IN ('email', 'comment') AND m.date <= %(now)s
           AND (m.record_company_id = person.company_id
                OR m.record_company_id IS NULL)
           AND (person.own OR m.model = 'res.partner' AND person.seen)
           AND %(external)s""",
            models=GIST_MODELS,
            now=fields.Datetime.now(),
            external=self._sql_external(SQL("p.id")),
        )

    @api.model
    def _sql_attempted(self):
        """Return the contacts of the ledger that reached somebody."""
        return SQL(
            """
        SELECT person.line_id, a.date, c.name, caller.name,
               COALESCE(NULLIF(a.note, ''), t.name), NULL::int, 'a' || a.id
          FROM person
          JOIN continuity_touchpoint t ON t.partner_id = person.person_id
           AND t.company_id = person.company_id
          JOIN continuity_touchpoint_attempt a ON a.touchpoint_id = t.id
          JOIN continuity_channel c ON c.id = a.channel_id
          JOIN res_users u ON u.id = a.user_id
          JOIN res_partner caller ON caller.id = u.partner_id
         WHERE %(true_contact)s AND a.date <= %(now)s
           AND (person.seen OR a.user_id = person.leaver_id)""",
            true_contact=self.env[
                "continuity.relationship"
            ]._refresh_sql_true_attempt(),
            now=fields.Datetime.now(),
        )

    @api.model
    def _sql_documents(self):
        """Return the records of the customer that are the predecessor's to hand over:
        line_id, leaver_id, own, model, id, company."""
        return SQL(
            """
        SELECT line_id, leaver_id, own OR seen AS own, 'res.partner' AS model,
               person_id AS id
          FROM person
     UNION ALL
        SELECT person.line_id, person.leaver_id, person.own, 'crm.lead', d.id
          FROM person JOIN crm_lead d ON d.partner_id = person.person_id
           AND (d.company_id IS NULL OR d.company_id = person.company_id)
         WHERE %(lead)s
     UNION ALL
        SELECT line.line_id, line.leaver_id, TRUE, 'crm.lead', line.lead_id
          FROM line WHERE line.lead_id IS NOT NULL
     UNION ALL
        SELECT person.line_id, person.leaver_id, person.own, 'sale.order', d.id
          FROM person JOIN sale_order d ON d.partner_id = person.person_id
           AND d.company_id = person.company_id
         WHERE %(order)s
     UNION ALL
        SELECT person.line_id, person.leaver_id, person.own, 'account.move', d.id
          FROM person JOIN account_move d ON d.partner_id = person.person_id
           AND d.company_id = person.company_id
           AND d.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
         WHERE %(invoice)s
     UNION ALL
        SELECT person.line_id, person.leaver_id, person.own, 'continuity.concern', d.id
          FROM person JOIN continuity_concern d ON d.partner_id = person.person_id
           AND d.company_id = person.company_id
         WHERE person.seen OR d.owner_id = person.leaver_id
     UNION ALL
        SELECT line.line_id, line.leaver_id, line.seen, 'continuity.relationship', d.id
          FROM line JOIN continuity_relationship d ON d.partner_id = line.partner_id
           AND d.company_id = line.company_id
         WHERE line.seen""",
            lead=self._sql_theirs(SQL("d.user_id")),
            order=self._sql_theirs(SQL("d.user_id")),
            invoice=self._sql_theirs(SQL("d.invoice_user_id")),
        )

    @api.model
    def _sql_ticked(self, types):
        """Return the contacts people ticked off as activities of some types."""
        return SQL(
            """
        SELECT doc.line_id, m.date, kind.name, author.name, NULL::text, m.id,
               'm' || m.id
          FROM (%(documents)s) doc
          JOIN mail_message m ON m.model = doc.model AND m.res_id = doc.id
           AND m.mail_activity_type_id IN %(types)s AND m.subtype_id = %(subtype)s
          JOIN mail_activity_type kind ON kind.id = m.mail_activity_type_id
          JOIN line ON line.line_id = doc.line_id
     LEFT JOIN res_partner author ON author.id = m.author_id
         WHERE m.date <= %(now)s
           AND (m.record_company_id = line.company_id
                OR m.record_company_id IS NULL)
           -- Reported as a contact of the ledger by the same click: told there.
           AND NOT EXISTS (
                SELECT FROM continuity_touchpoint t
                  JOIN continuity_touchpoint_attempt a ON a.touchpoint_id = t.id
                 WHERE t.partner_id = line.partner_id
                   AND t.company_id = line.company_id
                   AND (a.date BETWEEN m.date - interval '1 minute'
                                   AND m.date + interval '1 minute'
                        OR a.create_date BETWEEN m.date - interval '1 minute'
                                             AND m.date + interval '1 minute'))""",
            documents=self._sql_documents(),
            types=tuple(types.ids),
            subtype=self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_activities"),
            now=fields.Datetime.now(),
        )

    @api.model
    def _section_notes(self, lines):
        """What colleagues wrote down on the customer and its people."""
        found = SQL(
            """
        SELECT person.line_id, m.date, author.name AS who, m.id AS message,
               m.id AS key
          FROM person
          JOIN mail_message m ON m.model = 'res.partner'
           AND m.res_id = person.person_id
          JOIN res_partner author ON author.id = m.author_id
         WHERE m.message_type IN ('email', 'comment') AND m.body <> ''
           AND m.mail_activity_type_id IS NULL
           AND (m.record_company_id = person.company_id
                OR m.record_company_id IS NULL)
           AND person.seen AND NOT %(external)s""",
            external=self._sql_external(SQL("author.id")),
        )
        parts = self._query(lines, found, SQL("date DESC, key DESC"), limit=NOTES)
        for part in parts.values():
            part["total"] = len(part["rows"])
        return self._with_gists(parts)

    @api.model
    def _section_promises(self, lines):
        """Open activities on the customer's records, and meetings to come; without
        the joint visits and calls of handovers themselves."""
        found = SQL(
            """
        SELECT doc.line_id, to_jsonb(a.date_deadline) AS when, kind.name AS kind,
               concat_ws(', ', NULLIF(a.summary, ''),
                         CASE WHEN doc.model <> 'res.partner' THEN a.res_name END)
                   AS what,
               person.name AS who, a.date_deadline::timestamp AS due, a.id AS key
          FROM (%(documents)s) doc
          JOIN mail_activity a ON a.res_model = doc.model AND a.res_id = doc.id
           AND a.active
     LEFT JOIN mail_activity_type kind ON kind.id = a.activity_type_id
     LEFT JOIN res_users u ON u.id = a.user_id
     LEFT JOIN res_partner person ON person.id = u.partner_id
         WHERE (doc.own OR a.user_id = doc.leaver_id) AND %(activity_not_private)s
           AND NOT EXISTS (SELECT FROM continuity_touchpoint t
                            WHERE t.activity_id = a.id
                              AND t.origin_model = 'continuity.handover.line')
     UNION ALL
        SELECT DISTINCT person.line_id,
               to_jsonb(to_char(e.start, 'YYYY-MM-DD HH24:MI:SS')),
               to_jsonb('meeting'::text), e.name, organiser.name, e.start, e.id
          FROM person
          JOIN calendar_event_res_partner_rel seat
            ON seat.res_partner_id = person.person_id
          JOIN calendar_event e ON e.id = seat.calendar_event_id
     LEFT JOIN res_users u ON u.id = e.user_id
     LEFT JOIN res_partner organiser ON organiser.id = u.partner_id
         WHERE e.active AND e.start > %(now)s AND %(meeting)s
           AND NOT EXISTS (SELECT FROM continuity_touchpoint t
                            WHERE t.event_id = e.id
                              AND t.origin_model = 'continuity.handover.line')""",
            documents=self._sql_documents(),
            activity_not_private=self._sql_not_private(SQL("a.calendar_event_id")),
            meeting=self._sql_meeting_shown(),
            now=fields.Datetime.now(),
        )
        keys = ("when", "kind", "what", "who")
        return self._query(lines, found, SQL("due, key"), keys=keys)

    @api.model
    def _section_concerns(self, lines):
        """Concerns that are open, and those of the last year."""
        found = SQL(
            """
        SELECT person.line_id, c.raised_on AS raised, c.kind, c.state,
               left(c.question, %(length)s) AS question,
               CASE WHEN c.state IN %(open)s THEN c.deadline END AS deadline,
               owner.name AS who, c.state IN %(open)s AS open, c.id AS concern_id
          FROM person
          JOIN continuity_concern c ON c.partner_id = person.person_id
           AND c.company_id = person.company_id
     LEFT JOIN res_users u ON u.id = c.owner_id
     LEFT JOIN res_partner owner ON owner.id = u.partner_id
         WHERE (person.seen OR c.owner_id = person.leaver_id)
           AND (c.state IN %(open)s
                OR COALESCE(c.closed_on, c.raised_on) >= %(since)s)""",
            length=GIST_LENGTH,
            open=OPEN_STATES,
            since=fields.Datetime.now() - timedelta(days=RECENT_CONCERN_DAYS),
        )
        keys = ("raised", "kind", "question", "state", "deadline", "who")
        order = SQL("open DESC, raised DESC, concern_id")
        return self._query(lines, found, order, keys=keys)
