# METADATA
# title: Incidents are worked on
# description: An open incident whose status has not changed for so long is forgotten, or no incident.
# custom:
#   id: incident-stale
#   severity: warning
#   kinds: [incident]
#   remedy: Resolve it, or give it to somebody who works on it.
#   params:
#     hours: {description: Longest that an open incident may stay as it is., default: 72}
package connector.incident_stale

import data.connector.lib

changed := object.get(input.attributes, "last_status_change_at", null)

since := time.parse_rfc3339_ns(changed) if is_string(changed)

else := time.parse_rfc3339_ns(input.attributes.created_at)

hours := (data.now.ns - since) / lib.hour_ns

deny contains finding if {
	input.attributes.status in {"triggered", "acknowledged"}
	hours > data.params.hours
	finding := {
		"attribute": "last_status_change_at",
		"message": sprintf("%s for %d hours, more than %v", [input.attributes.status, floor(hours), data.params.hours]),
	}
}
