"""Budget row 2: 1,000 customers with 20,000 open records change hands.

In each round three leavers have the same customers. One's are moved by the scheduled
action, with its commits, precommit hooks and digest; one's by bare SQL statements that
make the same updates, log entries and followers and commit once; a twentieth of the
third's one record at a time by plain ``write``, each flushed. That one is spared mails
and invitations, which it would send when left alone.
"""

import statistics
import time

from common import analyze, median_ratio, seconds

from odoo import Command
from odoo.tools import SQL

CUSTOMERS = 1_000
# Open records of one leaver. As many of each kind are history or done: they stay.
LEADS = 7_000
ORDERS = 4_500
INVOICES = 1_000
ACTIVITIES = 7_000
MEETINGS = 500
OPEN_RECORDS = LEADS + ORDERS + INVOICES + ACTIVITIES + MEETINGS
SIZE = f"{CUSTOMERS:,} customers, {OPEN_RECORDS:,} open records"
ROUNDS = 3
SAMPLE = 20  # one customer in so many is moved record by record

# What the record-by-record yardstick is spared.
SPARED = {
    "mail_auto_subscribe_no_notify": True,
    "mail_activity_quick_update": True,
    "no_mail_to_attendees": True,
    "skip_attendee_notification": True,
    "dont_notify": True,
}


def resize(customers):
    """Make the plan smaller, or larger, records in proportion; not for the budget.

    :param int customers: how many change hands
    """
    names = ("LEADS", "ORDERS", "INVOICES", "ACTIVITIES", "MEETINGS", "CUSTOMERS")
    for name in names:
        globals()[name] = max(globals()[name] * customers // CUSTOMERS, 1)


# === Data === #


def prepare(env):
    """Return a queued plan with people and records of its own, committed."""
    leaver, successor = create_people(env, time.time_ns())
    plan = generate(env, leaver, successor)
    # The scheduled action that moves it works in transactions of its own.
    env.cr.commit()
    return plan


def successor_of(plan):
    """Return the one successor of a plan made here."""
    return plan.line_ids.successor_id


def create_people(env, number):
    """Return a leaver and a successor, each in a sales team of their own."""
    group = env.ref("sales_team.group_sale_salesman")
    company = env.company
    leaver, successor = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "name": f"{role} {number}",
                    "login": f"bench-cutover-{role}-{number}",
                    "email": f"{role}{number}@example.com",
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "group_ids": [Command.set(group.ids)],
                }
                for role in ("leaver", "successor")
            ]
        )
    )
    for user in leaver | successor:
        env["crm.team"].create(
            {
                "name": user.name,
                "company_id": company.id,
                "member_ids": [Command.set(user.ids)],
            }
        )
    return leaver, successor


