#!/usr/bin/env bash
# Runs the examples against the simulator. After `make build`; needs python3, node 20.19 or later and npm.
set -euo pipefail
cd "$(dirname "$0")/.."

for built in target/pagerduty.wasm target/release/connector; do
  [ -e "$built" ] || { echo "$built is missing: run make build" >&2; exit 1; }
done
# The examples would offer it to the simulator.
unset PAGERDUTY_TOKEN PAGERDUTY_USER_TOKEN

work=target/examples
mkdir -p "$work"
[ -x "$work/python/bin/pip" ] || python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r examples/python-host/requirements.txt
(
  cd examples/node-host
  [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund
)

# The simulator takes a free port and prints its address as its first line.
line=$(mktemp -u "$work/simulator.XXXXXX")
mkfifo "$line"
target/release/connector simulate --port 0 >"$line" 2>"$work/simulator.log" &
simulator=$!
trap 'kill "$simulator" 2>/dev/null || true; rm -f "$line"' EXIT
read -r url <"$line" || { echo "the simulator did not start:" >&2; cat "$work/simulator.log" >&2; exit 1; }

echo "--- examples/python-host"
"$work/python/bin/python" examples/python-host/host.py "$url"
echo "--- examples/node-host"
node examples/node-host/host.mjs "$url"
echo "--- both examples ran"
