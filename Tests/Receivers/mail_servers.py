"""Mail, taken by aiosmtpd and parsed by Python's email: in clear text, by STARTTLS with an account, over TLS from the start."""

import email
import email.policy
import logging
import pathlib
import socket
import ssl
import subprocess
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

ACCOUNT = LoginPassword(b"vi-notify", b"s3cret-pass w\xc3\xb6rd")


class Mailbox:
    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append((session.authenticated, session.ssl is not None, envelope))
        return "250 taken"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def certificate(folder: pathlib.Path) -> tuple[ssl.SSLContext, str]:
    files = {name: str(folder / f"mail.{name}") for name in ["crt", "key"]}
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", files["key"], "-out", files["crt"],
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files["crt"], files["key"])
    return context, files["crt"]


def check(envelope, awkward: str) -> str:
    """One mail: well-formed, of one recipient, and nothing in it that a run has forged. Returns its Message-ID."""
    content = envelope.content
    if any(line and not line.endswith(b"\r\n") for line in content.splitlines(keepends=True)):
        sys.exit("a line of a mail ends without CR LF")
    if any(len(line) > 78 for line in content.split(b"\r\n")):
        sys.exit("a line of a mail is longer than 78")
    mail = email.message_from_bytes(content, policy=email.policy.default)
    wanted = {"Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Auto-Submitted", "Content-Type"}
    received = {"X-Peer", "X-MailFrom", "X-RcptTo"}
    if set(mail.keys()) - received != wanted or mail.defects:
        sys.exit(f"the header of a mail is {mail.keys()}, with {mail.defects}")
    if envelope.rcpt_tos not in (["ops@example.com"], ["dev@example.com"]) or envelope.mail_from != "vi@example.com":
        sys.exit(f"a mail went from {envelope.mail_from} to {envelope.rcpt_tos}")
    flow = awkward.strip()
    if not all(word in mail["Subject"] for word in flow.split()):
        sys.exit(f"a subject doesn't name the flow: {mail['Subject']!r}")
    text, html = (mail.get_body(kind) for kind in [("plain",), ("html",)])
    if text is None or html is None or mail.get_content_type() != "multipart/alternative":
        sys.exit("a mail has not both of its parts")
    if flow.replace("\u2028", " ").split()[0] not in text.get_content():
        sys.exit(f"a text doesn't name the flow: {text.get_content()!r}")
    if "<b>&amp;" in html.get_content() or "&lt;b&gt;&amp;amp;" not in html.get_content():
        sys.exit(f"a flow's name is markup in a mail: {html.get_content()!r}")
    mail["Date"].datetime
    return mail["Message-ID"]


def accept(send, folder: pathlib.Path, awkward: str, events: int) -> str:
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    context, ca = certificate(folder)

    def is_right(server, session, envelope, mechanism, data):
        return AuthResult(success=data == ACCOUNT, handled=True)

    boxes = {name: Mailbox() for name in ["plain", "starttls", "implicit"]}
    controllers = {
        "plain": Controller(boxes["plain"], hostname="127.0.0.1", port=free_port(), data_size_limit=0),
        "starttls": Controller(
            boxes["starttls"], hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True,
            auth_required=True, authenticator=is_right),
        "implicit": Controller(boxes["implicit"], hostname="127.0.0.1", port=free_port(), ssl_context=context),
    }
    for controller in controllers.values():
        controller.start()
    ports = {name: controller.port for name, controller in controllers.items()}
    mail = {"type": "email", "from": "vi-notify <vi@example.com>", "to": ["ops@example.com", "${env:SECOND}"],
            "ca": ca}
    send({
        "plain": mail | {"server": f"smtp://127.0.0.1:{ports['plain']}", "tls": "none"},
        "starttls": mail | {
            "server": f"smtp://localhost:{ports['starttls']}", "user": "vi-notify", "password": "${env:SMTP_PASSWORD}"},
        "implicit": mail | {"server": f"smtps://localhost:{ports['implicit']}"},
    }, {"SMTP_PASSWORD": ACCOUNT.password.decode(), "SECOND": "dev@example.com"})
    for controller in controllers.values():
        controller.stop()
    ids = set()
    for name, box in boxes.items():
        if len(box.envelopes) != 2 * events:
            sys.exit(f"{name}: {len(box.envelopes)} mails arrived, and {2 * events} were sent")
        for is_known, is_secure, envelope in box.envelopes:
            # Of TLS from the start a session knows nothing: no other connection gets that far.
            if is_secure != (name == "starttls") or bool(is_known) != (name == "starttls"):
                sys.exit(f"{name}: a mail came with TLS: {is_secure}, by an account: {is_known}")
            ids.add(check(envelope, awkward))
    if len(ids) != 6 * events:
        sys.exit("two mails have the same Message-ID")
    return f"{len(ids)} mails: taken in clear text, by STARTTLS with an account and over TLS; every one read as it was meant"
