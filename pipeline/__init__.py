"""The pipeline: images to features to classes, and what people see of it."""

import logging

# It warns twice, on import, where the home folder cannot be written to, and works all the same.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
