# METADATA
# title: Names follow the convention
# description: >-
#   The name of an asset matches the pattern for its kind. The patterns that come with the rule refuse blanks
#   at the ends and two in a row, which make two names look like one.
# custom:
#   id: naming-convention
#   severity: info
#   kinds: [service, escalation-policy, schedule, team, business-service, event-orchestration, incident-workflow]
#   remedy: Rename it, or change the pattern of its kind in pack.toml.
#   params:
#     patterns:
#       description: Regular expression (RE2) by kind.
#       default:
#         service: '^\S+( \S+)*$'
#         escalation-policy: '^\S+( \S+)*$'
#         schedule: '^\S+( \S+)*$'
#         team: '^\S+( \S+)*$'
#         business-service: '^\S+( \S+)*$'
#         event-orchestration: '^\S+( \S+)*$'
#         incident-workflow: '^\S+( \S+)*$'
package connector.naming_convention

pattern := data.params.patterns[input.kind]

# Undefined where the pattern is none.
matches := regex.match(pattern, input.name)

deny contains finding if {
	matches == false
	finding := {
		"attribute": "name",
		"message": sprintf("the name %q does not match %s", [input.name, pattern]),
	}
}

undetermined contains message if {
	not is_boolean(matches)
	not regex.is_valid(pattern)
	message := sprintf("the pattern for %s is no regular expression: %s", [input.kind, pattern])
}
