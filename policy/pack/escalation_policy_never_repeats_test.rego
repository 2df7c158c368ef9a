package connector.escalation_policy_never_repeats_test

import data.connector.escalation_policy_never_repeats as rule

found(attributes) := answer if {
	answer := count(rule.deny) with input as {"kind": "escalation-policy", "id": "E1", "attributes": attributes}
}

test_finds_no_loops if found({"num_loops": 0}) == 1

test_finds_absent_loops if found({}) == 1

test_accepts_loops if found({"num_loops": 2}) == 0
