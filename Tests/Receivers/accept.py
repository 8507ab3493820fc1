#!/usr/bin/env python3
"""Do receivers that are not ours accept what we send?

    accept.py PATH/TO/vi-notify

Run it in a virtual environment made from requirements.txt. Simulated runs end in all ways and with awkward texts; every
request is verified by `standardwebhooks` and read by `cloudevents`, in structured and in binary mode, and both must read
the same event. Mail goes to aiosmtpd and is parsed by Python's `email` (mail_servers.py), messages for AWS to moto, their
signatures compared with botocore's (aws_services.py), those of MQTT to mosquitto (mqtt_broker.py), and those of
NATS to a stream of nats-server (nats_stream.py). Prints what is refused; exit code 1 when something is.
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

import aws_services
import mail_servers
import mqtt_broker
import nats_stream
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


def deliver(binary: str, destinations: dict, variables: dict) -> None:
    """Sends every event to every destination, and says how that ended."""
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder, "rules.json")
        rules.write_text(json.dumps({
            "version": 1, "watch": {"since": "all"}, "destinations": destinations,
            "rules": [{"name": "all", "actions": [{"send": name} for name in destinations]}]}))
        state = pathlib.Path(folder, "state.sqlite")
        end = subprocess.run(
            [binary, "watch", "--rules", str(rules), "--once", "--state", str(state)],
            env={"PATH": os.environ["PATH"]} | variables, capture_output=True, text=True)
        if end.returncode != 0:
            sys.exit(f"watch ended with {end.returncode}: {end.stderr}")


def webhooks(binary: str, variables: dict) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    destination = {"type": "webhook", "secret": ["${env:FIRST}", "${env:SECOND}"]}
    deliver(binary, {
        "structured": destination | {"url": endpoint + "/structured"},
        "binary": destination | {"url": endpoint + "/binary", "format": "cloudevents-binary"},
    }, variables | {"FIRST": SECRETS[0], "SECOND": SECRETS[1]})
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


def main() -> None:
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        simulator, variables = simulate(binary, folder)
        try:
            webhooks(binary, variables)
            for service in [mail_servers, aws_services, mqtt_broker, nats_stream]:
                def send(destinations: dict, more: dict) -> None:
                    deliver(binary, destinations, variables | more)
                print(service.accept(send, folder, AWKWARD, 5 * len(PHASES)))
        finally:
            simulator.kill()


if __name__ == "__main__":
    main()
