"""The scenario that agree.py plays: every phase in every dialect, and what is odd but legal."""

SECRET_KEY = "dtvi_" + "agree0123456" * 8 + "xy"
ORGANIZATION = "agree-org"

DIALECTS = ["documented", "lifecycle", "declared"]
PHASES = ["pending", "running", "succeeded", "failed", "error", "cancelled"]
KILLED_BY_SDK = "run_to_be_killed"
PAGED_MODELS = "run_succeeded_documented"


def life(phase: str) -> list[dict]:
    """All of it in the past, so that nothing changes while runs are compared."""
    steps = []
    if phase != "pending":
        steps.append({"at": "-50m", "phase": "running"})
    if phase not in ("pending", "running"):
        end = {"at": "-20m", "phase": phase}
        if phase in ("failed", "error"):
            end |= {"reason": "OutOfMemory", "message": "CUDA out of memory; é \"quoted\" \\ 雪"}
        steps.append(end)
    return steps


def expected_phase(phase: str, dialect: str) -> str:
    """Started and Finished can't tell an error from a failure."""
    return "failed" if (phase, dialect) == ("error", "lifecycle") else phase


def document(run_id: str, conditions: list, **spec) -> dict:
    """A run as another version of the API might give it: few members, unknown ones."""
    flow = {"name": "odd", "schema": "s", "tolerations": {}, "settings": {}, "blocks": [], "novelty": [1.50, None]}
    return {
        "kind": "Run", "workspaceId": ORGANIZATION, "runId": run_id, "novelty": {"deep": [1e3, "x"]},
        "spec": {"flow": flow, **spec},
        "status": {"log": "", "observedGeneration": 7, "conditions": conditions},
        "metadata": {"timeCreated": 1766000000000, "lastUpdated": 1766000000001, "generation": 9, "attributes": {}},
        "selfLink": f"/workspaces/{ORGANIZATION}/runs/{run_id}", "etag": "odd",
    }


def condition(name: str, status: str, time: int) -> dict:
    return {"condition": name, "status": status, "lastTransitionTime": time}


def odd_runs() -> dict[str, tuple[dict, str]]:
    """Document and expected phase by id."""
    t = 1766000000000
    late_kill = [condition("Succeeded", "Reached", t)]
    alive_again = [condition("Failed", "Reached", t), condition("Running", "Reached", t + 5)]
    unknown = [condition("Running", "Reached", t), condition("Evaluating", "Reached", t + 9)]
    broken = [condition("Started", "FailedReach", t)]
    tie = [condition("Succeeded", "Reached", t), condition("Running", "Reached", t)]
    return {
        "run_odd_nothing": (document("run_odd_nothing", []), "pending"),
        "run_odd_killed": (document("run_odd_killed", [], killedAt=t + 3), "cancelled"),
        "run_odd_late_kill": (document("run_odd_late_kill", late_kill, killedAt=t + 3), "succeeded"),
        "run_odd_alive": (document("run_odd_alive", alive_again, trainingProject=None), "running"),
        "run_odd_unknown": (document("run_odd_unknown", unknown), "running"),
        "run_odd_broken": (document("run_odd_broken", broken), "failed"),
        "run_odd_broken_kill": (document("run_odd_broken_kill", broken, killedAt=t), "cancelled"),
        "run_odd_tie": (document("run_odd_tie", tie), "succeeded"),
    }


def build() -> tuple[dict, dict[str, str]]:
    """The scenario, and the phase of each run that is written out in it."""
    runs, phases = [], {}
    for dialect in DIALECTS:
        for phase in PHASES:
            run_id = f"run_{phase}_{dialect}"
            runs.append({
                "runId": run_id, "flow": f"flow {phase} é", "dialect": dialect, "created": "-1h",
                "trainingProject": None if phase == "pending" else "project_1",
                "attributes": {"stage": "release", "ünïcode": "\" \\ \n 雪"}, "life": life(phase), "checkpoints": 25,
            })
            phases[run_id] = expected_phase(phase, dialect)
        killed = f"run_killed_{dialect}"
        runs.append({"runId": killed, "dialect": dialect, "created": "-1h", "life": life("running"), "killed": "-30m"})
        phases[killed] = "cancelled"
    for run_id, (body, phase) in odd_runs().items():
        runs.append({"runId": run_id, "created": "-3h", "document": body})
        phases[run_id] = phase
    runs.append({"runId": KILLED_BY_SDK, "created": "-1m", "life": [{"at": "-30s", "phase": "running"}]})
    phases[KILLED_BY_SDK] = "cancelled"
    scenario = {
        "organization": ORGANIZATION, "secretKey": SECRET_KEY, "dialect": "mixed", "maximumPageSize": 50, "runs": runs,
        "population": {"count": 120, "seed": 11, "ended": 0.9},
    }
    return scenario, phases
