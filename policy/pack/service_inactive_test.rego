package connector.service_inactive_test

import data.connector.service_inactive as rule

# 2026-11-02T00:00:00Z
now := {"ns": 1793577600000000000, "rfc3339": "2026-11-02T00:00:00Z"}

recent := "2026-10-30T00:00:00Z"

old := "2026-01-01T00:00:00Z"

inventory(since, at) := {
	"kinds": {"log-entry": {"scanned": true, "since": since}},
	"incoming": {"service": {"P1": {"about": [{"kind": "log-entry", "id": "L1"}]}}},
	"by_kind": {"log-entry": {"L1": {"attributes": {"created_at": at}}}},
}

ask(attributes, since, at) := answer if {
	answer := [count(rule.deny), count(rule.undetermined)] with input as {"kind": "service", "id": "P1", "attributes": attributes, "relations": []}
		with data.now as now
		with data.params as {"days": 90}
		with data.inventory as inventory(since, at)
}

test_finds_quiet_service if ask({"created_at": old, "last_incident_timestamp": old}, old, old) == [1, 0]

test_finds_service_that_never_had_an_incident if ask({"created_at": old, "last_incident_timestamp": null}, old, old) == [1, 0]

test_accepts_recent_incident if ask({"created_at": old, "last_incident_timestamp": recent}, old, old) == [0, 0]

test_accepts_recent_log_entry if ask({"created_at": old}, old, recent) == [0, 0]

test_accepts_new_service if ask({"created_at": recent}, old, old) == [0, 0]

test_disabled_service_is_no_matter if ask({"created_at": old, "status": "disabled"}, old, old) == [0, 0]

test_short_log_is_undetermined if ask({"created_at": old}, recent, old) == [0, 1]

test_unknown_log_is_undetermined if ask({"created_at": old}, null, old) == [0, 1]
