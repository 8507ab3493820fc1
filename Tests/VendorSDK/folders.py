"""Is a model's folder the same to the vendor's SDK and to vi-notify, whichever of the two has made it?"""

import filecmp
import json
import pathlib
import urllib.request

from vi.utils.safetensors import safetensors_complete

MARKER = ".vi-notify.json"


def requests(endpoint: str) -> dict[str, int]:
    """How many requests the simulator has seen, by kind."""
    with urllib.request.urlopen(f"{endpoint}/simulator/requests") as answer:
        return json.loads(answer.read())


def differences(compared: filecmp.dircmp) -> list[str]:
    found = compared.left_only + compared.right_only + compared.diff_files + compared.funny_files
    return found + [name for sub in compared.subdirs.values() for name in differences(sub)]


def check(client, endpoint: str, models: pathlib.Path, vi_notify, expect, has_adapter: bool) -> None:
    """`vi_notify(*arguments)` runs ours; `models` is the folder that both use when they are told no other."""
    ours, theirs = "run_succeeded_lifecycle", "run_succeeded_declared"

    path = vi_notify("models", "download", ours).decode().strip()
    expect("where ours puts a model", path, str(models / ours))
    before = requests(endpoint)
    taken = client.models.download(ours, show_progress=False)
    expect("the SDK takes our folder, and downloads nothing", requests(endpoint)["file"], before["file"])
    expect("model path", pathlib.Path(taken.model_path), (models / ours / "model_full").resolve())
    expect("run.json", json.loads(pathlib.Path(taken.run_config_path).read_text())["runId"], ours)
    expect("adapter", taken.adapter_path is not None, has_adapter)
    # What ViModel(run_id=…) asks before it downloads; the rest of vi.inference needs torch.
    expect("ViModel would take our folder", safetensors_complete(models / ours / "model_full"), True)

    # By its name: without one, the SDK (0.1.0b7) takes the last model of the first page, and ours that of the last.
    latest = json.loads((models / ours / MARKER).read_text())["checkpoint"]
    again = client.models.download(ours, ckpt=latest, save_dir=models / "again", show_progress=False)
    compared = filecmp.dircmp(path, pathlib.Path(again.model_path).parent, ignore=[MARKER])
    expect("files that the SDK unpacks otherwise", differences(compared), [])

    client.models.download(theirs, show_progress=False)
    before = requests(endpoint)
    result = json.loads(vi_notify("models", "download", theirs, "--output", "json"))
    expect("ours takes the SDK's folder", (result["path"], result["downloaded"]), (str(models / theirs), False))
    expect("and asks nobody", requests(endpoint), before)
    (models / theirs / "model_full" / "run.json").unlink()
    result = json.loads(vi_notify("models", "download", theirs, "--output", "json"))
    expect("ours mends a folder that the SDK would not take", result["downloaded"], True)
    client.models.download(theirs, show_progress=False)

    listed = json.loads(vi_notify("models", "list", ours, "--output", "json"))
    sdk = [(model.model_id, model.spec.epoch, model.spec.evaluation_metrics) for model in client.models.list(ours).all_items()]
    expect("models list: ours, the SDK's", [(m["modelId"], m["epoch"], m["metrics"]) for m in listed], sdk)
