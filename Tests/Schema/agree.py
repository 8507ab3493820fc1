#!/usr/bin/env python3
"""Do `vi-notify schema` and `vi-notify check` accept and refuse the same rules files?

    agree.py PATH/TO/vi-notify

Run it in a virtual environment made from requirements.txt. Three folders of rules files, in strict JSON:
`corpus/good` both accept, `corpus/bad` both refuse, and `corpus/beyond` holds mistakes that no schema can see (does this
destination exist, is this section closed): only the checker refuses. Prints every disagreement; exit code 1 when there
is one.
"""

import json
import os
import pathlib
import subprocess
import sys

from jsonschema import Draft202012Validator

sys.setrecursionlimit(20_000)  # the judge recurses, and one file is nested on purpose
CORPUS = pathlib.Path(__file__).parent / "corpus"
WANTED = {"good": (True, True), "bad": (False, False), "beyond": (True, False)}
AT_LEAST = {"good": 40, "bad": 80, "beyond": 20}
# Whatever the corpus refers to.
ENVIRONMENT = {
    "PATH": os.environ["PATH"], "HOME": "/nonexistent", "CHAT_URL": "https://chat.example/services/T/B/x",
    "TOKEN": "token-of-the-corpus", "SIGNING_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


def checked(binary: str, path: pathlib.Path) -> tuple[bool, list[str]]:
    """What `check` says of a file; its exit status and its output must say the same."""
    end = subprocess.run(
        [binary, "check", str(path), "--output", "json"], env=ENVIRONMENT, capture_output=True, text=True)
    if end.returncode not in (0, 78):
        sys.exit(f"{path}: check ended with {end.returncode}: {end.stderr}")
    diagnostics = json.loads(end.stdout)["diagnostics"]
    errors = [f"{d['line']}:{d['column']} {d['message']}" for d in diagnostics if d["severity"] == "error"]
    if bool(errors) != (end.returncode == 78):
        sys.exit(f"{path}: check ended with {end.returncode}, and its errors are {errors}")
    return end.returncode == 0, errors


def main(binary: str) -> int:
    schema = json.loads(subprocess.run([binary, "schema"], capture_output=True, check=True, text=True).stdout)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    disagreements = 0
    for folder, wanted in WANTED.items():
        files = sorted((CORPUS / folder).glob("*.json"))
        if len(files) < AT_LEAST[folder]:
            sys.exit(f"corpus/{folder} has only {len(files)} files")
        for path in files:
            violations = [e.message[:200] for e in validator.iter_errors(json.loads(path.read_text()))]
            isFine, errors = checked(binary, path)
            if (not violations, isFine) != wanted:
                disagreements += 1
                print(f"{folder}/{path.name}: the schema says {violations or 'fine'}, check says {errors or 'fine'}")
        print(f"{folder}: {len(files)} files")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
