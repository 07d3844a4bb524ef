"""One letter over SMTP, such that one always knows what became of it.

Plain Python without Odoo. ``smtplib.SMTP.sendmail`` cannot tell a connection lost
before the text was handed over, after which the letter may safely be sent again, from
one lost afterwards, when nobody knows.
"""

import re
import smtplib
from typing import NamedTuple

ACCEPTED = "accepted"  # the server took it
LATER = "later"  # refused for now, or for a reason that is not the recipient's
REFUSED = "refused"  # refused for good
LOST = "lost"  # no connection before anything was handed over
UNCERTAIN = "uncertain"  # no answer after that: it may have gone out or not

_CLOSING = 421  # the server says so and hangs up


class Delivery(NamedTuple):
    """What became of one letter: a constant of this module, and the server's words."""

    verdict: str
    answer: str = ""


def describe(error):
    """Return an exception of a connection in words.

    :param Exception error: from smtplib, ssl or a socket
    :rtype: str
    """
    if isinstance(error, smtplib.SMTPResponseException):
        return _words(error.smtp_code, error.smtp_error)
    return str(error) or type(error).__name__


def deliver(smtp, sender, recipient, data):
    """Hand one letter with one recipient to a server.

    :param smtplib.SMTP smtp: an open connection; closed when it broke
    :param str sender: address for the envelope
    :param str recipient: the one address for the envelope
    :param bytes data: the message, its lines ending with CR LF
    :return: never raises for what the server or the network does
    :rtype: Delivery
    """
    refusal = _say_who_writes(smtp, sender, len(data)) or _say_to_whom(smtp, recipient)
    if refusal:
        return refusal
    try:
        code, words = smtp.docmd("DATA")
        if code == 354:
            smtp.send(_stuffed(data))
            code, words = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        smtp.close()
        return Delivery(UNCERTAIN, describe(error))
    answer = _words(code, words)
    if 200 <= code < 300:
        return Delivery(ACCEPTED, answer)
    if not 400 <= code < 600:
        smtp.close()
        return Delivery(UNCERTAIN, answer)
    _start_over(smtp, code)
    return Delivery(REFUSED if code >= 500 else LATER, answer)


def _say_who_writes(smtp, sender, size):
    """Begin a letter; return what the server objects to, if anything."""
    try:
        options = [f"size={size}"] if smtp.has_extn("size") else []
        code, words = smtp.mail(sender, options)
    except (smtplib.SMTPException, OSError) as error:
        smtp.close()
        return Delivery(LOST, describe(error))
    except ValueError as error:
        return Delivery(LATER, str(error))
    if code == 250:
        return None
    _start_over(smtp, code)
    # It is not the recipient whom the server does not like.
    return Delivery(LOST if code == _CLOSING else LATER, _words(code, words))


def _say_to_whom(smtp, recipient):
    """Name the recipient; return what the server objects to, if anything.

    What goes wrong here is about this letter alone: the server had taken the sender.
    """
    try:
        code, words = smtp.rcpt(recipient)
    except (smtplib.SMTPException, OSError) as error:
        smtp.close()
        return Delivery(LATER, describe(error))
    except ValueError as error:  # an address that cannot be written in ASCII
        _start_over(smtp, 0)
        return Delivery(REFUSED, str(error))
    if code in (250, 251):
        return None
    _start_over(smtp, code)
    return Delivery(REFUSED if code >= 500 else LATER, _words(code, words))


def _start_over(smtp, code):
    """Make the connection ready for the next letter, or close it."""
    try:
        if code == _CLOSING:
            smtp.close()
        else:
            smtp.rset()
    except (smtplib.SMTPException, OSError):
        smtp.close()


def _stuffed(data):
    """Return the text as it is sent: a leading dot doubled, a single one at its end."""
    data = re.sub(rb"(?m)^\.", b"..", data)
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    return data + b".\r\n"


def _words(code, words):
    if isinstance(words, bytes):
        words = words.decode("utf-8", "replace")
    return f"{code} {words}".strip()


class NoConnection(Exception):
    """The mail server cannot be reached, or refuses to talk to us."""


class Connections:
    """Connections to mail servers, each kept open for many letters.

    :param connect: opens one for a key; raises :class:`NoConnection`
    :param int limit: letters over one connection before a new one is opened
    :ivar dict senders: what was looked up for senders, kept as long as these
    """

    def __init__(self, connect, limit=1000):
        self._connect = connect
        self._limit = limit
        self._open = {}
        self._used = {}
        self.senders = {}

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for key in list(self._open):
            self._close(key)

    def open(self, key):
        """Return the connection for a key, opening it unless it is there.

        :raise NoConnection: with the reason
        """
        smtp = self._open.get(key)
        if key in self._open and self._used[key] >= self._limit:
            self._close(key)
        elif key in self._open and (smtp is None or smtp.sock):
            return smtp
        self._open.pop(key, None)
        self._open[key] = self._connect(key)
        self._used[key] = 0
        return self._open[key]

    def send(self, key, sender, recipient, data):
        """Hand a letter over, once more where an old connection had been closed.

        :return: what became of it; see :func:`deliver`
        :rtype: Delivery
        """
        for _attempt in range(2):
            try:
                smtp = self.open(key)
            except NoConnection as error:
                return Delivery(LOST, str(error))
            if smtp is None:  # Odoo sends nothing, as in tests
                return Delivery(ACCEPTED)
            reused = bool(self._used[key])
            self._used[key] += 1
            delivery = deliver(smtp, sender, recipient, data)
            if delivery.verdict != LOST or not reused:
                break
        return delivery

    def _close(self, key):
        smtp = self._open.pop(key)
        if smtp is not None and smtp.sock:
            try:
                smtp.quit()
            except (smtplib.SMTPException, OSError):
                smtp.close()
