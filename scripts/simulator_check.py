"""Sends every row of tests/every.txt through the judge to the simulator, and says which answers break the documents.

What is known to differ stands in tests/differs.txt with its reason; a row there that explains nothing fails as well, so
the list only shrinks.

    python simulator_check.py SIMULATOR JUDGE PROCESS_OF_THE_JUDGE"""

import json
import os
import re
import select
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "host-test/simulator/tests"
KEY, BEARER = "sim-user-key-owner-0003", "sim-bearer-token-user-0007"
# Ids are asked for with other keys, so that no rate limit is reached.
READERS = ["Token token=sim-account-key-0001", "Token token=sim-readonly-key-0002", "Bearer sim-bearer-token-app-0005"]
FROM = "marta.okonkwo@lanternway.example"
CSV = b"--every\r\nContent-Disposition: form-data; name=\"file\"; filename=\"owners.csv\"\r\nContent-Type: text/csv\r\n\r\nhost,owner\r\ndb1,storage\r\n--every--\r\n"


def send(base, method, path, headers, body=None):
    request = urllib.request.Request(base + path, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def ready(judge, process):
    """Waits until the judge accepts connections, or has ended."""
    where = urllib.parse.urlsplit(judge)
    for _ in range(300):
        try:
            return socket.create_connection((where.hostname, where.port), timeout=1).close()
        except OSError:
            os.kill(process, 0)
            select.select([], [], [], 0.1)
    sys.exit("the judge did not start: see target/conformance/simulator-judge.log")


class Ids:
    """What stands for {name} in a row: a text, or a place in the answer to a GET."""

    def __init__(self, simulator, rows):
        self.simulator, self.rows, self.pages, self.reader = simulator, rows, {}, 0

    def fill(self, text, known=()):
        return re.sub(r"\{(\w+)\}", lambda name: dict(known).get(name[1]) or self.value(name[1]), text)

    def known(self, text):
        """The names in a text that stand for something by now."""
        found = {name: self.value(name) for name in re.findall(r"\{(\w+)\}", text)}
        return {name: value for name, value in found.items() if not value.startswith("NO-")}

    def value(self, name):
        path, _, pointer = self.rows[name].partition(" ")
        if not pointer:
            return path
        value = self.page(self.fill(path))
        for part in pointer.split("/")[1:]:
            try:
                value = value[int(part)] if isinstance(value, list) else value[part]
            except (IndexError, KeyError, TypeError):
                return f"NO-{name.upper()}"
        return str(value)

    def page(self, path):
        if path not in self.pages:
            for _ in READERS:
                # Slack's part of the API knows users only.
                key = f"Token token={KEY}" if path.startswith("/integration-slack") else READERS[self.reader]
                status, body = send(self.simulator, "GET", path, {**SPECIAL, "Authorization": key})
                if status != 429:
                    break
                self.reader = (self.reader + 1) % len(READERS)
            self.pages[path] = json.loads(body) if 200 <= status < 300 else None
        return self.pages[path]


SPECIAL = {"X-EARLY-ACCESS": "ip-allow-lists", "x-pagerduty-jira-signature": "sim-jira-signature"}


def plain(path):
    return re.sub(r"\{[^}]*\}", "{}", path.split("?")[0])


def order(row):
    method, path, _, _ = row
    # What reads comes first, what deletes last, and of that what lies deepest first.
    return (method != "GET", method == "DELETE", -path.count("/") if method == "DELETE" else 0)


def findings(judge, status, answer):
    """What the judge says of the last answer: `code place rule`, numbers of lists as *. Null where the document has none
    is `null FIELD`, whatever the operation: PagerDuty does so with many fields."""
    found = {} if 200 <= status < 300 else {f"status {status}": answer.decode(errors="replace")}
    last = json.loads(send(judge, "GET", "/__judge__/last", {})[1])
    for one in last["violations"]:
        if one["severity"] != "error":
            continue
        place = re.sub(r"/\d+(?=/|$)", "/*", one.get("pointer") or one.get("name") or "-")
        if one["code"] == "response.schema" and one["message"].startswith("None is not "):
            found["* null " + place.rsplit("/", 1)[-1]] = one["message"]
            continue
        name = re.search(r"'([^']{1,60})'", one["message"])
        rule = one.get("rule") or "-"
        found[f"{one['code']} {place} {rule}" + (f" {name[1]}" if rule == "required" and name else "")] = one["message"]
    return found


def main(simulator, judge, process):
    ready(judge, int(process))
    lines = [line for line in (TESTS / "every.txt").read_text().splitlines() if line and not line.startswith("#")]
    ids = Ids(simulator, dict(line.split(" = ", 1) for line in lines if " = " in line.split("{", 1)[0]))
    rows, before = [], []
    for line in lines:
        if line.startswith("first "):
            before.append(line.removeprefix("first "))
        elif re.match("[A-Z]+ /", line):
            rows.append([*(line.split(" ", 2) + [""])[:3], before])
            before = []
    documents = {}
    for one in json.loads(send(judge, "GET", "/__judge__/operations", {})[1]):
        documents[one["method"], plain(one["base"][0] + one["path"])] = one["key"]
    missing = {at for at, key in documents.items() if not key.startswith("mcp/")} ^ {(m, plain(p)) for m, p, _, _ in rows}
    assert not missing, f"every.txt and the documents differ: {sorted(missing)}"

    known, unused = {}, set()
    for line in (TESTS / "differs.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            what, _, reason = line.partition(" -- ")
            assert reason, f"differs.txt gives no reason: {line}"
            known[what] = reason
    unused, wrong = set(known), 0
    for method, path, body, before in sorted(rows, key=order):
        key = documents[method, plain(path)]
        sample = json.loads(send(judge, "GET", "/__judge__/sample?operationId=" + key, {})[1])
        headers = dict(sample["headers"])
        if "Authorization" in headers:
            headers["Authorization"] = f"Bearer {BEARER}" if headers["Authorization"].startswith("Bearer") else f"Token token={KEY}"
        for name in headers:
            if name.lower() == "from":
                headers[name] = FROM
            if name.lower() == "x-pagerduty-jira-signature":
                headers[name] = SPECIAL[name.lower()]
        if body == "@csv":
            headers["Content-Type"] = "multipart/form-data; boundary=every"
        held = ids.known(path)
        for line in before:
            first, where, what = (line.split(" ", 2) + [""])[:3]
            use = {"Authorization": f"Token token={KEY}", "Content-Type": "application/json", **SPECIAL}
            status, answer = send(simulator, first, ids.fill(where, held), use, ids.fill(what).encode() or None)
            if status == 429 or status >= 500:
                print(f"{first} {where}: {status} {answer.decode(errors='replace')}")
            ids.pages.clear()
        sent = CSV if body == "@csv" else ids.fill(body).encode() or None
        status, answer = send(judge, method, ids.fill(path, held), headers, sent)
        if method != "GET":
            ids.pages.clear()
        for what, message in findings(judge, status, answer).items():
            entry = what if what.startswith("* ") else f"{method} {path.split('?')[0]} {what}"
            unused.discard(entry)
            if entry not in known:
                wrong += 1
                print(f"{entry}\n    {message[:300]}")
    for entry in sorted(unused):
        print(f"differs.txt explains what is no longer so: {entry}")
    print(f"{len(rows)} operations; {wrong} answers' differences unexplained, {len(known)} explained, {len(unused)} of these needless")
    sys.exit(1 if wrong or unused else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
