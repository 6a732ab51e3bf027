"""Formats that annotations come in and go out by: one module each, read and write together."""
