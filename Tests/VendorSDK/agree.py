#!/usr/bin/env python3
"""Does the vendor's own SDK read our simulator, and does vi-notify read the same in it?

    agree.py PATH/TO/vi-notify [--sdk-only]

Run it in a virtual environment made from requirements.txt. Prints every disagreement; exit code 1 when there is one.
`--sdk-only` leaves out what vi-notify itself is asked for: only the SDK and the scenario are compared.
"""

import atexit
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from datetime import datetime, timezone

import scenario as played

HOME = tempfile.mkdtemp(prefix="vi-agree-")
os.environ["HOME"] = HOME  # before the SDK is imported: it works out its model folder from it
import folders  # noqa: E402
import msgspec  # noqa: E402
import vi  # noqa: E402

disagreements: list[str] = []


@atexit.register
def clean_up() -> None:
    logging.raiseExceptions = False  # the SDK's client goes on logging into HOME when it is collected
    shutil.rmtree(HOME, ignore_errors=True)


def expect(what: str, ours, theirs) -> None:
    if ours != theirs:
        disagreements.append(f"{what}\n    {ours!r}\n    {theirs!r}")


def start(binary: str, scenario: dict) -> tuple[subprocess.Popen, str]:
    """The simulator and its endpoint."""
    path = pathlib.Path(HOME, "scenario.json")
    path.write_text("// written by agree.py\n" + json.dumps(scenario, ensure_ascii=False, indent=1))
    process = subprocess.Popen(
        [binary, "simulate", "--scenario", str(path), "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    said = ""
    for line in process.stderr:
        said += line
        if found := re.search(r"http://[0-9.]+:\d+", line):
            return process, found[0]
    sys.exit(f"the simulator did not start:\n{said}")


PHASE_OF = {
    "Succeeded": "succeeded", "Completed": "succeeded", "Finished": "succeeded", "Failed": "failed", "Error": "error",
    "Cancelled": "cancelled", "Killed": "cancelled", "Pending": "pending", "Queued": "pending", "Started": "running",
    "Starting": "running", "Running": "running",
}
STAGE_OF = {"pending": 0, "running": 1}
SPEAKS_OF_FAILURE = {"Succeeded", "Completed", "Finished", "Running", "Started"}


def plain(run) -> dict:
    """Two objects of one document are not equal: the SDK makes a new enum member for each unlisted condition it meets."""
    return msgspec.to_builtins(run)


def phase(run) -> str:
    """The reading of vi-api.md, applied to the SDK's objects."""
    entries = [(c.condition.value, c.status.value, c.last_transition_time) for c in run.status.conditions]
    reached = [(time, STAGE_OF.get(PHASE_OF[name], 2), PHASE_OF[name])
               for name, status, time in entries if status == "Reached" and name in PHASE_OF]
    time, stage, decided = max(reached, key=lambda entry: entry[:2], default=(None, 0, "pending"))
    if stage == 2:
        return decided
    killed = run.spec.killed_at is not None
    if any(status == "FailedReach" and name in SPEAKS_OF_FAILURE and (time is None or at >= time)
           for name, status, at in entries):
        return "cancelled" if killed else "failed"
    return "cancelled" if killed else decided


def list_runs(client) -> list:
    """All runs, in the order of the pages; every page size must give the same."""
    lists = {size: list(client.runs.list(pagination={"page_size": size}).all_items()) for size in (1, 7, 10, 50, 1000)}
    ids = {size: [run.run_id for run in runs] for size, runs in lists.items()}
    for size, listed in ids.items():
        expect(f"ids with page size {size} and with 50", listed, ids[50])
    expect("every run once", len(set(ids[50])), len(ids[50]))
    created = [run.metadata.time_created for run in lists[50] if not run.run_id.startswith("run_odd")]
    expect("newest first", created, sorted(created, reverse=True))
    expect("the light list", [item["runId"] for item in client.runs.list_simple({"page_size": 50}).all_items()], ids[50])
    return lists[50]


def check_single_runs(client, runs: list, phases: dict[str, str]) -> None:
    for run in runs:
        expect(f"{run.run_id}: got alone and in the list", plain(client.runs.get(run.run_id)), plain(run))
        if run.run_id in phases:
            expect(f"{run.run_id}: phase by the scenario and by the SDK", phases[run.run_id], phase(run))
    expect("runs of the scenario that are missing", set(phases) - {run.run_id for run in runs}, set())


def check_kill(client) -> None:
    killed = client.runs.kill(played.KILLED_BY_SDK)
    expect("phase of a killed run", phase(killed), "cancelled")
    expect("a killed run, asked again", plain(client.runs.get(killed.run_id)), plain(killed))
    for action in (lambda: client.runs.kill(killed.run_id), lambda: client.runs.get("run_nowhere")):
        try:
            action()
            disagreements.append("a second kill and an unknown run should be errors")
        except (vi.ViConflictError, vi.ViNotFoundError) as error:
            expect("trace id of an error", bool(error.trace_id), True)


def check_models(client) -> None:
    run_id = played.PAGED_MODELS
    models = list(client.models.list(run_id).all_items())
    expect("epochs over all pages, latest last", [model.spec.epoch for model in models], [10 * n for n in range(1, 26)])
    one = client.models.get(run_id, ckpt="ckpt_70")
    expect("one checkpoint", (one.model_id, one.spec.epoch, one.run_id), ("ckpt_70", 70, run_id))
    result = client.models.download(run_id, ckpt="ckpt_250", show_progress=False)
    folder = pathlib.Path(result.model_path)
    expect("model folder", folder, pathlib.Path(HOME, ".datature/vi/models", run_id, "model_full").resolve())
    config = json.loads(pathlib.Path(result.run_config_path).read_text())
    expect("run.json", (config["runId"], config["epoch"]), (run_id, 250))
    weights = (folder / "model.safetensors").read_bytes()
    head = int.from_bytes(weights[:8], "little")
    tensors = json.loads(weights[8:8 + head])
    expect("safetensors", tensors["model.weight"]["data_offsets"], [0, len(weights) - 8 - head])
    try:
        client.models.download("run_running_declared", show_progress=False)
        disagreements.append("a model of a running run can't be downloaded")
    except vi.ViOperationError:
        pass


def check_delete(client) -> None:
    expect("delete", client.runs.delete("run_odd_nothing").deleted, True)
    try:
        client.runs.get("run_odd_nothing")
        disagreements.append("a deleted run is still there")
    except vi.ViNotFoundError:
        pass


def fetched(endpoint: str, run_id: str) -> bytes:
    url = f"{endpoint}/workspaces/{played.ORGANIZATION}/runs/{run_id}"
    headers = {"Authorization": f"Bearer {played.SECRET_KEY}", "Organization-Id": played.ORGANIZATION}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.read()


def iso(milliseconds: int) -> str:
    time = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}Z"


def vi_notify(binary: str, *arguments: str) -> bytes:
    result = subprocess.run([binary, *arguments], capture_output=True, timeout=60)
    if result.returncode != 0:
        disagreements.append(f"vi-notify {' '.join(arguments)}: exit {result.returncode}\n    {result.stderr.decode()}")
        return b"null"
    return result.stdout


def check_ours(binary: str, endpoint: str, runs: list) -> None:
    """`runs list` and `runs get` against the SDK's objects."""
    listed = json.loads(vi_notify(binary, "runs", "list", "--all", "--output", "json")) or []
    expect("ids in order: ours, the SDK's", [run["runId"] for run in listed], [run.run_id for run in runs])
    ours = {run["runId"]: run for run in listed}
    for run in runs:
        mine = ours.get(run.run_id)
        if mine is None:
            continue
        theirs = {
            "phase": phase(run), "flow": run.spec.flow.name, "createdAt": iso(run.metadata.time_created),
            "attributes": run.metadata.attributes, "organization": run.organization_id,
            "trainingProject": run.spec.training_project or run.spec.flow.training_project,
        }
        expect(f"{run.run_id}: ours, the SDK's", {key: mine.get(key) for key in theirs}, theirs)
        expect(f"{run.run_id}: no document in a list", "run" in mine, False)
    for run_id in sorted(ours)[::7] + [played.KILLED_BY_SDK]:
        expect(f"{run_id}: runs get, the API", vi_notify(binary, "runs", "get", run_id, "--output", "json").strip(),
               fetched(endpoint, run_id).strip())


def check_documents(endpoint: str, runs: list) -> None:
    """What the SDK understood is what the document says."""
    for run in runs:
        document = json.loads(fetched(endpoint, run.run_id))
        said = (document["spec"].get("killedAt"), document["spec"]["flow"]["name"], document["metadata"]["attributes"])
        expect(f"{run.run_id}: document, SDK", said, (run.spec.killed_at, run.spec.flow.name, run.metadata.attributes))


def check_folders(binary: str, scenario: dict) -> None:
    """Once more with another kind of archive, from a simulator of its own."""
    pieces = {"modelSize": 3_000_000, "models": {"shards": 3, "adapter": True, "gzip": True}}
    shutil.rmtree(pathlib.Path(HOME, ".datature/vi/models"), ignore_errors=True)
    process, endpoint = start(binary, scenario | pieces)
    os.environ["DATATURE_VI_API_ENDPOINT"] = endpoint
    try:
        with vi.Client() as client:
            folders.check(client, endpoint, pathlib.Path(HOME, ".datature/vi/models"),
                          lambda *arguments: vi_notify(binary, *arguments), expect, True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--sdk-only"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    binary = str(pathlib.Path(arguments[0]).resolve())
    scenario, phases = played.build()
    process, endpoint = start(binary, scenario)
    os.environ |= {"DATATURE_VI_API_ENDPOINT": endpoint, "DATATURE_VI_SECRET_KEY": played.SECRET_KEY,
                   "DATATURE_VI_ORGANIZATION_ID": played.ORGANIZATION}
    try:
        with vi.Client() as client:
            check_kill(client)
            runs = list_runs(client)
            check_single_runs(client, runs, phases)
            check_documents(endpoint, runs)
            if "--sdk-only" not in sys.argv:
                check_ours(binary, endpoint, runs)
            check_models(client)
            if "--sdk-only" not in sys.argv:
                folders.check(client, endpoint, pathlib.Path(HOME, ".datature/vi/models"),
                              lambda *arguments: vi_notify(binary, *arguments), expect, False)
            check_delete(client)
    finally:
        process.send_signal(signal.SIGTERM)
        expect("exit code of the simulator", process.wait(timeout=10), 0)
    if "--sdk-only" not in sys.argv:
        check_folders(binary, scenario)
    for disagreement in disagreements:
        print(disagreement)
    print(f"{len(runs)} runs compared, {len(disagreements)} disagreements")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
