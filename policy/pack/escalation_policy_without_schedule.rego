# METADATA
# title: Escalation policies use a schedule
# description: A policy that pages people by name alone pages them on holiday too.
# custom:
#   id: escalation-policy-without-schedule
#   severity: warning
#   kinds: [escalation-policy]
#   remedy: Put a schedule on at least one level.
package connector.escalation_policy_without_schedule

import data.connector.lib

scheduled if {
	some level in lib.list(input, "escalation_rules")
	some target in level.targets
	startswith(lib.kind_of(target), "schedule")
}

deny contains {"attribute": "escalation_rules", "message": "no level has a schedule"} if not scheduled
