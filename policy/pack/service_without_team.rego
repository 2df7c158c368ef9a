# METADATA
# title: Services have a team
# description: A service that belongs to no team has nobody who answers for it, and team filters do not show it.
# custom:
#   id: service-without-team
#   severity: warning
#   kinds: [service]
#   needs: [team]
#   remedy: Give the service's escalation policy a team; the service takes it over.
package connector.service_without_team

import data.connector.lib

deny contains {"attribute": "teams", "message": "no team"} if {
	count(lib.list(input, "teams")) == 0
	count(lib.targets(input, "belongs-to", "team")) == 0
}
