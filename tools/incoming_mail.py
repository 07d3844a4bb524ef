"""What an incoming mail is: a bounce, hard or soft, or an automatic reply.

Plain Python without Odoo. Delivery reports are those of RFC 3464, their status codes
of RFC 3463; automatic replies are marked as RFC 3834 says, or as Exchange does.
"""

import re
from datetime import timedelta
from email.utils import parseaddr
from typing import NamedTuple

HARD = "hard"  # the address does not take mail
SOFT = "soft"  # given up after a while: the mailbox was full, the server away
DELAYED = "delayed"  # still being tried by the mail servers on the way

# Mail servers give up after five days; what comes much later is none of theirs.
MAX_AGE = timedelta(days=14)

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
_OWN_MESSAGE_ID = re.compile(
    r"<[^<>\s@]+-openerp-\d+-continuity\.(?:touchpoint|concern)@[^<>\s]+>"
)


class Bounce(NamedTuple):
    """How a mail came back, and what the mail server said about it.

    ``recipients`` are the addresses the report names, in lower case; none where a
    mail server only wrote prose.
    """

    kind: str
    text: str
    recipients: frozenset = frozenset()

    def is_credible(self, addresses, sent_on, now):
        """Tell whether it can be about a mail: anybody who knows the id of a mail can
        write a report.

        :param addresses: to which the mail was sent
        :param datetime sent_on: when it left, if known
        :param datetime now: when the report came
        :rtype: bool
        """
        if sent_on and now - sent_on > MAX_AGE:
            return False
        known = {address.lower() for address in addresses if address}
        return not self.recipients or bool(self.recipients & known)


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
        recipients = _named_recipients(report)
        if action in ("delivered", "relayed", "expanded"):
            continue
        if action == "delayed":
            return Bounce(DELAYED, text, recipients)
        return Bounce(_kind(status or _STATUS.search(text)), text, recipients)
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
    """Return the ids of our letters and answers that a mail mentions anywhere in its
    text.

    :param email.message.Message message: a mail that came back
    :rtype: list[str]
    """
    return own_message_ids(message.as_bytes().decode("utf-8", "replace"))


def own_message_ids(text):
    """Return the ids of our letters and answers in a text, each once.

    :param str text: such as the header with the references
    :rtype: list[str]
    """
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


def _named_recipients(report):
    """Return the addresses a report names: where it arrived, and, where it was
    forwarded on the way, to whom it had been sent."""
    values = (report.get("Final-Recipient"), report.get("Original-Recipient"))
    found = (str(value or "").rpartition(";")[2].strip(" <>\t\r\n") for value in values)
    return frozenset(address.lower() for address in found if address)


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
