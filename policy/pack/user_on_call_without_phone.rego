# METADATA
# title: People on call can be reached at once
# description: Who is on call and has neither a phone number nor the app learns of an incident by mail, or not at all.
# custom:
#   id: user-on-call-without-phone
#   severity: violation
#   kinds: [user]
#   needs: [on-call, contact-method]
#   remedy: Let them add a phone number, or sign in to the mobile app.
package connector.user_on_call_without_phone

import data.connector.lib

loud := {"phone_contact_method", "push_notification_contact_method"}

sources := lib.sources(input, "of")

on_call if {
	some source in sources
	source.kind == "on-call"
}

reached if {
	some source in sources
	source.kind == "contact-method"
	data.inventory.by_kind["contact-method"][source.id].attributes.type in loud
} else if {
	some method in lib.list(input, "contact_methods")
	lib.kind_of(method) in loud
}

deny contains {"attribute": "contact_methods", "message": "on call without a phone number or the app"} if {
	on_call
	not reached
}
