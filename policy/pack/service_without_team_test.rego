package connector.service_without_team_test

import data.connector.service_without_team as rule

service(teams, relations) := {
	"kind": "service",
	"id": "P1",
	"name": "Checkout",
	"attributes": {"teams": teams},
	"relations": relations,
}

test_finds_service_without_team if {
	rule.deny == {{"attribute": "teams", "message": "no team"}} with input as service([], [])
}

test_accepts_team_of_attributes if {
	count(rule.deny) == 0 with input as service([{"id": "T1", "type": "team_reference"}], [])
}

test_accepts_team_of_relations if {
	count(rule.deny) == 0 with input as service([], [{"name": "belongs-to", "kind": "team", "id": "T1"}])
}

test_teams_that_are_null if {
	count(rule.deny) == 1 with input as service(null, [])
}
