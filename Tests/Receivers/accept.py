#!/usr/bin/env python3
"""Do receivers that are not ours accept what we send?

    accept.py PATH/TO/vi-notify

Run it in a virtual environment made from requirements.txt. Simulated runs end in all ways and with awkward texts; every
request is verified by `standardwebhooks` and read by `cloudevents`, in structured and in binary mode, and both must read
the same event. Mail goes to aiosmtpd and is parsed by Python's `email` (mail_servers.py), messages for AWS to moto, their
signatures compared with botocore's (aws_services.py), those of MQTT to mosquitto (mqtt_broker.py), those of NATS to a stream
of nats-server (nats_stream.py), and those of Matrix to a Synapse (matrix_server.py). Requests to services that can't run here are
held against what their documentation says that they take (documented_formats.py, strict_slack.py). Prints what is refused; exit
code 1 when something is.
"""

import contextlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request

import aws_services
import documented_formats
import mail_servers
import matrix_server
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


def ended_runs(message: str = AWKWARD) -> list[dict]:
    return [
        {"runId": f"run_{index}", "flow": AWKWARD, "created": "-2h", "life": [
            {"at": "-1h", "phase": "running"},
            {"at": f"-{index + 1}m", "phase": phase, "reason": "Ünusual", "message": message}]}
        for index, phase in enumerate(PHASES * 5)]


@contextlib.contextmanager
def simulated(binary: str, folder: pathlib.Path, runs: list[dict]):
    """An account with these runs: the variables that lead to it."""
    process, variables = simulate(binary, folder, runs)
    try:
        yield variables
    finally:
        process.kill()


def simulate(binary: str, folder: pathlib.Path, runs: list[dict]) -> tuple[subprocess.Popen, dict]:
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


def deliver(binary: str, destinations: dict, variables: dict, actions: list[dict] | None = None) -> None:
    """Sends every event to every destination, or takes these actions."""
    with tempfile.TemporaryDirectory() as folder:
        watch_once(binary, pathlib.Path(folder), {
            "version": 1, "watch": {"since": "all"}, "destinations": destinations,
            "rules": [{"name": "all", "actions": actions or [{"send": name} for name in destinations]}]}, variables)


def watch_once(binary: str, folder: pathlib.Path, rules: dict, variables: dict) -> None:
    path = folder / "rules.json"
    path.write_text(json.dumps(rules))
    end = subprocess.run(
        [binary, "watch", "--rules", str(path), "--once", "--state", str(folder / "state.sqlite")],
        env={"PATH": os.environ["PATH"]} | variables, capture_output=True, text=True)
    if end.returncode != 0:
        sys.exit(f"watch ended with {end.returncode}: {end.stderr}")


def evolve(binary: str, folder: pathlib.Path, destination: dict, variables: dict) -> None:
    """A run begins and ends, and one message at the destination tells of both."""
    life: list[dict] = []
    with simulated(binary, folder, []) as account, tempfile.TemporaryDirectory() as state:
        for phase in [None, "running", "failed"]:
            if phase:
                life.append({"after": f"{len(life)}ms", "phase": phase})
            run = {"runId": "run_evolving", "flow": AWKWARD, "created": "-1m", "life": life}
            body = json.dumps(run).encode()
            urllib.request.urlopen(urllib.request.Request(
                account["DATATURE_VI_API_ENDPOINT"] + "/simulator/runs", body, method="POST"))
            watch_once(binary, pathlib.Path(state), {
                "version": 1, "destinations": {"place": destination},
                "rules": [{"name": "all", "on": "any", "actions": [{"send": "place", "update": True}]}]},
                variables | account)


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
        with simulated(binary, folder, ended_runs()) as variables:
            webhooks(binary, variables)

            def send(destinations: dict, more: dict, actions: list[dict] | None = None) -> None:
                deliver(binary, destinations, variables | more, actions)
            for service in [mail_servers, aws_services, mqtt_broker, nats_stream]:
                print(service.accept(send, folder, AWKWARD, 5 * len(PHASES)))

            def change(destination: dict, more: dict) -> None:
                evolve(binary, folder, destination, more)
            print(matrix_server.accept(send, change, folder, AWKWARD, 5 * len(PHASES)))
            print(documented_formats.accept(send, 5 * len(PHASES)))
        # Every limit of every service is passed.
        long = "Traceback (most recent call last): <b>&amp;</b> ``` *x* _y_ [a](b) @here 😀\n" * 110
        with simulated(binary, folder, ended_runs(long)) as variables:
            print(documented_formats.accept(send, 5 * len(PHASES)))


if __name__ == "__main__":
    main()
