"""Person data apart from clinical data: keyed hashes for the lake, the values themselves for the registry."""
