#!/usr/bin/env bash
# Runs PagerDuty's own clients against the simulator. After `make build`; needs python3 (3.11 or later), node 20.19 or
# later and npm. Each client gets a simulator of its own, so that neither sees what the other wrote.
set -euo pipefail
cd "$(dirname "$0")/../.."

built=${CONNECTOR:-target/release/connector}
[ -e "$built" ] || { echo "$built is missing: run make build" >&2; exit 1; }
unset PAGERDUTY_TOKEN PAGERDUTY_USER_TOKEN
# A proxy of the environment would stand between client and simulator.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

work=target/clients here=host-test/clients
mkdir -p "$work"
[ -x "$work/python/bin/pip" ] || python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/requirements.txt"
(
  cd "$here"
  [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund
)

# The simulator takes a free port and prints its address as its first line.
line=$(mktemp -u "$work/simulator.XXXXXX")
mkfifo "$line"
simulator=
trap '[ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true; rm -f "$line"' EXIT
against() {
  "$built" simulate --port 0 >"$line" 2>"$work/simulator.log" &
  simulator=$!
  read -r url <"$line" || { echo "the simulator did not start:" >&2; cat "$work/simulator.log" >&2; exit 1; }
  "$@" "$url"
  kill "$simulator"
  wait "$simulator" 2>/dev/null || true
  simulator=
}
against "$work/python/bin/python" "$here/rest.py"
against node "$here/pdjs.mjs"
echo "--- both clients ran"
