package connector.not_codified_test

import data.connector.not_codified as rule

asset(codified) := {"kind": "team", "id": "T1", "attributes": {}, "relations": [], "codified": codified}

test_finds_unmanaged if {
	rule.deny == {"it is in no Terraform state"} with input as asset("unmanaged")
}

test_accepts_codified if count(rule.deny) == 0 with input as asset("codified")

test_drifted_is_codified if count(rule.deny) == 0 with input as asset("drifted")

test_not_asked_is_no_matter if count(rule.deny) == 0 with input as object.remove(asset("x"), ["codified"])
