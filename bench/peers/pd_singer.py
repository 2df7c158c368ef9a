"""A Singer tap, PyPI `bmaquet-tap-pagerduty`: python pd_singer.py walk BASE [OPTIONS]

The tap's own `sync` of its stream of incidents, with its base URL on this machine. What it writes, a message a record,
goes to /dev/null and is counted. It reads one page at a time on a new connection each, and 10,000 records at most."""

import sys

from common import LISTED, arguments, loopback, measure, moment
from tap_pagerduty import streams

RECORD = '{"type": "RECORD"'


class Counted:
    """Where the tap writes its messages. Nothing but what /dev/null costs, and a look at the beginning."""

    def __init__(self):
        self.records = 0
        self.sink = open("/dev/null", "w", encoding="utf-8")

    def write(self, text):
        self.records += text.startswith(RECORD)
        return self.sink.write(text)

    def flush(self):
        self.sink.flush()


class Requests:
    """What the tap calls `requests`, with a count of what came."""

    def __init__(self, real):
        self.real, self.utils = real, real.utils
        self.requests = self.bytes = 0

    def get(self, url, **rest):
        answer = self.real.get(url, **rest)
        self.requests += 1
        self.bytes += len(answer.content)
        return answer


def main():
    workload, base, options = arguments(sys.argv[1:], ("walk",))
    if options["in_flight"] > 1 or options["records"] > LISTED:
        sys.exit(f"{workload}: the tap reads one page at a time, and at most {LISTED} records")
    loopback(base)
    streams.PagerdutyStream.BASE_URL = base.rstrip("/")
    counted = streams.requests = Requests(streams.requests)
    printed, written = sys.stdout, Counted()
    until = {"until": moment(options["records"])}
    config = {"token": "bench-key", "email": "bench@lanternway.example", "since": moment(0), "streams": {"incidents": until}}

    def work():
        before = written.records, counted.bytes, counted.requests
        sys.stdout = written
        stream = streams.IncidentsStream(config=config, state={})
        stream.write_state()
        stream.write_schema()
        stream.sync()
        sys.stdout = printed
        after = written.records, counted.bytes, counted.requests
        return tuple(now - then for now, then in zip(after, before))

    measure(options["rounds"], work)


if __name__ == "__main__":
    main()
