"""What all tests share: Hypothesis has no deadline, as no test is timed."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
