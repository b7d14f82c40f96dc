"""Computational graphs, backpropagation and gradient checking."""
