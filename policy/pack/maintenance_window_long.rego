# METADATA
# title: Maintenance windows are short
# description: During a maintenance window a service opens no incidents; one that lasts for days hides real ones.
# custom:
#   id: maintenance-window-long
#   severity: warning
#   kinds: [maintenance-window]
#   remedy: End the window, or cut it into the times of the work.
#   params:
#     hours: {description: Longest that a window may be., default: 24}
package connector.maintenance_window_long

import data.connector.lib

start := time.parse_rfc3339_ns(input.attributes.start_time)

end := time.parse_rfc3339_ns(input.attributes.end_time)

hours := (end - start) / lib.hour_ns

deny contains finding if {
	hours > data.params.hours
	# What is over is no matter.
	end > data.now.ns
	finding := {
		"attribute": "end_time",
		"message": sprintf("it lasts %d hours, more than %v", [floor(hours), data.params.hours]),
	}
}
