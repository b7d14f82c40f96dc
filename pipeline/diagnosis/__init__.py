"""What a trained model tells of its data: doubtful labels, and whether more images would help."""
