# METADATA
# title: Services are in use
# description: >-
#   For so many days a service had neither an incident nor a log entry. Told from log entries; where the store does
#   not hold them, or not for so long, it cannot be told.
# custom:
#   id: service-inactive
#   severity: info
#   kinds: [service]
#   needs: [log-entry]
#   remedy: Send a test event; delete the service if nothing uses it.
#   params:
#     days: {description: Days without an incident or event., default: 90}
package connector.service_inactive

import data.connector.lib

cutoff := data.now.ns - ((data.params.days * 24) * lib.hour_ns)

after(text) if {
	is_string(text)
	time.parse_rfc3339_ns(text) >= cutoff
}

known if {
	since := data.inventory.kinds["log-entry"].since
	is_string(since)
	time.parse_rfc3339_ns(since) <= cutoff
}

# Cheapest first. A service that was created since is too new to tell; of one that is switched off
# `service-disabled` tells.
active if {
	after(input.attributes.last_incident_timestamp)
} else if {
	input.attributes.status == "disabled"
} else if {
	after(input.attributes.created_at)
} else if {
	some relation in ["about", "affects"]
	some source in lib.sources(input, relation)
	after(lib.lookup(source.kind, source.id).attributes.created_at)
}

deny contains finding if {
	not active
	known
	finding := {
		"attribute": "last_incident_timestamp",
		"message": sprintf("no incident and no event for %d days", [data.params.days]),
	}
}

undetermined contains message if {
	not active
	not known
	message := sprintf("log entries are not in the store for %d days back", [data.params.days])
}
