#!/usr/bin/env python3
"""Does the status page do in a browser what it is there for?

    page.py PATH/TO/vi-notify [DIRECTORY]

Run it in a virtual environment made from requirements.txt; chromium and chromium-driver are Debian's. DIRECTORY gets pictures: light
and dark, 360 and 1,440 pixels wide, with no run, a few, and 5,000. Prints what is wrong; exit code 1 when something is.
"""

import os
import pathlib
import sys
import tempfile

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from stage import HOSTILE, TOKEN, Stage, browser, until

FAULTS = []


def check(is_well, what):
    print(("ok    " if is_well else "WRONG ") + what)
    if not is_well:
        FAULTS.append(what)


def text(page, selector):
    return page.find_element(By.CSS_SELECTOR, selector).text


# Every text against what is behind it (WCAG 2.1, 1.4.3), names of what can be operated (4.1.2), and headings in order.
AXE = r"""
const faults = [];
const parse = color => (color.match(/[\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
  return .2126 * x + .7152 * y + .0722 * z; };
function ground(node) { for (; node; node = node.parentElement) { const c = parse(getComputedStyle(node).backgroundColor);
  if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; }
for (const node of document.querySelectorAll('body *')) {
  const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
  if (!own || !node.checkVisibility() || node.closest('.vh, .skip, svg, script, noscript, dialog:not([open])')) continue;
  const style = getComputedStyle(node), a = light(parse(style.color)), b = light(ground(node));
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  if (ratio < (isLarge ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)}: ${node.tagName} ${node.className} ${node.textContent.slice(0, 40)}`);
}
for (const node of document.querySelectorAll('button, a, input, select, progress, [role=img]')) {
  if (!node.checkVisibility()) continue;
  const label = node.labels && node.labels.length ? node.labels[0].textContent : '';
  if (!(node.getAttribute('aria-label') || label || node.textContent || node.title).trim()) faults.push(`no name: ${node.outerHTML.slice(0, 80)}`);
}
for (const node of document.querySelectorAll('[aria-labelledby]'))
  if (!document.getElementById(node.getAttribute('aria-labelledby'))) faults.push(`no label: ${node.outerHTML.slice(0, 80)}`);
const ids = [...document.querySelectorAll('[id]')].map(node => node.id);
if (new Set(ids).size !== ids.length) faults.push('an id is there twice');
if (!document.documentElement.lang) faults.push('no language');
if (document.documentElement.scrollWidth > innerWidth) faults.push(`wider than the window: ${document.documentElement.scrollWidth}`);
return faults;
"""


def look(page, folder, name, width, dark):
    faults = page.execute_script(AXE)
    check(not faults, f"{name}, {width} px, {'dark' if dark else 'light'}: contrast, names and width {faults or ''}")
    errors = [entry["message"] for entry in page.get_log("browser") if "favicon" not in entry["message"]]
    errors = [entry for entry in errors if "ERR_CONNECTION_REFUSED" not in entry and "401" not in entry]
    check(not errors, f"{name}: nothing goes wrong in the browser {errors or ''}")
    height = page.execute_script("return document.documentElement.scrollHeight")
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                         {"width": width, "height": min(height, 6000), "deviceScaleFactor": 1, "mobile": width < 500})
    page.save_screenshot(str(folder / f"{name}-{width}-{'dark' if dark else 'light'}.png"))


def live(page, address):
    page.get(address)
    until(lambda: text(page, "#link") == "Live", "the page is live")


def views(folder, scratch, address, name, path="/"):
    for width in (360, 1440):
        for dark in (False, True):
            page = browser(scratch, width, 900, dark)
            try:
                live(page, address + path)
                if path != "/":
                    until(lambda: page.find_elements(By.CSS_SELECTOR, "#story li"), "the run's story")
                look(page, folder, name, width, dark)
            finally:
                page.quit()


def press(page, *keys):
    """Keys alone: there is no mouse."""
    for key in keys:
        page.switch_to.active_element.send_keys(key)


def tab_to(page, condition, what):
    for _ in range(200):
        page.switch_to.active_element.send_keys(Keys.TAB)
        if condition(page.switch_to.active_element):
            return
    raise SystemExit(f"no key leads to {what}")


