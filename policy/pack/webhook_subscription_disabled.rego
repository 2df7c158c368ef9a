# METADATA
# title: Webhook subscriptions deliver
# description: >-
#   A subscription that is switched off delivers nothing, and what happens meanwhile is not delivered later.
#   PagerDuty disables one for a day when its deliveries fail.
# custom:
#   id: webhook-subscription-disabled
#   severity: warning
#   kinds: [webhook-subscription]
#   remedy: See to the receiver, enable the subscription, and fetch what was missed; or delete it.
package connector.webhook_subscription_disabled

deny contains {"attribute": "active", "message": "it is not active"} if input.attributes.active == false

deny contains finding if {
	input.attributes.delivery_method.temporarily_disabled == true
	finding := {
		"attribute": "delivery_method.temporarily_disabled",
		"message": "PagerDuty disabled it for a time, because deliveries failed",
	}
}
