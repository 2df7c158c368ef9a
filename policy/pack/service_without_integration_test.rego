package connector.service_without_integration_test

import data.connector.service_without_integration as rule

found(attributes, incoming) := answer if {
	answer := count(rule.deny) with input as {"kind": "service", "id": "P1", "attributes": attributes, "relations": []}
		with data.inventory.incoming as {"service": {"P1": incoming}}
}

test_finds_service_without_integration if found({"integrations": []}, {}) == 1

test_finds_service_with_other_relations if {
	found({}, {"covers": [{"kind": "maintenance-window", "id": "M1"}]}) == 1
}

test_accepts_integration_among_attributes if found({"integrations": [{"id": "I1"}]}, {}) == 0

test_accepts_integration_in_the_store if found({}, {"part-of": [{"kind": "integration", "id": "I1"}]}) == 0

test_accepts_route if found({}, {"routes-to": [{"kind": "event-orchestration-router", "id": "R1"}]}) == 0
