package connector.escalation_policy_without_schedule_test

import data.connector.escalation_policy_without_schedule as rule

policy(types) := {
	"kind": "escalation-policy",
	"id": "E1",
	"attributes": {"escalation_rules": [{"targets": [{"id": "X1", "type": type}]} | some type in types]},
	"relations": [],
}

found(types) := answer if {
	answer := count(rule.deny) with input as policy(types)
}

test_finds_users_alone if found(["user_reference", "user"]) == 1

test_finds_no_level if found([]) == 1

test_accepts_schedule if found(["user_reference", "schedule_reference"]) == 0

test_accepts_schedule_of_v3 if found(["schedule_v3_reference"]) == 0
