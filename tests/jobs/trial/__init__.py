"""An app whose tasks do what tasks must not: hang, die, fail."""
