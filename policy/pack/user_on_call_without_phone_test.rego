package connector.user_on_call_without_phone_test

import data.connector.user_on_call_without_phone as rule

user(methods) := {"kind": "user", "id": "U1", "attributes": {"contact_methods": methods}, "relations": []}

sources(kinds) := {"user": {"U1": {"of": [{"kind": kind, "id": "X1"} | some kind in kinds]}}}

methods(type) := {"contact-method": {"X1": {"kind": "contact-method", "id": "X1", "attributes": {"type": type}}}}

found(embedded, kinds, type) := answer if {
	answer := count(rule.deny) with input as user(embedded)
		with data.inventory.incoming as sources(kinds)
		with data.inventory.by_kind as methods(type)
}

test_finds_mail_alone if found([], ["on-call", "contact-method"], "email_contact_method") == 1

test_finds_nothing_at_all if found([], ["on-call"], "email_contact_method") == 1

test_finds_text_messages_alone if found([], ["on-call", "contact-method"], "sms_contact_method") == 1

test_accepts_phone if found([], ["on-call", "contact-method"], "phone_contact_method") == 0

test_accepts_app if found([], ["on-call", "contact-method"], "push_notification_contact_method") == 0

test_accepts_phone_among_attributes if {
	found([{"id": "X1", "type": "phone_contact_method_reference"}], ["on-call"], "email_contact_method") == 0
}

test_who_is_not_on_call_is_no_matter if found([], ["contact-method"], "email_contact_method") == 0
