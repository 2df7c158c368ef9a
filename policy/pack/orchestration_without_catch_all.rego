# METADATA
# title: Orchestrations catch what no rule matches
# description: >-
#   An event that matches no rule of a router goes where its catch-all says. Without one, or with one that routes
#   nowhere, such events open no incident and nobody notices.
# custom:
#   id: orchestration-without-catch-all
#   severity: warning
#   kinds: [event-orchestration-router, event-orchestration-global, event-orchestration-service, event-orchestration-unrouted]
#   remedy: Let the catch-all of the router go to a service whose team looks after stray events.
#   params:
#     unrouted: {description: A router may leave what matches nothing to the unrouted rules., default: false}
package connector.orchestration_without_catch_all

import data.connector.lib

# The API wraps a path in `orchestration_path`.
path := object.get(input.attributes, "orchestration_path", input.attributes)

catch_all := path.catch_all if is_object(path.catch_all)

deny contains {"attribute": "catch_all", "message": "no catch-all"} if not catch_all

route := object.get(catch_all, ["actions", "route_to"], "")

deny contains finding if {
	input.kind == "event-orchestration-router"
	catch_all
	route in {"", null}
	finding := {"attribute": "catch_all.actions.route_to", "message": "its catch-all routes nowhere"}
}

deny contains finding if {
	input.kind == "event-orchestration-router"
	route == "unrouted"
	not data.params.unrouted
	finding := {"attribute": "catch_all.actions.route_to", "message": "its catch-all leaves events unrouted: they open no incident"}
}
