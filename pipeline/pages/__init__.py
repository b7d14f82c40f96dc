"""Shared by all pages: templates, style, and embedded pictures."""
