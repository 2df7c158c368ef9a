# METADATA
# title: Services are backed by more than one level and person
# description: >-
#   An escalation policy with a single level, or that reaches a single person, leaves an incident alone when that
#   person does not answer.
# custom:
#   id: service-with-one-responder
#   severity: violation
#   kinds: [service]
#   needs: [escalation-policy, schedule]
#   remedy: Add a level to the escalation policy, with another person or a schedule of several.
package connector.service_with_one_responder

import data.connector.lib

policy := lib.lookup("escalation-policy", input.attributes.escalation_policy.id)

levels := count(lib.list(policy, "escalation_rules"))

targets := {{"kind": lib.kind_of(target), "id": target.id} |
	some level in lib.list(policy, "escalation_rules")
	some target in level.targets
}

schedule_kinds := {"schedule", "schedule-v3"}

members(schedule) := {user.id | some user in lib.list(schedule, "users")} | lib.targets(schedule, "has-member", "user")

schedules := {schedule |
	some target in targets
	startswith(target.kind, "schedule")
	some kind in schedule_kinds
	schedule := lib.lookup(kind, target.id)
}

people := {target.id | some target in targets; target.kind == "user"} | union({members(schedule) | some schedule in schedules})

# A schedule that the store does not hold can have any number of members.
unseen := count([target | some target in targets; startswith(target.kind, "schedule")]) - count(schedules)

deny contains finding if {
	levels < 2
	finding := {
		"attribute": "escalation_policy",
		"message": sprintf("its escalation policy %q has %d level", [policy.name, levels]),
	}
}

deny contains finding if {
	levels >= 2
	count(people) < 2
	unseen == 0
	finding := {
		"attribute": "escalation_policy",
		"message": sprintf("its escalation policy %q reaches %d person", [policy.name, count(people)]),
	}
}

undetermined contains "its escalation policy reaches a schedule that is not in the store" if {
	levels >= 2
	count(people) < 2
	unseen > 0
}

undetermined contains "its escalation policy is not in the store" if not policy
