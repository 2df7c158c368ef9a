# What several rules need.
package connector.lib

hour_ns := ((60 * 60) * 1000) * 1000000

# Ids of the assets of a kind that this one points to.
targets(asset, name, kind) := {relation.id |
	some relation in asset.relations
	relation.name == name
	relation.kind == kind
}

# Assets that point to this one by a relation of that name.
sources(asset, name) := object.get(
	data.inventory.incoming,
	[asset.kind, asset.id, name],
	[],
)

# An asset by kind and id; undefined where the store does not hold it.
lookup(kind, id) := data.inventory.by_kind[kind][id]

# A list among the attributes; empty where there is none, or something else.
list(asset, key) := value if {
	value := object.get(asset.attributes, key, [])
	is_array(value)
} else := []

# `user_reference` and `user` are the same.
kind_of(reference) := trim_suffix(object.get(reference, "type", ""), "_reference")
