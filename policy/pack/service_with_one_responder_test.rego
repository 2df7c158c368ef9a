package connector.service_with_one_responder_test

import data.connector.service_with_one_responder as rule

service := {
	"kind": "service",
	"id": "P1",
	"name": "Checkout",
	"attributes": {"escalation_policy": {"id": "E1", "type": "escalation_policy_reference"}},
	"relations": [],
}

user(id) := {"id": id, "type": "user_reference"}

schedule(id) := {"id": id, "type": "schedule_reference"}

store(levels) := {
	"escalation-policy": {"E1": {
		"kind": "escalation-policy",
		"id": "E1",
		"name": "Default",
		"attributes": {"escalation_rules": [{"targets": targets} | some targets in levels]},
		"relations": [],
	}},
	"schedule": {
		"S1": {"kind": "schedule", "id": "S1", "attributes": {"users": [user("U1")]}, "relations": []},
		"S2": {"kind": "schedule", "id": "S2", "attributes": {}, "relations": [
			{"name": "has-member", "kind": "user", "id": "U1"},
			{"name": "has-member", "kind": "user", "id": "U2"},
		]},
	},
}

found(levels) := answer if {
	answer := count(rule.deny) with input as service with data.inventory.by_kind as store(levels)
}

unknown(levels) := answer if {
	answer := count(rule.undetermined) with input as service with data.inventory.by_kind as store(levels)
}

test_finds_one_level if found([[user("U1"), user("U2")]]) == 1

test_finds_one_person_on_two_levels if found([[user("U1")], [user("U1")]]) == 1

test_finds_one_person_behind_a_schedule if found([[schedule("S1")], [user("U1")]]) == 1

test_accepts_two_people if found([[user("U1")], [user("U2")]]) == 0

test_accepts_a_schedule_of_two if found([[schedule("S2")], [user("U1")]]) == 0

test_unknown_schedule_is_undetermined if {
	found([[schedule("S9")], [user("U1")]]) == 0
	unknown([[schedule("S9")], [user("U1")]]) == 1
}

test_unknown_policy_is_undetermined if {
	count(rule.deny) == 0 with input as service with data.inventory.by_kind as {}
	count(rule.undetermined) == 1 with input as service with data.inventory.by_kind as {}
}
