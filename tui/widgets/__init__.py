"""The widgets: they draw values and send no queries."""
