"""Letters through one lane against Odoo's mass mailing, to the same mail server."""

import os
import subprocess
import tempfile
import warnings
from pathlib import Path

from common import PeakMemory, median_ratio, seconds
from letters import (
    BODY,
    SinkProcess,
    create_customers,
    create_signer,
    release_letters,
    use_sink,
)

LETTERS = 5_000
# In turns, so that whatever else the machine does hits both.
ROUNDS = 5
TARGET = 1.0


def run(bench):
    """Measure both with the same recipients and text."""
    _install_mass_mailing(bench.plain_database)
    # Odoo's mailing calls functions that are to go; each call would be logged.
    warnings.simplefilter("ignore", DeprecationWarning)
    with tempfile.TemporaryDirectory() as folder:
        sink = SinkProcess(Path(folder) / "accepted.log")
        try:
            _measure(bench, sink)
        finally:
            sink.stop()


def _install_mass_mailing(database):
    subprocess.run(
        [os.environ["BENCH_ODOO"], "-d", database, "-i", "mass_mailing"]
        + ["--stop-after-init", "--no-http", "--log-level", "error"],
        check=True,
    )


def _measure(bench, sink):
    pairs = []
    with (
        bench.environment() as ours,
        bench.environment(bench.plain_database) as odoos,
        PeakMemory() as memory,
    ):
        for env in (ours, odoos):
            use_sink(env, sink.port)
            create_signer(env)
            # The sink and the signer are for all rounds.
            env.cr.commit()
        before = memory.value
        for number in range(ROUNDS + 1):
            size = LETTERS // ROUNDS if number else 50  # the first fills caches
            turns = [(_letters, ours), (_mailing, odoos)]
            spent = {}
            for work, env in turns if number % 2 else turns[::-1]:
                received = sink.received()
                start = work(env, size, number)
                # The lane and the mailing read what was prepared from the database.
                env.cr.commit()
                spent[work], _result = seconds(start)
                if sink.received() - received != size:
                    raise SystemExit(
                        f"{work.__name__}: {sink.received() - received} of {size} "
                        "mails were received."
                    )
            if number:
                pairs.append((spent[_mailing], spent[_letters]))
    bench.growth["sending"] = memory.value - before
    mailing, lane = (sum(column) for column in zip(*pairs, strict=True))
    bench.report(
        "sending letters",
        f"{LETTERS:,} letters, one lane",
        median_ratio(pairs),
        TARGET,
        at_least=True,
        letters_per_second=LETTERS / lane,
        mailing_per_second=LETTERS / mailing,
    )


def _letters(env, number, round_):
    """Release letters; return what sends them."""
    customers = create_customers(env, number)
    letters = release_letters(env, customers, create_signer(env), f"bench {round_}")
    lane = env.ref("customer_continuity.cron_lane_1")

    def start():
        while True:
            lane.method_direct_trigger()
            # As the scheduler does after each run of an action.
            env.cr.commit()
            if not letters.filtered(lambda t: t.state == "released"):
                return

    return start


def _mailing(env, number, round_):
    """Put a mailing into the queue; return what sends it."""
    customers = create_customers(env, number)
    mailings = env["mailing.mailing"].with_context(mail_auto_subscribe_no_notify=True)
    mailing = mailings.create(
        {
            "subject": "How is everything going?",
            "mailing_model_id": env["ir.model"]._get_id("res.partner"),
            "mailing_domain": repr([("id", "in", customers.ids)]),
            "body_html": BODY.format(number=round_),
            "email_from": create_signer(env).email_formatted,
            "user_id": create_signer(env).id,
        }
    )
    mailing.action_put_in_queue()
    queue = env.ref("mass_mailing.ir_cron_mass_mailing_queue")
    scheduler = env.ref("mail.ir_cron_mail_scheduler_action")

    def start():
        queue.method_direct_trigger()
        # As the scheduler does after each run of an action.
        env.cr.commit()
        # A large mailing only writes its mails; Odoo's mail queue sends them.
        while env["mail.mail"].search_count([("state", "=", "outgoing")]):
            scheduler.method_direct_trigger()
            # As the scheduler does after each run of an action.
            env.cr.commit()

    return start
