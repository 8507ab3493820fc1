"""Holds the queries of the alerts and of the dashboard against the series that a watcher shows.

Usage: queries.py METRICS FILE…
A series or a label that nobody writes would make an alert that never fires, and a panel that stays empty.
"""

import json
import re
import sys

SELECTOR = re.compile(r"\b(vi_notify_\w+|process_\w+)(?:\{([^}]*)\})?")
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? \S+$")


def series(path):
    """The labels of each metric, with their values where the set of them is closed."""
    found = {}
    for line in open(path, encoding="utf-8"):
        sample = SAMPLE.match(line.rstrip("\n"))
        if not sample:
            continue
        labels = found.setdefault(sample[1], {})
        for name, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', sample[2] or ""):
            labels.setdefault(name, set()).add(value)
    return found


def queries(path):
    text = open(path, encoding="utf-8").read()
    if not path.endswith(".json"):
        return re.findall(r"expr: (.+)", text)
    found = []

    def walk(node):
        if isinstance(node, dict):
            if isinstance(node.get("expr"), str):
                found.append(node["expr"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(json.loads(text))
    return found


def main():
    known = series(sys.argv[1])
    faults = []
    count = 0
    for path in sys.argv[2:]:
        for query in queries(path):
            count += 1
            selectors = SELECTOR.findall(query)
            if not selectors:
                faults.append(f"{path}: asks for none of our series: {query}")
            for name, matchers in selectors:
                if name not in known:
                    faults.append(f"{path}: there is no series {name}")
                    continue
                for label, value in re.findall(r'(\w+)="([^"]*)"', matchers):
                    if value not in known[name].get(label, set()):
                        faults.append(f'{path}: {name} has no {label}="{value}"')
            for labels in re.findall(r"\bby \(([^)]*)\)", query):
                for label in re.findall(r"\w+", labels):
                    # Prometheus itself adds where a series comes from.
                    if label != "instance" and not any(label in known.get(name, {}) for name, _ in selectors):
                        faults.append(f"{path}: nothing has the label {label}: {query}")
    for fault in faults:
        print(fault)
    print(f"{count} queries, {len(faults)} faults")
    sys.exit(1 if faults or count < 10 else 0)


main()
