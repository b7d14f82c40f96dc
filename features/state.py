"""What the state of an extractor is made of; see `handcraft.classifiers.numerics.state`."""

from __future__ import annotations

from handcraft.classifiers.numerics.state import State as State
from handcraft.classifiers.numerics.state import check_origin as check_origin
from handcraft.classifiers.numerics.state import check_parameters as check_parameters
from handcraft.classifiers.numerics.state import is_complete as is_complete
from handcraft.classifiers.numerics.state import learned as learned
from handcraft.classifiers.numerics.state import learned_fields as learned_fields
from handcraft.classifiers.numerics.state import parameter as parameter
from handcraft.classifiers.numerics.state import set_learned as set_learned

MAX_SIDE = 4_096
"""The longest side in pixels that an extractor may resize images to: 50 MB for each of them."""
