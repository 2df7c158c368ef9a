# METADATA
# title: Services are not disabled
# description: A disabled service takes no events and opens no incidents.
# custom:
#   id: service-disabled
#   severity: info
#   kinds: [service]
#   remedy: Enable the service, or delete it.
package connector.service_disabled

deny contains {"attribute": "status", "message": "it is disabled"} if input.attributes.status == "disabled"
