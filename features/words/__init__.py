"""Visual words: local descriptors, a vocabulary, an encoding, pooling."""
