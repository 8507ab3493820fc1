#!/usr/bin/env bash
# vi-notify as the first process of a container that holds nothing but it, its libraries and a hook: no shell in the search path, no
# HOME, an account of its own, a root that can't be written, and one volume for the state. Bubblewrap makes it, of the same
# namespaces as every container runtime. Usage: Tests/Container/check.sh path/to/vi-notify
set -euo pipefail
binary=$(realpath "$1")
scratch=$(mktemp -d)
root=$scratch/root
mkdir -p "$root"/{bin,dev,proc,etc/vi-notify,state} "$scratch/state"
finish() {
  kill "$simulator" "$watcher" 2>/dev/null || true
  rm -rf "$scratch"
}
simulator='' watcher=''
trap finish EXIT

fail() {
  printf '%s\n' "$@" >&2
  [ ! -e "$scratch/log" ] || cat "$scratch/log" >&2
  exit 1
}

# Waits for a command to succeed, for a minute at most.
await() {
  local _
  for _ in $(seq 600); do
    if "$@"; then return 0; fi
    read -rt 0.1 <> <(:) || true
  done
  fail "waited in vain for: $*"
}

cp "$binary" "$root/bin/vi-notify"
cp "$(command -v busybox)" "$root/bin/busybox"
for library in $(ldd "$binary" | grep -o '/[^ ]*'); do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
chmod 0777 "$scratch/state"

"$binary" simulate --listen 127.0.0.1:0 >"$scratch/arrived" 2>"$scratch/simulator" &
simulator=$!
await grep -q ORGANIZATION_ID "$scratch/simulator"
eval "$(grep '^export ' "$scratch/simulator")"

# The hook leaves a child behind that ends after it: the first process inherits it.
cat >"$root/etc/vi-notify/rules.json" <<RULES
{"version": 1, "watch": {"interval": "1s", "since": "all"},
 "destinations": {"chat": {"type": "webhook", "url": "$DATATURE_VI_API_ENDPOINT/inbox/chat"}},
 "rules": [{"name": "ends", "actions": [
   {"send": "chat"},
   {"run": ["/bin/busybox", "sh", "-c", "/bin/busybox sleep 0.1 & echo \$VI_RUN_ID >> /state/hooks"]}]}]}
RULES

# \`exec\`, so that the process that is signalled below is bubblewrap, and its only child the first process.
bwrap --unshare-user --uid 65532 --gid 65532 --unshare-pid --unshare-ipc --unshare-uts --as-pid-1 --die-with-parent \
  --ro-bind "$root" / --proc /proc --dev /dev --bind "$scratch/state" /state \
  --clearenv --setenv DATATURE_VI_API_ENDPOINT "$DATATURE_VI_API_ENDPOINT" \
  --setenv DATATURE_VI_SECRET_KEY "$DATATURE_VI_SECRET_KEY" \
  --setenv DATATURE_VI_ORGANIZATION_ID "$DATATURE_VI_ORGANIZATION_ID" \
  /bin/vi-notify --rules /etc/vi-notify/rules.json --state /state/state.sqlite 2>"$scratch/log" &
watcher=$!

await grep -q 'msg=delivered.*destination=chat' "$scratch/log"
await test -s "$scratch/state/hooks"
first=$(pgrep -P "$watcher")
[ "$(awk '/^NSpid:/ {print $NF}' "/proc/$first/status")" = 1 ] || fail "the watcher is not the first process of its container"

inside() { nsenter --target "$first" --user --pid --mount --preserve-credentials --root=/proc/"$first"/root "$@"; }
healthy() { inside /bin/vi-notify status --state /state/state.sqlite >"$scratch/status" 2>&1; }
await healthy
grep -q 'All is well' "$scratch/status" || fail "$(cat "$scratch/status")"

no_zombies() { ! grep -qs '^State:.Z' $(pgrep -P "$first" | sed 's|.*|/proc/&/status|') /dev/null; }
await no_zombies

kill -TERM "$first"
wait "$watcher" && code=0 || code=$?
watcher=''
[ "$code" = 0 ] || fail "the first process ended with $code"
echo "container: first process, $(sort -u "$scratch/state/hooks" | wc -l) hooks, healthy, no zombies, ended with 0"
