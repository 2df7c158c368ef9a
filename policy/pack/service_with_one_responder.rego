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

policy := data.inventory.by_kind["escalation-policy"][input.attributes.escalation_policy.id]

levels := count(policy.attributes.escalation_rules)

# What is reached, by id: `user_reference`, `schedule_reference`, …
targets[target.id] := target.type if {
	some level in policy.attributes.escalation_rules
	some target in level.targets
}

schedules contains id if {
	some id, type in targets
	startswith(type, "schedule")
}

seen[id] := schedule if {
	some id in schedules
	some kind in ["schedule", "schedule-v3"]
	schedule := data.inventory.by_kind[kind][id]
}

people contains id if {
	some id, type in targets
	startswith(type, "user")
}

people contains user.id if {
	some schedule in seen
	some user in schedule.attributes.users
}

people contains relation.id if {
	some schedule in seen
	some relation in schedule.relations
	relation.name == "has-member"
}

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
	count(seen) == count(schedules)
	finding := {
		"attribute": "escalation_policy",
		"message": sprintf("its escalation policy %q reaches %d person", [policy.name, count(people)]),
	}
}

# A schedule that the store does not hold can have any number of members.
undetermined contains "its escalation policy reaches a schedule that is not in the store" if {
	levels >= 2
	count(people) < 2
	count(seen) < count(schedules)
}

undetermined contains "its escalation policy is not in the store" if not policy
