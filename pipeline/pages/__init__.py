"""What all pages are made with: templates, style, and pictures that a page carries with it."""
