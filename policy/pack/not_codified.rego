# METADATA
# title: Assets are codified
# description: >-
#   What stands in no Terraform state is changed by hand: nobody reviews it, and nothing brings it back.
#   Run only where states are given.
# custom:
#   id: not-codified
#   severity: info
#   states: true
#   remedy: Write it as code and import it, or delete it.
package connector.not_codified

deny contains "it is in no Terraform state" if input.codified == "unmanaged"
