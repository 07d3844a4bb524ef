"""The mails of ``make run``: none leaves the machine, all can be read in the browser.

A program of its own beside Odoo, which ends when Odoo does. It takes the mails of
Odoo over SMTP on this machine, keeps each as a file, and shows them as web pages.
"""

import argparse
import email
import email.policy
import html
import importlib.util
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SINK = Path(__file__).resolve().parents[2] / "tests" / "smtp_sink.py"
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title><style>
body {{ font-family: sans-serif; max-width: 50rem; margin: 1rem auto;
padding: 0 1rem; }} li {{ margin: .5rem 0; }} small, dt {{ color: #666; }}
dt {{ float: left; clear: left; width: 5rem; }} dd {{ margin-left: 6rem; }}
article {{ border-top: 1px solid #ccc; padding-top: 1rem; }}
</style></head><body>{content}</body></html>"""


def _load_sink():
    spec = importlib.util.spec_from_file_location("smtp_sink", SINK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Sink


class Mailbox:
    """A folder of mails, the newest first."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, text):
        """Store one mail, given as bytes."""
        path = self.folder / f"{time.time_ns()}.eml"
        path.with_suffix(".part").write_bytes(text)
        path.with_suffix(".part").rename(path)

    def render(self, path):
        """Return the page at an address, None where there is none."""
        if path == "/":
            return self._list()
        found = re.fullmatch(r"/(\d+)", path)
        file = found and self.folder / f"{found[1]}.eml"
        return self._mail(file) if file and file.is_file() else None

    @staticmethod
    def _read(file):
        return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)

    def _list(self):
        items = []
        for file in sorted(self.folder.glob("*.eml"), reverse=True):
            mail = self._read(file)
            items.append(
                f'<li><a href="/{file.stem}">{_text(mail["Subject"])}</a><br><small>'
                f"{_text(mail['To'])}, {_text(mail['Date'])}</small></li>"
            )
        content = f"<ul>{''.join(items)}</ul>" if items else "<p>None yet.</p>"
        title = "Mails that Odoo sent"
        return PAGE.format(title=title, content=f"<h1>{title}</h1>{content}")

    def _mail(self, file):
        mail = self._read(file)
        head = "".join(
            f"<dt>{name}</dt><dd>{_text(mail[name])}</dd>"
            for name in ("From", "To", "Reply-To", "Date")
            if mail[name]
        )
        body = mail.get_body(("html", "plain"))
        text = body.get_content() if body else ""
        if body and body.get_content_type() == "text/plain":
            text = f"<pre>{_text(text)}</pre>"
        files = ", ".join(
            _text(part.get_filename()) for part in mail.iter_attachments()
        )
        title = _text(mail["Subject"])
        return PAGE.format(
            title=title,
            content=f'<p><a href="/">All mails</a></p><h1>{title}</h1><dl>{head}</dl>'
            f"<article>{text}</article>" + (f"<p>Enclosed: {files}</p>" * bool(files)),
        )


def _text(value):
    return html.escape(str(value or ""))


def _handler(mailbox):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = mailbox.render(self.path)
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            # What a mail brings along does not run; its links open in a new page.
            self.send_header(
                "Content-Security-Policy",
                "sandbox allow-popups allow-popups-to-escape-sandbox "
                "allow-top-navigation-by-user-activation",
            )
            self.end_headers()
            self.wfile.write((page or "There is no such mail.").encode())

        def log_message(self, *args):
            """Say nothing: nobody reads it."""

    return Handler


def main():
    """Serve until the process ``--until`` has ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--smtp", type=int, required=True)
    parser.add_argument("--http", type=int, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--until", type=int, required=True)
    args = parser.parse_args()
    mailbox = Mailbox(args.folder)

    class Sink(_load_sink()):
        def _keep(self, messages, sender, recipients, text):
            mailbox.keep(text)

    Sink().start(args.smtp)
    server = ThreadingHTTPServer((args.host, args.http), _handler(mailbox))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while _runs(args.until):
        time.sleep(1)


def _runs(pid):
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
