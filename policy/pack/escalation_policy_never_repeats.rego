# METADATA
# title: Escalation policies repeat
# description: When the last level does not answer and the policy does not begin anew, nobody is told any more.
# custom:
#   id: escalation-policy-never-repeats
#   severity: warning
#   kinds: [escalation-policy]
#   remedy: Let the policy repeat at least once.
package connector.escalation_policy_never_repeats

deny contains {"attribute": "num_loops", "message": "it never repeats"} if object.get(input.attributes, "num_loops", 0) in {0, null}
