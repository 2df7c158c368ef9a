"""PyPI `pagerduty` against the simulator: python rest.py BASE_URL

What a program that is written with it relies on: its paging, its wrappers, its errors, its repeats."""

import sys
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import pagerduty
from loopback import ACCOUNT, BEARER, READ_ONLY, ROUTING_KEY, USER, Loopback, raised

EMAIL = "marta.okonkwo@lanternway.example"
NOW = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)


def ids(records):
    """The ids, each of which must be there once."""
    found = [record["id"] for record in records]
    assert len(set(found)) == len(found), "a record came twice"
    return found


def lists(client):
    assert len(ids(client.iter_all("/incidents", params={"date_range": "all"}))) == 3000
    assert len(ids(client.list_all("vendors", page_size=7))) == client.get_total("vendors") == 120
    seen = []
    hook = lambda record, count, total: seen.append((record["id"], count, total))
    services = ids(client.iter_all("services", page_size=25, total=True, item_hook=hook))
    assert [row[0] for row in seen] == services and seen[-1][1:] == (60, 60)
    some = client.list_all("incidents", params={"statuses": ["resolved"], "date_range": "all", "limit": 100})
    assert some and all(incident["status"] == "resolved" for incident in some)
    assert list(client.dict_all("priorities", by="name"))
    # Pages of a cursor: the same records whatever their size. (`iter_all` and `iter_history` of 7.2.0 yield nothing of
    # such lists: they are generators that return an iterator.)
    since = {"since": (NOW - timedelta(days=30)).isoformat(), "until": NOW.isoformat()}
    records = ids(client.iter_cursor("/audit/records", params=since))
    assert len(records) > 100 and records == ids(client.iter_cursor("/audit/records", page_size=33, params=since))
    assert ids(client.iter_alert_grouping_settings(limit=2)) == ids(client.iter_alert_grouping_settings())


def history(client):
    # More than 10,000, so the client cuts the time in halves until each part can be paged.
    since, until = NOW - timedelta(days=160), NOW + timedelta(days=1)
    total = client.get_total("/log_entries", params={"since": since.isoformat(), "until": until.isoformat()})
    assert total > 10_000, total
    entries = [entry["id"] for entry in client.iter_history("/log_entries", since, until)]
    assert len(set(entries)) == total, (len(set(entries)), total)
    assert len(ids(client.iter_history("/incidents", since, until))) == 3000
    changes = ids(client.iter_history("/change_events", since, NOW))
    assert len(changes) == client.get_total("/change_events") == 400
    early, late = NOW - timedelta(hours=12), NOW - timedelta(hours=6)
    audit = list(client.iter_cursor("/audit/records", params={"since": early.isoformat(), "until": late.isoformat()}))
    times = [datetime.fromisoformat(record["execution_time"].replace("Z", "+00:00")) for record in audit]
    assert times and times == sorted(times, reverse=True) and early <= times[-1] and times[0] <= late
    filters = {"created_at_start": since.isoformat(), "created_at_end": until.isoformat()}
    raw = list(client.iter_analytics_raw_incidents(filters, limit=500))
    assert len({row["id"] for row in raw}) == len(raw) > 500, len(raw)


def writes(client):
    made = [client.rpost("teams", json={"name": f"Client team {n}", "type": "team"}) for n in range(110)]
    assert len(ids(client.iter_all("teams"))) == 122
    team = made[0]
    assert client.rget(team["self"]) == client.rget(team) == client.find("teams", "client TEAM 0")
    changed = client.rput(team, json={"type": "team", "description": "Changed"})
    assert (changed["id"], changed["name"], changed["description"]) == (team["id"], team["name"], "Changed")
    kept = client.persist("teams", "name", {"name": "Client team 0", "description": "Again"}, update=True)
    assert kept["id"] == team["id"] and client.rget(team)["description"] == "Again"
    for one in made:
        client.rdelete(one)
    assert client.find("teams", "Client team 0") is None
    gone = raised(pagerduty.HttpError, lambda: client.rget(team))
    assert gone.response.status_code == 404

    policy = client.list_all("escalation_policies")[0]
    reference = {"id": policy["id"], "type": "escalation_policy_reference"}
    service = client.rpost("services", json={"type": "service", "name": "Client service", "escalation_policy": reference})
    assert service["acknowledgement_timeout"] == 1800 and service["auto_resolve_timeout"] == 14400, service
    incident = client.rpost("incidents", json={"type": "incident", "title": "Broken", "service": {"id": service["id"], "type": "service_reference"}})
    assert incident["status"] == "triggered" and incident["service"]["id"] == service["id"]
    many = client.rput("incidents", json=[{"id": incident["id"], "type": "incident_reference", "status": "acknowledged"}])
    assert [one["status"] for one in many] == ["acknowledged"]
    note = client.rpost(f"incidents/{incident['id']}/notes", json={"content": "Seen"})
    assert note["content"] == "Seen"
    notes = list(client.iter_incident_notes(incident["id"]))
    assert [one["type"] for one in notes] == ["annotate_log_entry"]
    assert client.rput(incident, json={"type": "incident", "status": "resolved"})["status"] == "resolved"
    client.rdelete(service)


