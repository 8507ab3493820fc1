"""Requests to services that can't run here, held against what their documentation says that they take.

Each of formats/*.json is a JSON Schema of our own, written by the documentation that its `$comment` names. A service that refuses a
message would lose it, so this server refuses it, too, and says why.
"""

import http.server
import json
import pathlib
import sys
import threading

from jsonschema import Draft202012Validator

import strict_slack

FORMATS = {
    path.stem: Draft202012Validator(json.loads(path.read_text()))
    for path in pathlib.Path(__file__).parent.joinpath("formats").glob("*.json")
}
YES = {"discord": b'{"id": "111111111111111111", "channel_id": "222222222222222222"}', "slack": b"ok"}


def discord(message: dict) -> str | None:
    """Of all embeds together: discord-api-docs, "Embed Limits"."""
    total = 0
    for embed in message.get("embeds", []):
        texts = [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", ""),
                 embed.get("author", {}).get("name", "")]
        texts += [text for field in embed.get("fields", []) for text in (field["name"], field["value"])]
        total += sum(map(strict_slack.length, texts))
    return f"{total} characters in embeds" if total > 6_000 else None


def ntfy(message: dict) -> str | None:
    """docs.ntfy.sh, "Limitations": a longer message becomes an attachment."""
    size = len(message.get("message", "").encode())
    return f"{size} bytes" if size > 4_096 else None


def teams(message: dict) -> str | None:
    """learn.microsoft.com, "Create and send messages": 28 KB, which leaves no room for what Teams adds (msteams-docs#11274)."""
    size = len(json.dumps(message, ensure_ascii=False).encode())
    return f"{size} bytes" if size > 24_000 else None


BEYOND_SCHEMA = {"discord": discord, "ntfy": ntfy, "teams": teams, "slack": strict_slack.problem}


class Service(http.server.BaseHTTPRequestHandler):
    taken: dict[str, int] = {}
    refused: list[str] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name = self.path.strip("/").split("/")[0].split("?")[0]
        why = self.refusal(name, json.loads(body))
        if why:
            Service.refused.append(f"{name}: {why}")
        Service.taken[name] = Service.taken.get(name, 0) + (0 if why else 1)
        answer = (why or "").encode() if why else YES.get(name, b"{}")
        self.send_response(400 if why else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def refusal(self, name: str, message) -> str | None:
        if name in FORMATS:
            for error in FORMATS[name].iter_errors(message):
                return f"{error.json_path} {error.message[:300]}"
        if not self.headers["Content-Type"].startswith("application/json"):
            return f"Content-Type {self.headers['Content-Type']}"
        return BEYOND_SCHEMA[name](message) if name in BEYOND_SCHEMA else None

    def log_message(self, *_):
        pass


def accept(send, events: int) -> str:
    Service.taken, Service.refused = {}, []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    pace = {"rateLimit": {"count": 1_000, "per": "1s"}}
    destinations = {
        "ntfy": {"type": "ntfy", "server": base + "/ntfy", "topic": "runs-of-the-team"},
        "gotify": {"type": "gotify", "server": base + "/gotify", "token": "${env:TOKEN}"},
        "mattermost": {"type": "mattermost", "url": base + "/mattermost/hooks/x", "channel": "training"},
        "apprise": {"type": "apprise", "url": base + "/apprise/notify/key", "tag": "team"},
        "teams": {"type": "teams", "url": base + "/teams/workflow?sig=x"},
        "discord": {"type": "discord", "url": base + "/discord/webhook"},
        "slack": {"type": "slack", "url": base + "/slack/services/x"},
    }
    # In turn: our own words, a text, and for Slack and Discord a body that has a stranger's text in each of its places.
    long = "{{message}}"
    fields = [{"type": "mrkdwn", "text": f"*{index}* {long}"} for index in range(10)]
    bodies = {
        "slack": {"text": long, "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": long}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "```" + long + "```"}, "fields": fields},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": long}]},
            {"type": "actions", "elements": [
                {"type": "button", "text": {"type": "plain_text", "text": long}, "url": "https://vi.example"}]}]},
        "discord": {"content": long, "embeds": [{
            "title": long, "description": long, "footer": {"text": long},
            "fields": [{"name": long, "value": long} for _ in range(12)]}]},
    }
    actions = []
    for name in destinations:
        actions += [{"send": name}, {"send": name, "text": "{{flow}} {{phase}}: " + 5 * long}]
        if name in bodies:
            actions.append({"send": name, "body": bodies[name]})
    send({name: members | pace for name, members in destinations.items()}, {"TOKEN": "A1234567890"}, actions)
    server.shutdown()
    wanted = {name: events * (3 if name in bodies else 2) for name in destinations}
    if Service.refused or Service.taken != wanted:
        sys.exit("refused: " + "\n".join(Service.refused[:5]) + f"\ntaken: {Service.taken}, of {wanted}")
    return f"{sum(wanted.values())} requests to {len(wanted)} services as their documentation describes them"