def acts(stage, scratch):
    address = f"http://127.0.0.1:{stage.port}"
    page = browser(scratch)
    try:
        live(page, address)
        until(lambda: "registry" in text(page, "#dead"), "the dead letter")
        check("Send again" in text(page, "#dead"), "a dead letter has a button")

        # It updates by itself.
        check("run_new" not in text(page, "#watch"), "a run that isn't there isn't shown")
        stage.put("/simulator/runs", {"runId": "run_new", "flow": "fresh", "life": [{"after": "100ms", "phase": "running"}]}, "POST")
        until(lambda: "run_new" in text(page, "#moving"), "a new run appears by itself")
        check(True, "a new run appears by itself")

        # A stranger's text is text.
        check(page.title in ("vi-notify", "✗ vi-notify"), f"no text of a stranger has run: {page.title}")
        check("<img src=x" in text(page, "#watch"), "a hostile flow is shown as text")
        check(not page.find_elements(By.CSS_SELECTOR, "main img, main script"), "and has made nothing")

        # With the keyboard alone: send a dead letter again.
        stage.put("/simulator/inbox/registry", [])
        tab_to(page, lambda node: node.get_attribute("data-key") and node.get_attribute("data-key").startswith("replay"), "Send again")
        run = page.switch_to.active_element.get_attribute("aria-label").split(", ")[1]
        press(page, Keys.ENTER)
        until(lambda: page.find_element(By.ID, "ask").is_displayed(), "it asks first")
        press(page, Keys.ENTER)
        until(lambda: page.find_element(By.ID, "ask-token").is_displayed(), "it asks for the token")
        press(page, "wrong-token-wrong-token", Keys.ENTER)
        until(lambda: "That token is wrong" in text(page, "#ask-title"), "a wrong token is refused")
        check(True, "a wrong token is refused")
        page.find_element(By.ID, "ask-token").clear()
        page.find_element(By.ID, "ask-token").send_keys(TOKEN, Keys.ENTER)
        until(lambda: "will be sent to" in text(page, "#said"), "it is sent again")
        until(lambda: len(page.find_elements(By.CSS_SELECTOR, "#dead > li")) == 3, "the dead letter is none any more")
        check(True, "a dead letter is sent again, with the keyboard alone")

        # Silence a rule, and end that; the token is known by now.
        def rule_button(word):
            return lambda node: node.get_attribute("data-key") == "rule tell-chat" and node.text.startswith(word)
        tab_to(page, rule_button("Silence"), "Silence")
        press(page, Keys.ENTER)
        until(lambda: page.find_element(By.ID, "ask-why").is_displayed(), "it asks why")
        press(page, Keys.TAB)
        press(page, "moving house", Keys.ENTER)
        until(lambda: "silenced, ends in" in text(page, "#rules"), "the rule is silent")
        check(True, "a rule is silenced")
        tab_to(page, rule_button("End"), "End the silence")
        press(page, Keys.ENTER)
        until(lambda: "moving house" in text(page, "#ask-text"), "the reason is shown")
        press(page, Keys.ENTER)
        until(lambda: "silenced, ends in" not in text(page, "#rules"), "the silence has ended")
        check(True, "and the silence ended")

        # A run's own page.
        page.get(f"{address}/runs/{run}")
        until(lambda: "rule tell-chat" in text(page, "#story"), "the run's story")
        check("model" in text(page, "#chains") and "registry" in text(page, "#chains"), "a run's chain is a tree")
        check("replay requested" in text(page, "#story"), "what was done here stands in the run's story")
        check("sent again by 127.0.0.1 (status port, with the token)" in text(page, "#audit"), "and so does who did it")
        check("rule switched-off" in text(page, "#story"), "and why a rule has not fired is said")

        # The server goes and comes back.
        live(page, address)
        stage.stop()
        until(lambda: page.find_element(By.ID, "banner").is_displayed(), "it says that it can't be reached")
        check("out of reach since" in text(page, "#banner"), "it says so when it can't update")
        stage.watch()
        until(lambda: text(page, "#link") == "Live" and not page.find_element(By.ID, "banner").is_displayed(), "it is back")
        check(True, "it is back after a restart, by itself")
    finally:
        page.quit()


