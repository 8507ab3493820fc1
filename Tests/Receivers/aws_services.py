"""SNS, SQS and EventBridge, by moto, behind a proxy that compares each signature with botocore's own."""

import http.client
import http.server
import json
import logging
import pathlib
import sys
import threading

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
KEY, SECRET, TOKEN = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "session/token+with=marks=="


class Signer(SigV4Auth):
    """botocore's, at the moment that a request names."""

    def __init__(self, service: str, moment: str, token: str | None):
        super().__init__(Credentials(KEY, SECRET, token), service, REGION)
        self.moment = moment

    def add_auth(self, request):
        request.context["timestamp"] = self.moment
        self._modify_request_before_signing(request)
        canonical = self.canonical_request(request)
        return self.signature(self.string_to_sign(request, canonical), request)

    def _modify_request_before_signing(self, request):
        pass


class Gate(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target = ("", 0)
    seen: list = []
    refused: list = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Gate.seen.append(self.headers.get("X-Amz-Security-Token"))
        if (problem := self.problem(body)) is not None:
            Gate.refused.append(problem)
        connection = http.client.HTTPConnection(*Gate.target)
        connection.request("POST", self.path, body, dict(self.headers.items()))
        answer = connection.getresponse()
        text = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def problem(self, body: bytes) -> str | None:
        fields = dict(part.split("=", 1) for part in self.headers["Authorization"].split(" ", 1)[1].replace(" ", "").split(","))
        service = fields["Credential"].split("/")[3]
        signed = fields["SignedHeaders"].split(";")
        if "host" not in signed or "x-amz-date" not in signed:
            return f"host or time is not signed: {signed}"
        request = AWSRequest("POST", f"http://{self.headers['Host']}{self.path}", data=body)
        for name in signed:
            if name in self.headers:
                request.headers[name] = self.headers[name]
        token = self.headers.get("X-Amz-Security-Token")
        wanted = Signer(service, self.headers["X-Amz-Date"], token).add_auth(request)
        return None if wanted == fields["Signature"] else f"{service}: the signature is not botocore's"

    def log_message(self, *_):
        pass


def accept(send, folder: pathlib.Path, awkward: str, events: int) -> str:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto.start()
    Gate.target = moto.get_host_and_port()
    gate = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    threading.Thread(target=gate.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{gate.server_port}"

    def client(service: str):
        return boto3.client(
            service, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=SECRET,
            endpoint_url="http://%s:%s" % Gate.target)

    sqs, sns, bridge = client("sqs"), client("sns"), client("events")

    def queue(name: str, **attributes) -> tuple[str, str]:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    (plain, _), (fifo, _) = queue("plain"), queue("ordered.fifo", FifoQueue="true")
    (from_sns, sns_arn), (from_bus, bus_arn) = queue("from-sns"), queue("from-bus")
    topic = sns.create_topic(Name="runs")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=sns_arn)
    bridge.create_event_bus(Name="runs")
    bridge.put_rule(Name="failed", EventBusName="runs", EventPattern=json.dumps(
        {"source": ["vi-notify"], "detail-type": [{"prefix": "com.datature.vi.run."}], "detail": {"flow": [awkward]}}))
    bridge.put_targets(Rule="failed", EventBusName="runs", Targets=[{"Id": "1", "Arn": bus_arn}])

    keys = {"accessKey": "${env:KEY}", "secretKey": "${env:SECRET}", "endpoint": endpoint, "region": REGION}
    send({
        "plain": keys | {"type": "aws-sqs", "queue": plain},
        "fifo": keys | {"type": "aws-sqs", "queue": fifo, "sessionToken": "${env:TOKEN}"},
        "topic": keys | {"type": "aws-sns", "topic": topic, "sessionToken": "${env:TOKEN}"},
        "bus": keys | {"type": "aws-eventbridge", "bus": "runs"},
    }, {"KEY": KEY, "SECRET": SECRET, "TOKEN": TOKEN})

    def messages(url: str) -> list:
        found = []
        while batch := sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found += batch
        return found

    taken = {name: messages(url) for name, url in
             {"plain": plain, "fifo": fifo, "topic": from_sns, "bus": from_bus}.items()}
    gate.shutdown()
    moto.stop()
    if Gate.refused:
        sys.exit(f"AWS: {Gate.refused[0]}")
    if Gate.seen.count(TOKEN) != 2 * events or len(Gate.seen) != 4 * events:
        sys.exit(f"AWS: {len(Gate.seen)} requests came, {Gate.seen.count(TOKEN)} with a session token")
    for name, found in taken.items():
        if len(found) != events:
            sys.exit(f"AWS: {len(found)} messages of {events} are in {name}")
        for message in found:
            body = json.loads(message["Body"])
            event = json.loads(body["Message"]) if name == "topic" else body
            data = event["detail"] if name == "bus" else event["data"]
            if data["flow"] != awkward:
                sys.exit(f"AWS: a flow's name arrived changed in {name}: {data['flow']!r}")
            if name == "fifo" and message["Attributes"]["MessageGroupId"] != data["runId"]:
                sys.exit("AWS: the run is not the group of a FIFO queue")
    return f"{4 * events} messages for AWS: every signature is botocore's, every message arrived"
