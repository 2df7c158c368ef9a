package connector.naming_convention_test

import data.connector.naming_convention as rule

params := {"patterns": {"service": "^[a-z]+-[a-z]+$"}}

named(name) := {"kind": "service", "id": "P1", "name": name}

test_finds_other_name if {
	count(rule.deny) == 1 with input as named("Checkout") with data.params as params
}

test_accepts_name if {
	count(rule.deny) == 0 with input as named("shop-checkout") with data.params as params
}

test_kind_without_pattern if {
	count(rule.deny) == 0 with input as {"kind": "team", "id": "T1", "name": "X"} with data.params as params
}

test_bad_pattern_is_undetermined if {
	bad := {"patterns": {"service": "("}}
	count(rule.deny) == 0 with input as named("x") with data.params as bad
	count(rule.undetermined) == 1 with input as named("x") with data.params as bad
}