def first_paint(page, address):
    live(page, address)
    # What the page says may be there before the browser has painted it, or has written down when.
    return page.execute_async_script("""
        const done = arguments[0];
        new PerformanceObserver((list, observer) => {
          const first = list.getEntriesByName('first-contentful-paint')[0];
          if (first) { observer.disconnect(); done(first.startTime); }
        }).observe({type: 'paint', buffered: true});""")


def main():
    binary = os.path.abspath(sys.argv[1])
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        few = [
            {"runId": "run_1", "flow": "detector", "created": "-3h", "life": [{"at": "-2h", "phase": "running"}]},
            {"runId": "run_2", "flow": HOSTILE, "created": "-2h", "life": [
                {"at": "-1h", "phase": "running"}, {"at": "-10m", "phase": "failed", "reason": "OutOfMemory", "message": HOSTILE}]},
            {"runId": "run_3", "flow": "detector", "created": "-5h", "life": [
                {"at": "-4h", "phase": "running"}, {"at": "-1h", "phase": "succeeded"}]},
        ] + [{"runId": f"run_old_{index}", "flow": "detector", "created": "-9h", "life": [
            {"at": "-8h", "phase": "running"}, {"at": f"-{5 * 60 + index}m", "phase": "succeeded"}]} for index in range(3)]
        stage = Stage(binary, scratch, {"runs": few})
        try:
            stage.put("/simulator/inbox/registry", [{"status": 404, "times": 4}])
            stage.rules()
            address = stage.watch()
            until(lambda: b'"destination":"registry","status":"dead"' in stage.get("/api/v1/overview"), "a dead letter")
            views(folder, scratch, address, "few")
            views(folder, scratch, address, "run", "/runs/run_3")
            acts(stage, scratch)
        finally:
            stage.end()

    with tempfile.TemporaryDirectory() as scratch:
        stage = Stage(binary, scratch, {"runs": []})
        try:
            stage.rules()
            views(folder, scratch, stage.watch(), "none")
        finally:
            stage.end()

    with tempfile.TemporaryDirectory() as scratch:
        stage = Stage(binary, scratch, {"population": {"count": 5000, "seed": 7, "ended": 0.98}})
        try:
            stage.rules({"version": 1, "watch": {"interval": "1s"}, "destinations": {
                "chat": {"type": "webhook", "url": f"{stage.api}/inbox/chat"}},
                "rules": [{"name": "tell-chat", "actions": [{"send": "chat"}]}]})
            address = stage.watch()
            until(lambda: b'"total":5000' in stage.get("/api/v1/overview"), "5,000 runs")
            size = sum(len(stage.get(path)) for path in ["/", "/assets/page.css", "/assets/page.js", "/api/v1/overview"])
            check(size < 60_000, f"with 5,000 runs all of it has {size} bytes, less than 60,000")
            page = browser(scratch)
            try:
                first_paint(page, address)
                paints = sorted(first_paint(page, address) for _ in range(5))
                # Reported, not judged: how fast a busy machine paints says nothing of the page.
                print(f"      first paint with 5,000 runs: {paints[2]:.0f} ms (median of 5: {paints})")
                before = len(page.find_elements(By.CSS_SELECTOR, "#older > li"))
                page.find_element(By.ID, "more").send_keys(Keys.ENTER)
                until(lambda: len(page.find_elements(By.CSS_SELECTOR, "#older > li")) == before + 50, "50 older runs")
                shown = [node.text for node in page.find_elements(By.CSS_SELECTOR, "#ended a, #older a")]
                check(len(set(shown)) == len(shown) == 70, "older runs come page by page, each once")
                page.find_element(By.ID, "more-moving").send_keys(Keys.ENTER)
                until(lambda: len(page.find_elements(By.CSS_SELECTOR, "#all a")) > 70, "all that are under way")
                check(True, "all runs under way can be seen")
            finally:
                page.quit()
            views(folder, scratch, address, "many")
        finally:
            stage.end()
    print(f"{len(FAULTS)} faults; pictures are in {folder}")
    sys.exit(1 if FAULTS else 0)


main()
