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

coverage := object.get(final, "rendered_coverage_percentage", null)

# Nothing more to look at where all of the time is covered.
incomplete if coverage == null

incomplete if coverage < 100

until_ns := data.now.ns + ((data.params.days * 24) * lib.hour_ns)

# Begin and end of what is covered, in order.
entries := sort([[time.parse_rfc3339_ns(entry.start), time.parse_rfc3339_ns(entry.end)] |
	some entry in final.rendered_schedule_entries
])

# How far it is covered when an entry begins.
covered_until(at) := max([entry[1] | some i, entry in entries; i < at])

# Begin and end of what is not, after the first entry.
between contains [from, entry[0]] if {
	some at, entry in entries
	at > 0
	from := covered_until(at)
	from < entry[0]
}

# What is over, or too far off, is no matter.
gaps contains [max([gap[0], data.now.ns]), gap[1]] if {
	some gap in between
	gap[1] > data.now.ns
	gap[0] < until_ns
}

gaps contains [data.now.ns, entries[0][0]] if entries[0][0] > data.now.ns

shown(ns) := time.format([ns, "UTC", "2006-01-02 15:04"])

deny contains finding if {
	incomplete
	count(gaps) > 0
	first := min(gaps)
	finding := {
		"attribute": "final_schedule",
		"message": sprintf("nobody is on call from %s to %s UTC; %d such gaps", [shown(first[0]), shown(first[1]), count(gaps)]),
	}
}

# Where there is no gap between the entries, what is missing is at the end.
deny contains finding if {
	coverage < 100
	count(between) == 0
	count(gaps) == 0
	end := max([entry[1] | some entry in entries])
	end < until_ns
	finding := {
		"attribute": "final_schedule",
		"message": sprintf("nobody is on call from %s UTC on", [shown(max([end, data.now.ns]))]),
	}
}

deny contains {"attribute": "final_schedule", "message": "nobody is on call"} if {
	coverage == 0
	count(entries) == 0
}

undetermined contains "the scan did not bring what its days to come look like" if {
	not is_number(coverage)
	count(object.get(final, "rendered_schedule_entries", [])) == 0
}
