"""Pictures of features, models and results: one home for the report, the tour and notebooks."""
