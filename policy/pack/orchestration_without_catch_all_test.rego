package connector.orchestration_without_catch_all_test

import data.connector.orchestration_without_catch_all as rule

found(kind, attributes, unrouted) := answer if {
	answer := count(rule.deny) with input as {"kind": kind, "id": "O1", "attributes": attributes}
		with data.params as {"unrouted": unrouted}
}

router := "event-orchestration-router"

test_finds_no_catch_all if found(router, {"sets": []}, false) == 1

test_finds_null_catch_all if found("event-orchestration-service", {"catch_all": null}, false) == 1

test_finds_catch_all_that_routes_nowhere if found(router, {"catch_all": {"actions": {}}}, false) == 1

test_finds_unrouted if found(router, {"catch_all": {"actions": {"route_to": "unrouted"}}}, false) == 1

test_accepts_unrouted_where_wanted if found(router, {"catch_all": {"actions": {"route_to": "unrouted"}}}, true) == 0

test_accepts_route if found(router, {"catch_all": {"actions": {"route_to": "P1"}}}, false) == 0

test_accepts_wrapped_route if found(router, {"orchestration_path": {"catch_all": {"actions": {"route_to": "P1"}}}}, false) == 0

test_accepts_service_rules_that_do_nothing if found("event-orchestration-service", {"catch_all": {"actions": {}}}, false) == 0
