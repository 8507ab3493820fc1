"""Matrix: a room on a Synapse, where a repeat is recognised and a message is edited."""

import json
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import mail_servers

SERVER = "matrix.test"


def call(base: str, method: str, path: str, body: dict | None = None, token: str = "") -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{base}/_matrix/client/v3{path}", data, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    return json.load(urllib.request.urlopen(request))


def start(folder: pathlib.Path, port: int) -> subprocess.Popen:
    configuration = folder / "synapse.json"
    log = folder / "synapse-log.json"
    log.write_text(json.dumps({"version": 1, "root": {"level": "ERROR"}}))
    limit = {"per_second": 10_000, "burst_count": 10_000}
    # JSON is YAML.
    configuration.write_text(json.dumps({
        "server_name": SERVER, "report_stats": False, "log_config": str(log), "pid_file": str(folder / "synapse.pid"),
        "media_store_path": str(folder / "media"), "signing_key_path": str(folder / "synapse.key"),
        "database": {"name": "sqlite3", "args": {"database": str(folder / "synapse.db")}},
        "listeners": [{"port": port, "type": "http", "bind_addresses": ["127.0.0.1"], "resources": [{"names": ["client"]}]}],
        "macaroon_secret_key": "m", "form_secret": "f", "trusted_key_servers": [], "rc_message": limit,
        "enable_registration": True, "enable_registration_without_verification": True, "rc_registration": limit}))
    module = [sys.executable, "-m", "synapse.app.homeserver", "-c", str(configuration)]
    subprocess.run([*module, "--generate-keys"], check=True, capture_output=True)
    return subprocess.Popen(module, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def account(base: str, process: subprocess.Popen) -> str:
    """The access token of a new user, once the server is there."""
    body = {"username": "vi", "password": "s3cret-w0rd", "auth": {"type": "m.login.dummy"}}
    while process.poll() is None:
        try:
            return call(base, "POST", "/register", body)["access_token"]
        except urllib.error.URLError as error:
            if isinstance(error, urllib.error.HTTPError):
                sys.exit(f"Matrix: no account could be made: {error.read()!r}")
            time.sleep(0.05)
    sys.exit("Matrix: the server did not start")


def messages(base: str, room: str, token: str) -> list[dict]:
    path = f"/rooms/{urllib.parse.quote(room)}/messages?dir=f&limit=1000"
    chunk = call(base, "GET", path, token=token)["chunk"]
    return [event for event in chunk if event["type"] == "m.room.message"]


def accept(send, evolve, folder: pathlib.Path, awkward: str, events: int) -> str:
    port = mail_servers.free_port()
    base = f"http://127.0.0.1:{port}"
    process = start(folder, port)
    try:
        token = account(base, process)
        rooms = [call(base, "POST", "/createRoom", {"preset": "private_chat"}, token)["room_id"] for _ in range(2)]
        place = {"type": "matrix", "server": base, "token": "${env:MATRIX_TOKEN}", "room": rooms[0]}
        send({"room": place}, {"MATRIX_TOKEN": token})
        found = messages(base, rooms[0], token)
        if len(found) != events:
            sys.exit(f"Matrix: {len(found)} messages of {events} are in the room")
        for event in found:
            content = event["content"]
            if content["msgtype"] != "m.notice" or content["m.mentions"] != {}:
                sys.exit(f"Matrix: a message calls somebody: {content}")
            if not all(word in content["body"] for word in awkward.split()) or "<b>&amp;" in content["formatted_body"]:
                sys.exit(f"Matrix: a message arrived changed: {content}")
            transaction = event["unsigned"]["transaction_id"]
            again = call(
                base, "PUT", f"/rooms/{urllib.parse.quote(rooms[0])}/send/m.room.message/{transaction}", content, token)
            if again["event_id"] != event["event_id"]:
                sys.exit("Matrix: a repeat would be a second message")
        place["room"] = rooms[1]
        evolve(place, {"MATRIX_TOKEN": token})
        first, *edits = messages(base, rooms[1], token)
        if len(edits) != 1 or edits[0]["content"]["m.relates_to"]["event_id"] != first["event_id"]:
            sys.exit(f"Matrix: two events of a run became {1 + len(edits)} messages: {edits}")
        shown = first["unsigned"]["m.relations"]["m.replace"]
        if shown["event_id"] != edits[0]["event_id"] or "failed" not in edits[0]["content"]["m.new_content"]["body"]:
            sys.exit(f"Matrix: the server doesn't take the second message for an edit of the first: {first}")
        try:
            relation = {"rel_type": "m.replace", "event_id": "$nowhere"}
            call(base, "PUT", f"/rooms/{urllib.parse.quote(rooms[1])}/send/m.room.message/x",
                 {"msgtype": "m.notice", "body": "x", "m.relates_to": relation}, token)
            sys.exit("Matrix: an edit of a message that isn't there is taken")
        except urllib.error.HTTPError as error:
            answer = error.read().decode()
            if error.code != 400 or "to unknown event" not in answer:
                sys.exit(f"Matrix: a message that is gone is told otherwise: {error.code} {answer}")
        return f"{events} messages by Matrix: repeats recognised, and a run's message edited"
    finally:
        process.kill()
