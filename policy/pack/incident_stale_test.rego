package connector.incident_stale_test

import data.connector.incident_stale as rule

# 2026-11-02T00:00:00Z
now := {"ns": 1793577600000000000, "rfc3339": "2026-11-02T00:00:00Z"}

found(attributes) := answer if {
	answer := rule.deny with input as {"kind": "incident", "id": "Q1", "attributes": attributes}
		with data.now as now
		with data.params as {"hours": 72}
}

test_finds_old_open_incident if {
	some finding in found({"status": "triggered", "last_status_change_at": "2026-10-29T00:00:00Z"})
	finding.message == "triggered for 96 hours, more than 72"
}

test_finds_by_creation_where_no_change_is_told if {
	count(found({"status": "acknowledged", "created_at": "2026-10-01T00:00:00Z"})) == 1
}

test_accepts_incident_that_changed if {
	found({"status": "acknowledged", "created_at": "2026-10-01T00:00:00Z", "last_status_change_at": "2026-11-01T00:00:00Z"}) == set()
}

test_resolved_incident_is_no_matter if {
	found({"status": "resolved", "last_status_change_at": "2026-10-01T00:00:00Z"}) == set()
}
