"""A real SMTP server that keeps what it is sent, and misbehaves on request.

Plain Python: a thread of the tests, or a process of ``make torture`` and ``make
bench`` (``python smtp_sink.py --log FILE``).
"""

import argparse
import asyncio
import contextlib
import email
import email.policy
import os
import re
import sys
import threading

_ADDRESS = re.compile(rb"<([^<>]*)>")
_MESSAGE_ID = re.compile(rb"^Message-Id:\s*(<[^<>]+>)", re.I | re.M)


class Sink:
    """An SMTP server on a free port of this machine.

    :ivar messages: accepted mails: tuples (sender, recipients, bytes)
    :ivar dict answers: what to say instead of yes: by recipient, or by the command
        ``EHLO``, ``MAIL``, ``DATA`` or ``.`` (after the text)
    :ivar drop: where to hang up: ``connect``, ``MAIL``, ``RCPT``, ``DATA`` (in the
        middle of the text), ``.`` (with the whole text, without an answer)
    :ivar float delay: seconds before each final answer
    :ivar int drop_after: letters over a connection, before it is closed
    :ivar bool broken_tls: promise TLS and fail at it
    :ivar int connections: how many there have been
    """

    def __init__(self, log=None):
        self.log = log
        self.reset()
        self.connections = 0
        self.port = None
        self._ready = threading.Event()
        self._thread = None

    def reset(self):
        """Behave well again; forget what was received."""
        self.messages = []
        self.answers = {}
        self.drop = None
        self.delay = 0
        self.drop_after = None
        self.broken_tls = False

    # === Starting and stopping === #

    def start(self, port=0):
        """Serve in a thread; the port is then known."""
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self.serve(port)), daemon=True
        )
        self._thread.start()
        self._ready.wait(10)
        return self

    def stop(self):
        """Close the port and all connections."""
        if self._thread:
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(10)
            self._thread = None
            self._ready.clear()

    async def serve(self, port=0, on_ready=None):
        """Serve until :meth:`stop`."""
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._writers = set()
        server = await asyncio.start_server(
            self._talk, "127.0.0.1", port, limit=2**26, backlog=100
        )
        self.port = server.sockets[0].getsockname()[1]
        if on_ready:
            on_ready(self.port)
        self._ready.set()
        await self._stopped.wait()
        server.close()
        for writer in list(self._writers):
            writer.close()

    # === The dialogue === #

    async def _talk(self, reader, writer):
        self.connections += 1
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._session(reader, writer)
        self._writers.discard(writer)
        writer.close()

    async def _session(self, reader, writer):
        async def say(text):
            writer.write(text.encode() + b"\r\n")
            await writer.drain()

        if self.drop == "connect":
            return
        await say("220 sink ESMTP")
        envelope = {"taken": 0}
        while line := await reader.readline():
            command = line[:4].strip().upper().decode()
            if command == self.drop and command != "DATA":
                return
            if command == "DATA":
                if not await self._take(reader, say, envelope):
                    return
                continue
            await say(self._answer(command, line, envelope))
            if command == "STAR":
                writer.write(b"this is no TLS at all\r\n")
                return
            if command == "QUIT" or envelope["taken"] < 0:
                return

    def _answer(self, command, line, envelope):
        """Return the answer to a command that carries no text."""
        answer = self.answers.get(command)
        if command == "EHLO":
            extra = "250-STARTTLS\r\n" if self.broken_tls else ""
            answer = answer or f"250-sink\r\n{extra}250-8BITMIME\r\n250 SIZE 99999999"
        elif command == "MAIL":
            if self.drop_after and envelope["taken"] >= self.drop_after:
                envelope["taken"] = -1
                return "421 4.7.0 enough for one connection"
            envelope.update(sender=self._address(line), recipients=[])
        elif command == "RCPT":
            address = self._address(line)
            answer = self.answers.get(address)
            if not answer:
                envelope["recipients"].append(address)
        elif command == "STAR":
            answer = "220 go on"
        elif command == "QUIT":
            answer = "221 bye"
        return answer or "250 ok"

    async def _take(self, reader, say, envelope):
        """Receive a text; return whether to go on with this connection."""
        if answer := self.answers.get("DATA"):
            await say(answer)
            return True
        await say("354 go on")
        if self.drop == "DATA":
            await reader.readline()
            return False
        text = await self._read_text(reader)
        messages = self.messages  # of this test, however slow the answer
        if self.delay:
            await asyncio.sleep(self.delay)
        answer = self.answers.get(".")
        if not answer:
            self._keep(messages, envelope["sender"], envelope["recipients"], text)
            envelope["taken"] += 1
        if self.drop == ".":
            return False
        await say(answer or "250 queued")
        return True

    @staticmethod
    async def _read_text(reader):
        text = await reader.readuntil(b"\r\n")
        if text == b".\r\n":
            return b""
        text += await reader.readuntil(b"\r\n.\r\n")
        return re.sub(rb"(?m)^\.\.", b".", text[:-3])

    def _keep(self, messages, sender, recipients, text):
        if self.log is None:
            messages.append((sender, recipients, text))
            return
        found = _MESSAGE_ID.search(text)
        line = f"{found[1].decode() if found else '-'} {' '.join(recipients)}\n"
        os.write(self.log, line.encode())

    @staticmethod
    def _address(line):
        found = _ADDRESS.search(line)
        return found[1].decode() if found else ""

    # === What was received === #

    def parsed(self):
        """Return the accepted mails as messages."""
        return [
            email.message_from_bytes(text, policy=email.policy.SMTP)
            for _sender, _recipients, text in self.messages
        ]

    def recipients(self):
        """Return the recipients of all accepted mails, in order."""
        return [r for _sender, recipients, _text in self.messages for r in recipients]


def _tell(port):
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


def main():
    """Serve as a process; prints the port, logs a line for each accepted mail."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", required=True)
    args = parser.parse_args()
    log = os.open(args.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    asyncio.run(Sink(log).serve(on_ready=_tell))


if __name__ == "__main__":
    main()
