package connector.service_disabled_test

import data.connector.service_disabled as rule

found(status) := answer if {
	answer := count(rule.deny) with input as {"kind": "service", "id": "P1", "attributes": {"status": status}}
}

test_finds_disabled if found("disabled") == 1

test_accepts_active if found("active") == 0

test_accepts_maintenance if found("maintenance") == 0

test_no_status if count(rule.deny) == 0 with input as {"kind": "service", "id": "P1", "attributes": {}}
