"""A local page to try a model: drop a photograph, see its class and the explanation."""
