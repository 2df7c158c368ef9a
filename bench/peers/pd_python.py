"""PyPI `pagerduty`, as its users use it: python pd_python.py WORKLOAD BASE [OPTIONS]

The client is told nothing of the benchmark: it believes it talks to PagerDuty (it takes no base URL but https), and its
transport sends to the server on this machine. `walk` is `iter_all`, and past the 10,000 records that PagerDuty lists
`iter_history`. With `--in-flight N`, which the client does not offer, N threads read the pages of one list."""

import sys
from itertools import islice

import httpx2
import pagerduty
from common import BEGINNING, LISTED, STEP, WARM, arguments, loopback, measure, moment

USER = "users/PBENCH1"


class Loopback(httpx2.HTTPTransport):
    """Sends every request to one address of this machine, and counts."""

    def __init__(self, host, port):
        super().__init__(trust_env=False)
        self.host, self.port = host, port
        self.requests = self.bytes = 0

    def handle_request(self, request):
        request.url = request.url.copy_with(scheme="http", host=self.host, port=self.port)
        answer = super().handle_request(request)
        self.requests += 1
        self.bytes += int(answer.headers.get("content-length", 0))
        return answer


def incidents(client, count):
    """Every incident of an account that has `count` of them, one by one."""
    if count > LISTED:
        from datetime import datetime, timezone

        since, until = (datetime.fromtimestamp(BEGINNING + STEP * n, timezone.utc) for n in (0, count))
        return client.iter_history("incidents", since, until, page_size=100)
    return client.iter_all("incidents", page_size=100, params={"since": moment(0), "until": moment(count)})


def threads(client, count, in_flight):
    """How many incidents `in_flight` threads read, a page at a time each."""
    from concurrent.futures import ThreadPoolExecutor

    if count > LISTED:
        sys.exit(f"--in-flight: in threads at most {LISTED} records, as many as PagerDuty lists")

    def page(offset):
        params = {"since": moment(0), "until": moment(count), "limit": 100, "offset": offset}
        return len(client.rget("incidents", params=params))

    with ThreadPoolExecutor(in_flight) as pool:
        return sum(pool.map(page, range(0, count, 100)))


def main():
    workload, base, options = arguments(sys.argv[1:], ("walk", "small", "start"))
    transport = Loopback(*loopback(base))
    client = pagerduty.RestApiV2Client("bench-key", transport=transport)

    def walk():
        if options["in_flight"] > 1:
            return threads(client, options["records"], options["in_flight"])
        return sum(1 for _ in incidents(client, options["records"]))

    def small(calls):
        for _ in range(calls):
            assert client.get(USER).json()["user"]["id"]
        return calls

    def start():
        return sum(1 for _ in islice(client.iter_all("incidents", page_size=100), 100))

    def work():
        requests, length = transport.requests, transport.bytes
        records = {"walk": walk, "small": lambda: small(options["calls"]), "start": start}[workload]()
        return records, transport.bytes - length, transport.requests - requests

    if workload == "small":
        small(WARM)
    measure(options["rounds"], work)


if __name__ == "__main__":
    main()
