package connector.lib_test

import data.connector.lib

asset := {
	"kind": "service",
	"id": "P1",
	"attributes": {"teams": [{"id": "T1"}], "description": "text"},
	"relations": [
		{"name": "belongs-to", "kind": "team", "id": "T1"},
		{"name": "escalates-to", "kind": "escalation-policy", "id": "E1"},
	],
}

test_targets if lib.targets(asset, "belongs-to", "team") == {"T1"}

test_no_targets if lib.targets(asset, "belongs-to", "user") == set()

test_sources if {
	incoming := {"service": {"P1": {"covers": [{"kind": "maintenance-window", "id": "M1"}]}}}
	lib.sources(asset, "covers") == [{"kind": "maintenance-window", "id": "M1"}] with data.inventory.incoming as incoming
}

test_no_sources if lib.sources(asset, "covers") == [] with data.inventory.incoming as {}

test_list if lib.list(asset, "teams") == [{"id": "T1"}]

test_list_of_something_else if lib.list(asset, "description") == []

test_kind_of if lib.kind_of({"type": "user_reference"}) == "user"
