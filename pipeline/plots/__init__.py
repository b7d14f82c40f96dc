"""Pictures of features, models and results: one home for the report, the tour and notebooks."""

import logging

# It warns twice, on import, where the home folder cannot be written to, and works all the same.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
