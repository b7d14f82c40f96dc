"""A page on this machine to try a model: drop a photograph, see its class and why."""
