# METADATA
# title: Services receive events
# description: Nothing but a person can open an incident on a service that has no integration and that no orchestration routes to.
# custom:
#   id: service-without-integration
#   severity: warning
#   kinds: [service]
#   needs: [integration]
#   remedy: Add an integration or a route to the service, or delete it.
package connector.service_without_integration

import data.connector.lib

receives if {
	count(lib.list(input, "integrations")) > 0
} else if {
	count(lib.sources(input, "part-of")) > 0
} else if {
	some _, sources in object.get(data.inventory.incoming, [input.kind, input.id], {})
	some source in sources
	source.kind == "event-orchestration-router"
}

deny contains {"attribute": "integrations", "message": "no integration"} if not receives
