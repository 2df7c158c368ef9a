package connector.schedule_with_gaps_test

import data.connector.schedule_with_gaps as rule

# 2026-11-02T00:00:00Z
now := {"ns": 1793577600000000000, "rfc3339": "2026-11-02T00:00:00Z"}

schedule(entries, coverage) := {
	"kind": "schedule",
	"id": "S1",
	"attributes": {"final_schedule": {
		"rendered_schedule_entries": [{"start": entry[0], "end": entry[1]} | some entry in entries],
		"rendered_coverage_percentage": coverage,
	}},
}

found(entries, coverage) := answer if {
	answer := rule.deny with input as schedule(entries, coverage)
		with data.now as now
		with data.params as {"days": 14}
}

test_accepts_full_coverage if {
	entries := [["2026-11-01T00:00:00Z", "2026-11-09T00:00:00Z"], ["2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z"]]
	found(entries, 100) == set()
}

test_accepts_overlaps if {
	entries := [["2026-11-01T00:00:00Z", "2026-11-16T00:00:00Z"], ["2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z"]]
	found(entries, null) == set()
}

test_finds_gap_between if {
	entries := [["2026-11-01T00:00:00Z", "2026-11-09T00:00:00+01:00"], ["2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z"]]
	some finding in found(entries, 99.7)
	finding.message == "nobody is on call from 2026-11-08 23:00 to 2026-11-09 00:00 UTC; 1 such gaps"
}

test_finds_gap_at_the_beginning if {
	entries := [["2026-11-02T06:00:00Z", "2026-11-16T00:00:00Z"]]
	some finding in found(entries, 98)
	finding.message == "nobody is on call from 2026-11-02 00:00 to 2026-11-02 06:00 UTC; 1 such gaps"
}

test_finds_gap_at_the_end if {
	some finding in found([["2026-11-01T00:00:00Z", "2026-11-10T00:00:00Z"]], 60)
	finding.message == "nobody is on call from 2026-11-10 00:00 UTC on"
}

test_past_gap_is_no_matter if {
	entries := [["2026-10-01T00:00:00Z", "2026-10-09T00:00:00Z"], ["2026-10-10T00:00:00Z", "2026-11-16T00:00:00Z"]]
	found(entries, 97) == set()
}

test_far_gap_is_no_matter if {
	entries := [["2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z"], ["2026-11-21T00:00:00Z", "2026-11-30T00:00:00Z"]]
	found(entries, 96) == set()
}

test_finds_nobody_at_all if count(found([], 0)) == 1

test_not_rendered_is_undetermined if {
	count(rule.undetermined) == 1 with input as schedule([], null) with data.now as now with data.params as {"days": 14}
	found([], null) == set()
}
