"""Diagnosis of the training data: doubtful labels, and whether more images would help."""
