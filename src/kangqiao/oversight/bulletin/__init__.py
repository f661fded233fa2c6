"""The monthly bulletin (简报)."""
