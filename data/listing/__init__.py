"""Listing of images and their classes: folders, tables and patterns of names."""
