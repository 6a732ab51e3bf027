"""The terminal app: draws, routes keys, and calls `annotations`."""
