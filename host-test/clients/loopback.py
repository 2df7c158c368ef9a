"""Clients that believe they talk to PagerDuty. Whatever host a request names, its connection goes to the simulator on
this machine: nothing leaves it, and the clients run as they were published, with their own URLs."""

import httpx2

# The simulator's keys are fixed; `connector simulate` prints them.
ACCOUNT = "sim-account-key-0001"
READ_ONLY = "sim-readonly-key-0002"
USER = "sim-user-key-owner-0003"
BEARER = "sim-bearer-token-app-0005"
ROUTING_KEY = "simroutingkey0000000000000000001"


class Loopback(httpx2.HTTPTransport):
    """`used_up` names a key whose rate limit one request shall run into; `statuses` is what was answered since."""

    def __init__(self, port):
        super().__init__()
        self.port = port
        self.used_up = None
        self.statuses = []

    def handle_request(self, request):
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        if self.used_up:
            answer = self.refused(request)
        else:
            answer = super().handle_request(request)
        self.statuses.append(answer.status_code)
        return answer

    # The refusal is the simulator's own: the other key is used until nothing is left of its limit.
    def refused(self, request):
        own = request.headers["authorization"]
        request.headers["authorization"] = f"Token token={self.used_up}"
        for _ in range(2500):
            answer = super().handle_request(request)
            if answer.status_code == 429:
                break
            answer.read()
        request.headers["authorization"] = own
        self.used_up = None
        return answer


def raised(kind, call):
    """The error that `call` must raise."""
    try:
        call()
    except kind as why:
        return why
    raise AssertionError(f"no {kind.__name__} was raised")
