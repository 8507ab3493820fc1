"""MQTT, by mosquitto, with a subscriber of paho-mqtt."""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time

import paho.mqtt.client


def accept(send, folder: pathlib.Path, awkward: str, events: int) -> str:
    broker = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if broker is None:
        sys.exit("mosquitto is not installed; on Debian: apt-get install mosquitto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    passwords, configuration = folder / "passwords", folder / "mosquitto.conf"
    passwords.touch(mode=0o600)
    subprocess.run(
        [broker.replace("/sbin/", "/bin/") + "_passwd", "-b", str(passwords), "vi-notify", "s3cret-w0rd"], check=True)
    configuration.write_text(
        f"user root\nlistener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n")
    process = subprocess.Popen([broker, "-c", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        return publish(send, port, awkward, events)
    finally:
        process.kill()


def publish(send, port: int, awkward: str, events: int) -> str:
    messages: list = []
    is_listening, is_whole = threading.Event(), threading.Event()
    client = paho.mqtt.client.Client(
        paho.mqtt.client.CallbackAPIVersion.VERSION2, protocol=paho.mqtt.client.MQTTv5)
    client.username_pw_set("vi-notify", "s3cret-w0rd")
    client.on_subscribe = lambda *_: is_listening.set()

    def take(client, _, message):
        messages.append(message)
        if len(messages) == events:
            is_whole.set()

    client.on_message = take
    for _ in range(200):
        try:
            client.connect("127.0.0.1", port)
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    client.on_connect = lambda *_: client.subscribe("vi/#", qos=1)
    client.loop_start()
    if not is_listening.wait(20):
        sys.exit("MQTT: the subscriber was not let in")
    send({"broker": {
        "type": "mqtt", "server": f"mqtt://127.0.0.1:{port}", "topic": "vi/{{phase}}/{{flow}}", "user": "vi-notify",
        "password": "${env:MQTT_PASSWORD}"}}, {"MQTT_PASSWORD": "s3cret-w0rd"})
    is_whole.wait(20)
    client.loop_stop()
    if len(messages) != events:
        sys.exit(f"MQTT: {len(messages)} messages of {events} arrived")
    ids = set()
    for message in messages:
        data = json.loads(message.payload)["data"]
        if data["flow"] != awkward or message.qos != 1:
            sys.exit(f"MQTT: a message arrived changed: {message.payload!r}")
        if message.topic.split("/")[:2] != ["vi", data["phase"]] or message.topic.count("/") != 2:
            sys.exit(f"MQTT: a message came by the topic {message.topic!r}")
        properties = message.properties.json()
        ids.add(dict(properties["UserProperty"])["webhook-id"])
        if properties["ContentType"] != "application/cloudevents+json":
            sys.exit(f"MQTT: a message is {properties['ContentType']}")
    if len(ids) != events:
        sys.exit("MQTT: two messages have the same id")
    return f"{events} messages by MQTT: acknowledged, and read as they were meant"
