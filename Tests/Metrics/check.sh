#!/usr/bin/env bash
# What a running watcher shows at /metrics, judged by Prometheus' own tool, and the alerts of docs/alerts.yml played by it.
# Usage: Tests/Metrics/check.sh path/to/vi-notify
set -euo pipefail
binary=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
docs=$(realpath "$here/../../docs")
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT
cd "$scratch"

wait_for() { for _ in $(seq 200); do grep -q "$1" "$2" 2>/dev/null && return; sleep 0.05; done; cat "$2" >&2; return 1; }

"$binary" simulate --listen 127.0.0.1:0 >simulator.out 2>simulator.log &
wait_for ORGANIZATION_ID simulator.log
eval "$(grep '^export ' simulator.log)"
cat >rules.json <<RULES
{"version": 1, "watch": {"interval": "200ms", "since": "all"},
 "destinations": {"inbox": {"type": "webhook", "url": "$DATATURE_VI_API_ENDPOINT/inbox/x"},
                  "other": {"type": "webhook", "url": "$DATATURE_VI_API_ENDPOINT/inbox/y"}},
 "rules": [{"name": "all \"ends\"", "actions": [{"send": "inbox"}, {"send": "other"}, {"run": ["/bin/true"]}]}]}
RULES
"$binary" watch --rules rules.json --state state.sqlite --listen 127.0.0.1:0 2>watch.log &
wait_for 'first start' watch.log
address=$(grep -o 'address=[^ ]*' watch.log | tr -d '"' | sed 's/address=//; s,/$,,')

curl -fsS "$address/metrics" >metrics.txt
promtool check metrics <metrics.txt
curl -fsS -H 'Accept: application/openmetrics-text;version=1.0.0' "$address/metrics" | tail -1 | grep -qx '# EOF'

cp "$docs/alerts.yml" "$here/alerts.test.yml" .
promtool check rules alerts.yml
promtool test rules alerts.test.yml

# Every series that the alerts and the dashboard ask for is one that there is.
python3 "$here/queries.py" metrics.txt "$docs/alerts.yml" "$docs/grafana.json"
