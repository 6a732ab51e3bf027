"""Suggestions from models and pattern files. Imports nothing."""
