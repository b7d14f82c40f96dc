"""What all pages are made with: templates, and pictures that a page carries with it."""
