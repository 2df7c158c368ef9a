package connector.maintenance_window_long_test

import data.connector.maintenance_window_long as rule

# 2026-11-02T00:00:00Z
now := {"ns": 1793577600000000000, "rfc3339": "2026-11-02T00:00:00Z"}

found(start, end) := answer if {
	answer := rule.deny with input as {"kind": "maintenance-window", "id": "M1", "attributes": {"start_time": start, "end_time": end}}
		with data.now as now
		with data.params as {"hours": 24}
}

test_finds_long_window if {
	some finding in found("2026-11-01T00:00:00Z", "2026-11-03T12:00:00Z")
	finding.message == "it lasts 60 hours, more than 24"
}

test_accepts_short_window if found("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z") == set()

test_accepts_window_across_zones if found("2026-11-02T00:00:00+02:00", "2026-11-02T22:00:00Z") == set()

test_past_window_is_no_matter if found("2026-10-01T00:00:00Z", "2026-10-05T00:00:00Z") == set()
