#!/usr/bin/env python3
"""Do receivers that are not ours accept what we send?

    accept.py PATH/TO/vi-notify

Run it in a virtual environment made from requirements.txt. Simulated runs end in all ways and with awkward texts; every
request is verified by `standardwebhooks` and read by `cloudevents`, in structured and in binary mode, and both must read
the same event. Prints what is refused; exit code 1 when something is.
"""

import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook

SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]
AWKWARD = 'naïve "flow" 100% {{x}} <b>&amp;\u2028 😀 $(reboot)\n'
PHASES = ["succeeded", "failed", "error", "cancelled"]


class Receiver(http.server.BaseHTTPRequestHandler):
    requests: list = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.requests.append((self.path, dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def simulate(binary: str, folder: pathlib.Path) -> tuple[subprocess.Popen, dict]:
    runs = [
        {"runId": f"run_{index}", "flow": AWKWARD, "created": "-2h", "life": [
            {"at": "-1h", "phase": "running"},
            {"at": f"-{index + 1}m", "phase": phase, "reason": "Ünusual", "message": AWKWARD}]}
        for index, phase in enumerate(PHASES * 5)]
    path = folder / "scenario.json"
    path.write_text(json.dumps({"runs": runs}))
    process = subprocess.Popen(
        [binary, "simulate", "--scenario", str(path), "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    variables = {}
    for line in process.stderr:
        variables |= dict(re.findall(r"export (\w+)=(\S+)", line))
        if "DATATURE_VI_ORGANIZATION_ID" in variables:
            return process, variables
    sys.exit("the simulator did not start")


def deliver(binary: str, folder: pathlib.Path, endpoint: str, variables: dict) -> None:
    rules = folder / "rules.json"
    destination = {"type": "webhook", "secret": ["${env:FIRST}", "${env:SECOND}"]}
    rules.write_text(json.dumps({
        "version": 1, "watch": {"since": "all"},
        "destinations": {
            "structured": destination | {"url": endpoint + "/structured"},
            "binary": destination | {"url": endpoint + "/binary", "format": "cloudevents-binary"}},
        "rules": [{"name": "all", "actions": [{"send": "structured"}, {"send": "binary"}]}]}))
    environment = {"PATH": os.environ["PATH"], "FIRST": SECRETS[0], "SECOND": SECRETS[1]} | variables
    end = subprocess.run(
        [binary, "watch", "--rules", str(rules), "--once", "--state", str(folder / "state.sqlite")],
        env=environment, capture_output=True, text=True)
    if end.returncode != 0:
        sys.exit(f"watch ended with {end.returncode}: {end.stderr}")


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        simulator, variables = simulate(sys.argv[1], pathlib.Path(name))
        try:
            deliver(sys.argv[1], pathlib.Path(name), f"http://127.0.0.1:{server.server_port}", variables)
        finally:
            simulator.kill()
    events: dict = {"/structured": {}, "/binary": {}}
    for path, headers, body in Receiver.requests:
        for secret in SECRETS:
            Webhook(secret).verify(body, headers)
        event = from_http_event(HTTPMessage(headers={k.lower(): v for k, v in headers.items()}, body=body))
        data = event.get_data()
        events[path][event.get_id()] = (
            event.get_type(), event.get_source(), event.get_subject(), event.get_time(),
            data if isinstance(data, dict) else json.loads(data))
    wanted = 5 * len(PHASES)
    if any(len(found) != wanted for found in events.values()):
        sys.exit(f"{wanted} events were expected of each mode: { {path: len(found) for path, found in events.items()} }")
    if events["/structured"] != events["/binary"]:
        sys.exit("the two modes were read as different events")
    if any(event[4]["flow"] != AWKWARD for event in events["/binary"].values()):
        sys.exit("a flow's name arrived changed")
    print(f"{2 * wanted} requests: every signature verified, every event read, the same in both modes")


if __name__ == "__main__":
    main()
