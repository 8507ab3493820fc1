#!/usr/bin/env bash
# The unit that `systemd-unit` prints, judged by systemd's own tools. Usage: Tests/Systemd/check.sh path/to/vi-notify
set -euo pipefail
binary=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$binary" systemd-unit --program "$binary" >"$scratch/vi-notify.service"
complaints=$(systemd-analyze verify --man=no "$scratch/vi-notify.service" 2>&1 | grep vi-notify.service || true)
[ -z "$complaints" ] || { printf '%s\n' "$complaints"; exit 1; }
# From 0, nothing can be done, to 10; --threshold counts tenths.
systemd-analyze security --offline=true --threshold=20 "$scratch/vi-notify.service" | tail -1