def errors(client, limited, on):
    why = raised(pagerduty.HttpError, lambda: client.rget("users/PNOSUCH"))
    assert why.response.status_code == 404 and why.response.json()["error"]["code"] == 2100
    why = raised(pagerduty.HttpError, lambda: client.rpost("teams", json={"type": "team"}))
    assert why.response.status_code == 400 and why.response.json()["error"]["errors"] == ["Name can't be blank"]
    why = raised(pagerduty.HttpError, lambda: limited.rpost("teams", json={"type": "team", "name": "No"}))
    assert why.response.status_code == 403
    assert limited.rget("abilities")
    unknown = pagerduty.RestApiV2Client("no-such-key", transport=on)
    why = raised(pagerduty.HttpError, lambda: unknown.rget("users"))
    assert why.response.status_code == 401
    assert client.account_has_ability("teams") and not client.account_has_ability("phone_tree")
    assert client.api_key_access == "account" and client.subdomain == "lanternway"
    assert pagerduty.RestApiV2Client(USER, transport=on).api_key_access == "user"
    assert pagerduty.RestApiV2Client(BEARER, auth_type="bearer", transport=on).rget("users")
    # Refused once for its rate, then repeated by the client.
    client.sleep_timer = 0
    on.used_up, on.statuses = READ_ONLY, []
    assert client.rget("oncalls", params={"limit": 1})
    assert on.statuses == [429, 200], on.statuses


def events(client, on):
    sender = pagerduty.EventsApiV2Client(ROUTING_KEY, transport=on)
    key = sender.trigger("Disk full", "db1", custom_details={"free": 0}, severity="warning")
    open_ones = lambda: client.list_all("incidents", params={"incident_key": key, "date_range": "all"})
    for act, status in [(lambda key: None, "triggered"), (sender.acknowledge, "acknowledged"), (sender.resolve, "resolved")]:
        act(key)
        assert [incident["status"] for incident in open_ones()] == [status], status
    sender.submit("Deployed", source="ci", timestamp="2026-11-01T11:00:00Z")
    assert any(change["summary"] == "Deployed" for change in client.iter_all("change_events"))
    wrong = pagerduty.EventsApiV2Client("0" * 32, transport=on)
    why = raised(pagerduty.HttpError, lambda: wrong.trigger("Disk full", "db1"))
    assert why.response.status_code == 400 and why.response.json()["status"] == "invalid event"


def scim(on):
    people = pagerduty.ScimApiClient(pagerduty.OAuthTokenAuthMethod(BEARER), transport=on)
    assert len(ids(people.list_users(page_size=7))) == 40


def main(base_url):
    on = Loopback(urlsplit(base_url).port)
    client = pagerduty.RestApiV2Client(ACCOUNT, default_from=EMAIL, transport=on)
    limited = pagerduty.RestApiV2Client(READ_ONLY, default_from=EMAIL, transport=on)
    parts = [
        ("lists", lambda: lists(client)),
        ("history", lambda: history(client)),
        ("writes", lambda: writes(client)),
        ("errors", lambda: errors(client, limited, on)),
        ("events", lambda: events(client, on)),
        ("scim", lambda: scim(on)),
    ]
    for name, part in parts:
        part()
        print(f"pagerduty {pagerduty.__version__}: {name}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python rest.py BASE_URL")
    main(sys.argv[1])
