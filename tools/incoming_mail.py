"""What an incoming mail is: a bounce, hard or soft, or an automatic reply.

Plain Python without Odoo. Delivery reports are those of RFC 3464, their status codes
of RFC 3463; automatic replies are marked as RFC 3834 says, or as Exchange does.
"""

import re
from email.utils import parseaddr
from typing import NamedTuple

HARD = "hard"  # the address does not take mail
SOFT = "soft"  # given up after a while: the mailbox was full, the server away
DELAYED = "delayed"  # still being tried by the mail servers on the way

# Not a part of an IP address.
_STATUS = re.compile(r"(?<![\w.])([45])\.\d{1,3}\.\d{1,3}(?!\w|\.\d)")
_MAIL_SYSTEM = re.compile(r"^(mailer-daemon|postmaster)@", re.I)
# How mail servers that send no report say that they have not given up.
_STILL_TRYING = re.compile(
    r"not yet been delivered|delivery attempts will continue|warning message only"
    r"|will (be retried|keep trying|continue (to|trying))",
    re.I,
)
_AUTOMATIC_PRECEDENCE = {"auto_reply", "auto-reply"}
# Absence notes of servers that mark nothing, in the languages our customers write.
_AUTOMATIC_SUBJECT = re.compile(
    r"^\s*(auto(matic)?[ -]?reply|out of (the )?office|自動(応答|返信)|不在通知"
    r"|自动(回复|答复)|休假)",
    re.I,
)
_OWN_MESSAGE_ID = re.compile(r"<[^<>\s@]+-openerp-\d+-continuity\.touchpoint@[^<>\s]+>")


class Bounce(NamedTuple):
    """How a mail came back, and what the mail server said about it."""

    kind: str
    text: str


def read_bounce(message):
    """Read the delivery report in a bounced mail.

    :param email.message.Message message: the mail that reports
    :return: None when it reports a success, or is no report of a mail server but an
        absence note or a receipt, which answer to the address for bounces too
    :rtype: Bounce or None
    """
    reports = list(_recipient_reports(message))
    for report in reports:
        action = str(report.get("Action", "")).strip().lower()
        status = _STATUS.search(str(report.get("Status", "")))
        text = _one_line(report.get("Diagnostic-Code") or report.get("Status") or "")
        if action in ("delivered", "relayed", "expanded"):
            continue
        if action == "delayed":
            return Bounce(DELAYED, text)
        return Bounce(_kind(status or _STATUS.search(text)), text)
    if reports:
        return None
    if not _is_from_mail_system(message):
        return None
    # Many servers only write prose. "For now" need not mean that they gave up, and
    # what is sent again while they still try would arrive twice.
    text = _prose(message)
    status = _STATUS.search(text)
    if status is None and _STILL_TRYING.search(text):
        return Bounce(DELAYED, text)
    return Bounce(DELAYED if _kind(status) == SOFT else HARD, text)


def find_own_message_ids(message):
    """Return the ids of our letters that a mail mentions anywhere in its text.

    :param email.message.Message message: a mail that came back
    :rtype: list[str]
    """
    text = message.as_bytes().decode("utf-8", "replace")
    return list(dict.fromkeys(_OWN_MESSAGE_ID.findall(text)))


def is_automatic(message):
    """Tell whether no person wrote a mail: an absence note, a receipt.

    :param email.message.Message message: the mail
    :rtype: bool
    """
    submitted = str(message.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    precedence = str(message.get("Precedence", "")).strip().lower()
    return (
        submitted not in ("no", "")
        or precedence in _AUTOMATIC_PRECEDENCE
        or "X-Auto-Response-Suppress" in message
        or "X-Autoreply" in message
        or "X-Autorespond" in message
        or message.get_content_type() == "multipart/report"
        or bool(_AUTOMATIC_SUBJECT.match(str(message.get("Subject", ""))))
    )


def _is_from_mail_system(message):
    """Tell whether a mail server wrote a mail that contains no delivery report."""
    if any(
        part.get_content_type() == "message/disposition-notification"
        for part in message.walk()
    ):
        return False
    _name, sender = parseaddr(str(message.get("From", "")))
    if _MAIL_SYSTEM.match(sender):
        return True
    nobody = str(message.get("Return-Path", "")).strip() == "<>"
    return nobody and not is_automatic(message)


def _recipient_reports(message):
    """Yield the blocks of a delivery report that are about a recipient."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload():
                if not isinstance(block, str) and "Action" in block:
                    yield block


def _kind(status):
    return SOFT if status and status[1] == "4" else HARD


def _one_line(text):
    return " ".join(str(text).split())[:500]


def _prose(message):
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True) or b""
            return _one_line(payload.decode("utf-8", "replace"))
    return ""
