"""NATS: a stream of nats-server, over TLS and with an account, read by nats-py."""

import asyncio
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys

import nats
from nats.errors import NoServersError

import mail_servers


def accept(send, folder: pathlib.Path, awkward: str, events: int) -> str:
    server = shutil.which("nats-server", path=pathlib.Path(sys.executable).parent)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _, ca = mail_servers.certificate(folder)
    configuration = folder / "nats.conf"
    configuration.write_text(f"""
        listen: "127.0.0.1:{port}"
        jetstream {{ store_dir: "{folder}/nats" }}
        tls {{ cert_file: "{ca}", key_file: "{ca.replace('.crt', '.key')}" }}
        authorization {{ user: "vi-notify", password: "s3cret-w0rd" }}
        """)
    process = subprocess.Popen([server, "-c", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        return asyncio.run(publish(send, port, ca, awkward, events))
    finally:
        process.kill()


async def pass_over(_):
    """The server isn't there yet."""


async def connect(port: int, ca: str):
    for _ in range(200):
        try:
            return await nats.connect(
                f"tls://localhost:{port}", tls=ssl.create_default_context(cafile=ca), user="vi-notify",
                password="s3cret-w0rd", allow_reconnect=False, error_cb=pass_over)
        except (NoServersError, OSError):
            await asyncio.sleep(0.05)
    sys.exit("NATS: the server did not start")


async def publish(send, port: int, ca: str, awkward: str, events: int) -> str:
    client = await connect(port, ca)
    stream = client.jetstream()
    await stream.add_stream(name="runs", subjects=["vi.>"])
    await asyncio.to_thread(send, {"stream": {
        "type": "nats", "server": f"tls://localhost:{port}", "subject": "vi.{{phase}}.{{flow}}", "ca": ca,
        "user": "vi-notify", "password": "${env:NATS_PASSWORD}"}}, {"NATS_PASSWORD": "s3cret-w0rd"})
    state = (await stream.stream_info("runs")).state
    if state.messages != events:
        sys.exit(f"NATS: {state.messages} messages of {events} are in the stream")
    ids = set()
    for sequence in range(1, events + 1):
        message = await stream.get_msg("runs", sequence)
        data = json.loads(message.data)["data"]
        if data["flow"] != awkward or message.headers["Content-Type"] != "application/cloudevents+json":
            sys.exit(f"NATS: a message arrived changed: {message.data!r}, {message.headers}")
        if message.subject.split(".")[:2] != ["vi", data["phase"]] or message.subject.count(".") != 2:
            sys.exit(f"NATS: a message came by the subject {message.subject!r}")
        ids.add(message.headers["Nats-Msg-Id"])
    if len(ids) != events:
        sys.exit("NATS: two messages have the same id")
    repeat = await stream.publish("vi.x", b"", headers={"Nats-Msg-Id": ids.pop()})
    if not repeat.duplicate:
        sys.exit("NATS: a repeat would not be recognised")
    await client.close()
    return f"{events} messages by NATS: stored in a stream, over TLS with an account"
