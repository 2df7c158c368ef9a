"""The PagerDuty connector in Python, against its simulator: python host.py BASE_URL [COMPONENT]"""

import json
import os
import sys
from pathlib import Path

from connector import Connector, ConnectorError

COMPONENT = Path(__file__).resolve().parent / "../../target/pagerduty.wasm"


def main(base_url, component=COMPONENT):
    connector = Connector(component)

    who = connector.call("catalog", "identify")
    print(who.title, who.version)
    for method in connector.call("catalog", "auth-methods"):
        print(f"Sign in with: {method.title} ({method.id})")
        for field in method.fields:
            print(f"  [{field.title}] {field.kind}{', required' if field.required else ''}: {field.note}")
        print(f"  First: {method.steps[0]}")
    operations = connector.call("catalog", "operations")
    print(f"{len(operations)} operations: {', '.join(operation.id for operation in operations[:4])}, ...")

    token = os.environ.get("PAGERDUTY_TOKEN", "sim-account-key-0001")
    # `base_url` and `account` are host-only: a host never takes them from its users.
    settings = json.dumps({"base_url": base_url, "account": "simulator", "access": "read"})
    connection = connector.attempt("session", "[static]connection.open", "token", [("token", token)], settings)

    def on_connection(function, *arguments):
        return connector.attempt("session", f"[method]connection.{function}", connection, *arguments)

    print("check:", on_connection("check"))
    answer = on_connection("call", "services.list", json.dumps({"limit": 1}))
    print("First service:", json.loads(answer.value)["services"][0]["name"])

    total = 0
    pages = on_connection("walk", "incidents.list", json.dumps({"date_range": "all"}), None)
    while page := connector.attempt("session", "[method]pages.next", pages):
        total += page.count
        print(page.count, end=" ", flush=True)  # json.loads(page.items) are the incidents
    print(f"= {total} incidents")
    pages.drop(connector.store)
    assert total == 3000, "the simulator holds 3000 incidents"

    try:
        on_connection("call", "incidents.list", json.dumps({"limits": 1, "date_range": "some"}))
        raise AssertionError("wrong arguments were taken")
    except ConnectorError as why:
        print(f"{why.reason}: {why}")
        for violation in why.violations:
            print(f"  {violation.argument}: {violation.message}")
        assert why.reason == "invalid"  # which means that nothing was sent
    connection.drop(connector.store)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print("usage: python host.py BASE_URL [COMPONENT]", file=sys.stderr)
        sys.exit(2)
    try:
        main(*sys.argv[1:])
    except ConnectorError as why:
        sys.exit(f"{why.reason}: {why}")
