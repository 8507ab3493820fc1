"""A simulated Vi API, a watcher with its status port, and a browser."""

import http.client
import json
import pathlib
import re
import subprocess
import time
import urllib.parse

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

TOKEN = "0123456789abcdef-page"
HOSTILE = '<img src=x onerror="document.title=1">"\'`&lt;\u202e</script><script>alert(1)</script>'


def until(condition, what, seconds=30):
    """Waits for the browser: it draws when it likes."""
    end = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except Exception as error:  # A part was drawn anew while it was looked at.
            found, what = None, f"{what} ({type(error).__name__})"
        if found:
            return found
        if time.monotonic() > end:
            raise SystemExit(f"never came: {what}")
        time.sleep(0.05)


def said(process, pattern, into):
    for line in process.stderr:
        into.append(line)
        if found := re.search(pattern, line):
            return found
    raise SystemExit(f"{pattern} was never said: {''.join(into)[-2000:]}")


class Stage:
    def __init__(self, binary, folder, scenario):
        self.binary, self.folder, self.log = binary, pathlib.Path(folder), []
        (self.folder / "scenario.json").write_text(json.dumps(scenario))
        (self.folder / "token").write_text(TOKEN + "\n")
        self.simulator = subprocess.Popen(
            [binary, "simulate", "--scenario", "scenario.json", "--listen", "127.0.0.1:0"],
            cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.variables = {}
        while "DATATURE_VI_ORGANIZATION_ID" not in self.variables:
            name, value = said(self.simulator, r"export (\w+)=(\S+)", []).groups()
            self.variables[name] = value
        self.api = self.variables["DATATURE_VI_API_ENDPOINT"]
        self.port = 0
        self.watcher = None

    def rules(self, text=None, **more):
        """Two destinations, of which one refuses everything, and three rules."""
        rules = text or {
            "version": 1, "watch": {"interval": "200ms", "since": "all", **more},
            "destinations": {
                "chat": {"type": "webhook", "url": f"{self.api}/inbox/chat", "rateLimit": {"count": 50, "per": "1s"}},
                "registry": {"type": "webhook", "url": f"{self.api}/inbox/registry"}},
            "rules": [
                {"name": "tell-chat", "actions": [{"send": "chat"}]},
                {"name": "register", "on": "succeeded", "actions": [
                    {"run": ["/bin/true"], "id": "model", "then": [{"send": "registry"}]}]},
                {"name": "switched-off", "enabled": False, "actions": [{"send": "chat"}]}]}
        (self.folder / "rules.json").write_text(json.dumps(rules))

    def watch(self):
        self.watcher = subprocess.Popen(
            [self.binary, "watch", "--rules", "rules.json", "--state", "state.sqlite",
             "--listen", f"127.0.0.1:{self.port}", "--token-file", "token"],
            cwd=self.folder, env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **self.variables},
            stderr=subprocess.PIPE, text=True)
        self.log = []
        self.port = int(said(self.watcher, r"the status port listens.*:(\d+)/", self.log)[1])
        # Nobody reads what it says from here on; it doesn't wait for that.
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.watcher.terminate()
        self.watcher.communicate()

    def put(self, path, body, method="PUT"):
        host = urllib.parse.urlsplit(self.api).netloc
        connection = http.client.HTTPConnection(host)
        connection.request(method, path, json.dumps(body))
        answer = connection.getresponse()
        answer.read()
        assert answer.status < 300, (path, answer.status)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", path)
        return connection.getresponse().read()

    def end(self):
        for process in (self.watcher, self.simulator):
            if process and process.poll() is None:
                process.kill()
                process.communicate()


def browser(folder, width=1440, height=1000, dark=False):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--window-size={width},{height}",
                     f"--user-data-dir={folder}/profile-{width}-{dark}", "--hide-scrollbars"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    scheme = "dark" if dark else "light"
    found.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    found.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                          {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
    return found
