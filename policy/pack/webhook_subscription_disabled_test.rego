package connector.webhook_subscription_disabled_test

import data.connector.webhook_subscription_disabled as rule

found(active, disabled) := answer if {
	answer := count(rule.deny) with input as {
		"kind": "webhook-subscription",
		"id": "W1",
		"attributes": {"active": active, "delivery_method": {"temporarily_disabled": disabled}},
	}
}

test_finds_inactive if found(false, false) == 1

test_finds_temporarily_disabled if found(true, true) == 1

test_finds_both if found(false, true) == 2

test_accepts_active if found(true, false) == 0

test_nothing_told if count(rule.deny) == 0 with input as {"kind": "webhook-subscription", "id": "W1", "attributes": {}}
