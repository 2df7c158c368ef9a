# METADATA
# title: Schedules have somebody on call all the time
# description: >-
#   In the days to come there is time in which the schedule has nobody. Looked at is the final schedule, as
#   PagerDuty rendered it for the last scan.
# custom:
#   id: schedule-with-gaps
#   severity: violation
#   kinds: [schedule]
#   remedy: Add a layer without restrictions below the others, or an override for the gap.
#   params:
#     days: {description: How many days ahead to look., default: 14}
package connector.schedule_with_gaps

import data.connector.lib

final := object.get(input.attributes, "final_schedule", {})

until_ns := data.now.ns + ((data.params.days * 24) * lib.hour_ns)

# Begin and end of what is covered, in order.
entries := sort([[time.parse_rfc3339_ns(entry.start), time.parse_rfc3339_ns(entry.end)] |
	some entry in object.get(final, "rendered_schedule_entries", [])
])

# How far it is covered when an entry begins.
covered_until(at) := max([entry[1] | some i, entry in entries; i < at])

gap_before contains at if {
	some at, entry in entries
	at > 0
	from := covered_until(at)
	from < entry[0]
	# What is over, or too far off, is no matter.
	entry[0] > data.now.ns
	from < until_ns
}

gap_before contains 0 if entries[0][0] > data.now.ns

gap_begins(at) := max([covered_until(at), data.now.ns]) if at > 0

gap_begins(0) := data.now.ns

shown(ns) := time.format([ns, "UTC", "2006-01-02 15:04"])

deny contains finding if {
	count(entries) > 0
	first := min(gap_before)
	finding := {
		"attribute": "final_schedule",
		"message": sprintf("nobody is on call from %s to %s UTC; %d such gaps", [shown(gap_begins(first)), shown(entries[first][0]), count(gap_before)]),
	}
}

# Entries that end too early show no gap; the coverage of the whole time does.
deny contains finding if {
	count(gap_before) == 0
	coverage := object.get(final, "rendered_coverage_percentage", null)
	is_number(coverage)
	coverage < 100
	finding := {
		"attribute": "final_schedule",
		"message": sprintf("somebody is on call %v %% of the time that was looked at", [coverage]),
	}
}

undetermined contains "the scan did not bring what its days to come look like" if {
	count(entries) == 0
	not is_number(object.get(final, "rendered_coverage_percentage", null))
}
