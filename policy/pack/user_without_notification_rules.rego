# METADATA
# title: People have notification rules
# description: Without a notification rule PagerDuty tells a person nothing of incidents, whatever their contact methods.
# custom:
#   id: user-without-notification-rules
#   severity: warning
#   kinds: [user]
#   needs: [notification-rule]
#   remedy: Let them add a notification rule to their profile.
#   params:
#     ignored_roles:
#       description: Roles that are never paged.
#       default: [read_only_user, read_only_limited_user]
package connector.user_without_notification_rules

import data.connector.lib

ruled if {
	count(lib.list(input, "notification_rules")) > 0
} else if {
	some source in lib.sources(input, "of")
	source.kind == "notification-rule"
}

deny contains {"attribute": "notification_rules", "message": "no notification rule"} if {
	not ruled
	not object.get(input.attributes, "role", "") in data.params.ignored_roles
}