def generate(env, leaver, successor):
    """Insert one leaver's customers and their records by SQL and return the plan
    that hands them over, its lines queued."""
    company = env.company
    journal = env["account.journal"].search(
        [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
    ) or env["account.journal"].create(
        {"name": "Bench", "code": "BENCH", "type": "sale", "company_id": company.id}
    )
    stage = env["crm.stage"].search([("is_won", "=", False)], limit=1)
    won = env["crm.stage"].search([("is_won", "=", True)], limit=1)
    product = env["product.product"].create({"name": "Bench", "type": "service"})
    common = {
        "leaver": leaver.id,
        "company": company.id,
        "currency": company.currency_id.id,
        "journal": journal.id,
        "stage": stage.id,
        "won": won.id,
        "team": leaver.crm_team_ids[:1].id,
        "seat": leaver.partner_id.id,
        "product": product.id,
        "uom": product.uom_id.id,
        "customers": CUSTOMERS,
        "mark": f"bench {leaver.id}",
        "partner_model": env["ir.model"]._get_id("res.partner"),
        "lead_model": env["ir.model"]._get_id("crm.lead"),
        "order_model": env["ir.model"]._get_id("sale.order"),
        "activity_type": env.ref("mail.mail_activity_data_todo").id,
        "leads": LEADS,
        "orders": ORDERS,
        "invoices": INVOICES,
        "activities": ACTIVITIES,
        "meetings": MEETINGS,
    }
    env.flush_all()
    for statement in GENERATE:
        env.cr.execute(SQL(statement, **common))
    env.invalidate_all()
    partners = env["res.partner"].search(
        [("ref", "=", common["mark"]), ("is_company", "=", True)], order="id"
    )
    plan = env["continuity.handover"].create(
        {
            "company_id": company.id,
            "leaver_ids": [Command.set(leaver.ids)],
            "date_start": "2020-01-01",
            "date_end": "2099-01-01",
            "state": "running",
            "line_ids": [
                Command.create(
                    {
                        "partner_id": partner.id,
                        "leaver_id": leaver.id,
                        "successor_id": successor.id,
                        "state": "queued",
                    }
                )
                for partner in partners
            ],
        }
    )
    return plan


# Every second record is open and the leaver's; the others are history or a
# colleague's, and stay.
GENERATE = (
    """
    INSERT INTO res_partner (name, complete_name, ref, is_company, active, user_id,
                             type, autopost_bills, create_date, write_date,
                             create_uid, write_uid, partner_share, lang)
    SELECT 'Customer ' || n, 'Customer ' || n, %(mark)s, TRUE, TRUE, %(leaver)s,
           'contact', 'ask', now(), now(), 1, 1, TRUE, 'en_US'
      FROM generate_series(1, %(customers)s) n""",
    "UPDATE res_partner SET commercial_partner_id = id WHERE ref = %(mark)s",
    """
    INSERT INTO res_partner (name, complete_name, ref, is_company, active, user_id,
                             parent_id, commercial_partner_id, type, autopost_bills,
                             create_date, write_date, create_uid, write_uid,
                             partner_share, lang)
    SELECT 'Contact', 'Contact', %(mark)s, FALSE, TRUE,
           CASE WHEN id %% 2 = 0 THEN %(leaver)s END, id, id, 'contact', 'ask',
           now(), now(), 1, 1, TRUE, 'en_US'
      FROM res_partner WHERE ref = %(mark)s""",
    """
    INSERT INTO continuity_relationship (partner_id, company_id, state, active,
                                         owner_id, owner_since, create_date,
                                         write_date, create_uid, write_uid)
    SELECT id, %(company)s, 'never', TRUE, user_id, '2020-01-01', now(), now(), 1, 1
      FROM res_partner WHERE ref = %(mark)s AND is_company""",
    """
    CREATE TEMPORARY TABLE bench_contact ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, parent_id
      FROM res_partner WHERE ref = %(mark)s""",
    """
    INSERT INTO crm_lead (name, type, active, user_id, team_id, company_id, partner_id,
                          stage_id, probability, automated_probability, won_status,
                          priority, date_open, day_open, date_last_stage_update,
                          create_date, write_date, create_uid, write_uid,
                          email_from, email_normalized, referred)
    SELECT 'Deal ' || n, 'opportunity', TRUE, %(leaver)s, %(team)s, %(company)s, c.id,
           CASE WHEN n %% 2 = 0 THEN %(stage)s ELSE %(won)s END,
           CASE WHEN n %% 2 = 0 THEN n %% 100 ELSE 100 END, 50,
           CASE WHEN n %% 2 = 0 THEN 'pending' ELSE 'won' END, '0',
           timestamp '2025-01-02' + n * interval '1 minute', 1, '2025-01-02',
           '2025-01-01', '2025-01-01', 1, 1,
           'deal' || n || '@example.com', 'deal' || n || '@example.com', %(mark)s
      FROM generate_series(0, 2 * %(leads)s - 1) n
      JOIN bench_contact c ON c.place = (n / 2) %% (2 * %(customers)s)""",
    """
    INSERT INTO sale_order (name, state, invoice_status, user_id, team_id, company_id,
                            partner_id, partner_invoice_id, partner_shipping_id,
                            currency_id, date_order, create_date, write_date,
                            create_uid, write_uid, client_order_ref)
    SELECT 'B' || n,
           CASE WHEN n %% 2 = 1 OR n %% 4 = 0 THEN 'sale' ELSE 'draft' END,
           CASE WHEN n %% 2 = 1 THEN 'invoiced'
                WHEN n %% 4 = 0 THEN 'to invoice' ELSE 'no' END,
           %(leaver)s, %(team)s, %(company)s, c.id, c.id, c.id, %(currency)s,
           '2025-01-01', '2025-01-01', '2025-01-01', 1, 1, %(mark)s
      FROM generate_series(0, 2 * %(orders)s - 1) n
      JOIN bench_contact c ON c.place = (n / 2) %% (2 * %(customers)s)""",
    """
    INSERT INTO sale_order_line (order_id, name, product_id, product_uom_id,
                                 product_uom_qty, price_unit, customer_lead,
                                 salesman_id, company_id, order_partner_id, state,
                                 create_date, write_date, create_uid, write_uid)
    SELECT o.id, 'Goods', %(product)s, %(uom)s, 1, 10, 0, %(leaver)s, %(company)s,
           o.partner_id, o.state, '2025-01-01', '2025-01-01', 1, 1
      FROM sale_order o, generate_series(1, 2)
     WHERE o.client_order_ref = %(mark)s""",
    """
    INSERT INTO account_move (name, move_type, state, journal_id, company_id,
                              currency_id, auto_post, date, invoice_user_id,
                              partner_id, commercial_partner_id, team_id, ref,
                              create_date, write_date, create_uid, write_uid)
    SELECT '/', 'out_invoice', CASE WHEN n %% 2 = 0 THEN 'draft' ELSE 'posted' END,
           %(journal)s, %(company)s, %(currency)s, 'no', '2025-01-01', %(leaver)s,
           c.id, COALESCE(c.parent_id, c.id), %(team)s, %(mark)s,
           '2025-01-01', '2025-01-01', 1, 1
      FROM generate_series(0, 2 * %(invoices)s - 1) n
      JOIN bench_contact c ON c.place = (n / 2) %% (2 * %(customers)s)""",
    """
    CREATE TEMPORARY TABLE bench_document ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY sort, id) - 1 AS place, model, model_id, id
      FROM (SELECT 1 AS sort, 'res.partner' AS model, %(partner_model)s AS model_id, id
              FROM bench_contact
             UNION ALL
            SELECT 2, 'crm.lead', %(lead_model)s, id
              FROM crm_lead WHERE referred = %(mark)s AND won_status = 'pending'
             UNION ALL
            SELECT 3, 'sale.order', %(order_model)s, id
              FROM sale_order WHERE client_order_ref = %(mark)s) d""",
    """
    INSERT INTO mail_activity (res_model_id, res_model, res_id, activity_type_id,
                               summary, date_deadline, user_id, active, date_done,
                               create_date, write_date, create_uid, write_uid)
    SELECT d.model_id, d.model, d.id, %(activity_type)s, 'Call', '2025-02-01',
           %(leaver)s, n %% 2 = 0, CASE WHEN n %% 2 = 1 THEN date '2025-02-01' END,
           '2025-01-01', '2025-01-01', 1, 1
      FROM generate_series(0, 2 * %(activities)s - 1) n
      JOIN bench_document d
        ON d.place = (n / 2) %% (SELECT COUNT(*) FROM bench_document)""",
    """
    WITH event AS (
        INSERT INTO calendar_event (name, user_id, active, show_as, start, stop,
                                    location, create_date, write_date, create_uid,
                                    write_uid)
        SELECT c.id::text, %(leaver)s, TRUE, 'busy', t.start,
               t.start + interval '1 hour', %(mark)s,
               '2025-01-01', '2025-01-01', 1, 1
          FROM generate_series(0, 2 * %(meetings)s - 1) n
          JOIN bench_contact c ON c.place = (n / 2) %% (2 * %(customers)s),
               LATERAL (SELECT CASE WHEN n %% 2 = 0 THEN now() + interval '9 days'
                                    ELSE now() - interval '9 days'
                                END AS start) t
     RETURNING id, name
    ), seat AS (
        SELECT id AS event_id, name::int AS partner_id FROM event
         UNION ALL
        SELECT id, %(seat)s FROM event
    ), attendee AS (
        INSERT INTO calendar_attendee (event_id, partner_id, state, access_token,
                                       create_date, write_date, create_uid, write_uid)
        SELECT event_id, partner_id, 'accepted', md5(event_id || 'x' || partner_id),
               '2025-01-01', '2025-01-01', 1, 1
          FROM seat
    )
    INSERT INTO calendar_event_res_partner_rel (calendar_event_id, res_partner_id)
    SELECT event_id, partner_id FROM seat""",
    # The leaver follows what is theirs, as Odoo subscribes them.
    """
    INSERT INTO mail_followers (res_model, res_id, partner_id)
    SELECT 'crm.lead', id, %(seat)s FROM crm_lead WHERE referred = %(mark)s
     UNION ALL
    SELECT 'sale.order', id, %(seat)s
      FROM sale_order WHERE client_order_ref = %(mark)s""",
)


# === Yardstick 1: the same by SQL === #


def move_by_sql(env, plan):
    """Make the cut-over's updates, log entries and followers by bare SQL."""
    leaver, successor = plan.leaver_ids, successor_of(plan)
    values = {
        "plan": plan.id,
        "leaver": leaver.id,
        "successor": successor.id,
        "old": leaver.partner_id.id,
        "new": successor.partner_id.id,
        "mark": f"bench {leaver.id}",
        "subtypes": {
            name: env["mail.message.subtype"]._default_subtypes(name)[0]
            for name in ("res.partner", "crm.lead", "sale.order", "account.move")
        },
        "tz": successor.tz or None,
    }
    subtypes = values.pop("subtypes")
    values["order_subtypes"] = subtypes["sale.order"]
    for statement in BEFORE:
        env.cr.execute(SQL(statement, **values))
    moves = (
        ("res.partner", "user_id", "r.id", "TRUE"),
        ("crm.lead", "user_id", "r.partner_id", "r.active AND won_status = 'pending'"),
        (
            "sale.order",
            "user_id",
            "r.partner_id",
            "(r.state IN ('draft', 'sent') OR r.state = 'sale'"
            " AND r.invoice_status IN ('no', 'to invoice'))",
        ),
        (
            "account.move",
            "invoice_user_id",
            "r.partner_id",
            "r.state = 'draft' AND r.move_type IN ('out_invoice', 'out_refund')",
        ),
    )
    for model, field, contact, is_open in moves:
        extra = {
            **values,
            "model": model,
            "field": field,
            "column": SQL.identifier(field),
            "table": SQL.identifier(env[model]._table),
            "contact": SQL(contact),
            "is_open": SQL(is_open),
            "subtypes": subtypes[model],
        }
        for statement in (FIND, LOG, UPDATE, FOLLOW, *AFTER.get(model, ())):
            env.cr.execute(SQL(statement, **extra))
    for statement in REST:
        env.cr.execute(SQL(statement, **values))
    # The cut-over commits its batches, so the yardstick commits too.
    env.cr.commit()


BEFORE = (
    """
    CREATE TEMPORARY TABLE bench_line ON COMMIT DROP AS
    SELECT l.id AS line_id, p.id AS contact_id
      FROM continuity_handover_line l
      JOIN res_partner p ON p.commercial_partner_id = l.partner_id
     WHERE l.handover_id = %(plan)s""",
    "CREATE INDEX ON bench_line (contact_id)",
    "ANALYZE bench_line",
    "CREATE TEMPORARY TABLE bench_moved (line_id int, id int) ON COMMIT DROP",
)
FIND = """
    TRUNCATE bench_moved;
    INSERT INTO bench_moved
    SELECT l.line_id, r.id
      FROM %(table)s r
      JOIN bench_line l ON l.contact_id = %(contact)s
     WHERE r.%(column)s = %(leaver)s AND %(is_open)s;
    ANALYZE bench_moved"""
LOG = """
    INSERT INTO continuity_handover_move (handover_id, line_id, kind, model, res_id,
                                          field, old_value_id, new_value_id, phase,
                                          create_date, write_date, create_uid,
                                          write_uid)
    SELECT %(plan)s, line_id, 'write', %(model)s, id, %(field)s, %(leaver)s,
           %(successor)s, 'cutover', now(), now(), 1, 1
      FROM bench_moved"""
UPDATE = """
    UPDATE %(table)s r
       SET %(column)s = %(successor)s, write_date = now(), write_uid = 1
      FROM bench_moved m
     WHERE m.id = r.id"""
FOLLOW = """
    WITH follower AS (
        INSERT INTO mail_followers (res_model, res_id, partner_id)
        SELECT %(model)s, id, %(new)s FROM bench_moved
            ON CONFLICT DO NOTHING
     RETURNING id, res_id
    ), subtype AS (
        INSERT INTO mail_followers_mail_message_subtype_rel
               (mail_followers_id, mail_message_subtype_id)
        SELECT f.id, s FROM follower f, unnest(%(subtypes)s) s
    )
    INSERT INTO continuity_handover_move (handover_id, line_id, kind, model, res_id,
                                          field, new_value_id, phase, create_date,
                                          write_date, create_uid, write_uid)
    SELECT %(plan)s, m.line_id, 'follow', %(model)s, f.res_id, 'message_partner_ids',
           %(new)s, 'cutover', now(), now(), 1, 1
      FROM follower f
      JOIN bench_moved m ON m.id = f.res_id"""
AFTER = {
    "sale.order": (
        """
        UPDATE sale_order_line l
           SET salesman_id = %(successor)s, write_date = now(), write_uid = 1
          FROM bench_moved m
         WHERE m.id = l.order_id""",
    ),
}
REST = (
    """
    TRUNCATE bench_moved;
    INSERT INTO bench_moved
    SELECT l.line_id, a.id
      FROM mail_activity a
      LEFT JOIN crm_lead d ON a.res_model = 'crm.lead' AND d.id = a.res_id
      LEFT JOIN sale_order o ON a.res_model = 'sale.order' AND o.id = a.res_id
      JOIN bench_line l
        ON l.contact_id = CASE a.res_model WHEN 'res.partner' THEN a.res_id
                               WHEN 'crm.lead' THEN d.partner_id
                               WHEN 'sale.order' THEN o.partner_id
                           END
     WHERE a.user_id = %(leaver)s AND a.active;
    ANALYZE bench_moved""",
    LOG.replace("%(model)s", "'mail.activity'").replace("%(field)s", "'user_id'"),
    """
    UPDATE mail_activity a
       SET user_id = %(successor)s, user_tz = %(tz)s, write_date = now(), write_uid = 1
      FROM bench_moved m
     WHERE m.id = a.id""",
    # The leaver's closed orders with an open activity are followed as well.
    """
    WITH follower AS (
        INSERT INTO mail_followers (res_model, res_id, partner_id)
        SELECT DISTINCT a.res_model, a.res_id, %(new)s
          FROM bench_moved m
          JOIN mail_activity a ON a.id = m.id
            ON CONFLICT DO NOTHING
     RETURNING id, res_model, res_id
    ), subtype AS (
        INSERT INTO mail_followers_mail_message_subtype_rel
               (mail_followers_id, mail_message_subtype_id)
        SELECT f.id, s FROM follower f, unnest(%(order_subtypes)s) s
    )
    INSERT INTO continuity_handover_move (handover_id, kind, model, res_id, field,
                                          new_value_id, phase, create_date,
                                          write_date, create_uid, write_uid)
    SELECT %(plan)s, 'follow', res_model, res_id, 'message_partner_ids', %(new)s,
           'cutover', now(), now(), 1, 1
      FROM follower""",
    """
    TRUNCATE bench_moved;
    INSERT INTO bench_moved
    SELECT l.line_id, e.id
      FROM calendar_event e
      JOIN calendar_event_res_partner_rel r ON r.calendar_event_id = e.id
      JOIN bench_line l ON l.contact_id = r.res_partner_id
     WHERE e.user_id = %(leaver)s AND e.active AND e.start > now();
    ANALYZE bench_moved""",
    LOG.replace("%(model)s", "'calendar.event'").replace("%(field)s", "'user_id'"),
    """
    INSERT INTO continuity_handover_move (handover_id, line_id, kind, model, res_id,
                                          field, old_value_id, new_value_id, phase,
                                          create_date, write_date, create_uid,
                                          write_uid)
    SELECT %(plan)s, line_id, 'attendee', 'calendar.event', id, 'partner_ids', %(old)s,
           %(new)s, 'cutover', now(), now(), 1, 1
      FROM bench_moved""",
    """
    UPDATE calendar_event e
       SET user_id = %(successor)s, write_date = now(), write_uid = 1
      FROM bench_moved m
     WHERE m.id = e.id""",
    """
    DELETE FROM calendar_attendee a
     USING bench_moved m
     WHERE m.id = a.event_id AND a.partner_id = %(old)s""",
    """
    INSERT INTO calendar_attendee (event_id, partner_id, state, access_token,
                                   common_name, create_date, write_date, create_uid,
                                   write_uid)
    SELECT m.id, p.id, 'needsAction', md5('bench' || m.id), p.name, now(), now(), 1, 1
      FROM bench_moved m
      JOIN res_partner p ON p.id = %(new)s""",
    """
    UPDATE calendar_event_res_partner_rel r
       SET res_partner_id = %(new)s
      FROM bench_moved m
     WHERE m.id = r.calendar_event_id AND r.res_partner_id = %(old)s""",
    """
    INSERT INTO continuity_handover_move (handover_id, line_id, kind, model, res_id,
                                          field, old_value_id, new_value_id, details,
                                          phase, create_date, write_date, create_uid,
                                          write_uid)
    SELECT %(plan)s, l.id, 'relationship', 'continuity.relationship', r.id, 'owner_id',
           r.owner_id, %(successor)s,
           jsonb_build_object('owner_since', r.owner_since,
                              'handed_over_to_id', r.handed_over_to_id),
           'cutover', now(), now(), 1, 1
      FROM continuity_handover_line l
      JOIN continuity_relationship r ON r.partner_id = l.partner_id
     WHERE l.handover_id = %(plan)s""",
    """
    UPDATE continuity_relationship r
       SET owner_id = %(successor)s, owner_since = now(), write_date = now(),
           write_uid = 1
      FROM continuity_handover_line l
     WHERE l.handover_id = %(plan)s AND l.partner_id = r.partner_id""",
    """
    UPDATE continuity_handover_line
       SET state = 'moved', moved_on = now(), successor_informed = TRUE
     WHERE handover_id = %(plan)s""",
)


# === Yardstick 2: record by record === #


def move_record_by_record(env, plan):
    """Move some customers of a plan by plain writes, each flushed.

    :return: how long all of them would take, in seconds
    """
    leaver, successor = plan.leaver_ids, successor_of(plan)
    lines = plan.line_ids.sorted("id")[::SAMPLE]
    rows = [(line.id, leaver.id, line.partner_id.id, None) for line in lines]
    targets = []
    for mover in plan._get_movers():
        matching = plan._sql_matching(mover, rows, plan.company_id)
        ids = env.execute_query(SQL("%s SELECT res_id FROM matching", matching))
        targets.append((mover, [res_id for [res_id] in ids]))
    env.invalidate_all()

    def move():
        for mover, ids in targets:
            model = env[mover.model].with_context(**SPARED)
            values = {mover.user_field: successor.id}
            if mover.attendees:
                values[mover.attendees] = [
                    Command.unlink(leaver.partner_id.id),
                    Command.link(successor.partner_id.id),
                ]
            for res_id in ids:
                model.browse(res_id).write(dict(values))
                env.flush_all()
        # As the cut-over does: a commit is part of what is measured.
        env.cr.commit()

    spent, _done = seconds(move)
    written = sum(len(ids) for _mover, ids in targets)
    return spent * (OPEN_RECORDS + CUSTOMERS * 3 // 2) / written


# === Measuring === #


def check(env, plan, successor):
    """Make sure that everything open moved and nothing else did."""
    leaver = plan.leaver_ids
    counts = dict(
        env.execute_query(
            SQL(
                """SELECT model, COUNT(*) FROM continuity_handover_move
                    WHERE handover_id = %s AND kind = 'write' GROUP BY model""",
                plan.id,
            )
        )
    )
    expected = {
        "res.partner": CUSTOMERS * 3 // 2,
        "crm.lead": LEADS,
        "sale.order": ORDERS,
        "account.move": INVOICES,
        "mail.activity": ACTIVITIES,
        "calendar.event": MEETINGS,
    }
    if counts != expected:
        raise AssertionError(f"moved {counts}, expected {expected}")
    [[left, moved]] = env.execute_query(
        SQL(
            """SELECT COUNT(*) FILTER (WHERE user_id = %s),
                      COUNT(*) FILTER (WHERE user_id = %s)
                 FROM crm_lead WHERE referred = %s""",
            leaver.id,
            successor.id,
            f"bench {leaver.id}",
        )
    )
    if (left, moved) != (LEADS, LEADS):
        raise AssertionError(f"{left} of {LEADS} won deals stayed, {moved} moved")


def run(bench):
    """Measure the cut-over against both yardsticks, in turns."""
    against_sql, against_records = [], []
    with bench.environment() as env:
        env = env(context={"lang": "en_US"})
        for _round in range(ROUNDS):
            plan, by_sql, by_record = (prepare(env) for _plan in range(3))
            (by_sql | by_record).line_ids.write({"state": "open"})
            analyze(env.cr)
            env.invalidate_all()
            yardstick, _done = seconds(move_by_sql, env, by_sql)
            check(env, by_sql, successor_of(by_sql))
            env.invalidate_all()
            with bench.memory("cut-over"):
                work, _done = seconds(env["continuity.handover"]._cron_cut_over)
            check(env, plan, successor_of(plan))
            against_sql.append((work, yardstick))
            against_records.append((move_record_by_record(env, by_record), work))
    work, yardstick = (
        statistics.median(column) for column in zip(*against_sql, strict=True)
    )
    bench.report(
        "cut-over, against raw SQL",
        SIZE,
        median_ratio(against_sql),
        6.0,
        seconds=work,
        yardstick_seconds=yardstick,
    )
    bench.report(
        "cut-over, times faster than one by one",
        SIZE,
        median_ratio(against_records),
        20.0,
        at_least=True,
        seconds=work,
        yardstick_seconds=statistics.median(pair[0] for pair in against_records),
    )
