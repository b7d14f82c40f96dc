"""Image classification with hand-crafted features and linear classifiers written from scratch."""
