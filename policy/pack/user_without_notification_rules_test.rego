package connector.user_without_notification_rules_test

import data.connector.user_without_notification_rules as rule

found(attributes, incoming) := answer if {
	answer := count(rule.deny) with input as {"kind": "user", "id": "U1", "attributes": attributes, "relations": []}
		with data.inventory.incoming as incoming
		with data.params as {"ignored_roles": ["read_only_user"]}
}

test_finds_user_without_rules if found({"role": "user", "notification_rules": []}, {}) == 1

test_finds_user_with_contact_methods_alone if {
	found({"role": "user"}, {"user": {"U1": {"of": [{"kind": "contact-method", "id": "C1"}]}}}) == 1
}

test_accepts_rule_among_attributes if found({"notification_rules": [{"id": "N1"}]}, {}) == 0

test_accepts_rule_in_the_store if {
	found({}, {"user": {"U1": {"of": [{"kind": "notification-rule", "id": "N1"}]}}}) == 0
}

test_who_is_never_paged_is_no_matter if found({"role": "read_only_user"}, {}) == 0
