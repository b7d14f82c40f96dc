"""Cache keys of fitted extractors and rows: hashes of everything they depend on."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handcraft.data.decode import DecodeOptions
from handcraft.features import EXTRACTORS
from handcraft.features.base import Extractor
from handcraft.pipeline.run.libraries import IN_ROWS, own_code, versions
from handcraft.pipeline.run.state_file import fingerprint


def fitted_key(extractor: Extractor, digests: Sequence[str], decoding: DecodeOptions) -> str:
    """Return the key of `extractor` fitted on images with these content hashes."""
    return fingerprint(extractor.to_state(), list(digests), decoding.white, code_version())


def rows_key(extractor: Extractor, perturbations: Sequence[str], decoding: DecodeOptions) -> str:
    """Return the key of the rows of a fitted extractor, on images with perturbations.

    Of the decoding options only the white of 16-bit images matters: the others decide which images
    are read.
    """
    state = _without_seed(extractor.to_state())
    return fingerprint(state, list(perturbations), decoding.white, code_version())


@functools.cache
def code_version() -> str:
    """Return a hash of all code that rows depend on: ours, third-party extractors, libraries."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(own_code().encode())
    for source in sorted({inspect.getfile(kind) for kind in EXTRACTORS.values()}):
        digest.update(Path(source).read_bytes())
    digest.update(repr(versions(IN_ROWS)).encode())
    return digest.hexdigest()


def _without_seed(state: Any) -> Any:
    """Return a state without seeds: a fitted extractor is deterministic."""
    if isinstance(state, dict):
        return {key: _without_seed(value) for key, value in state.items() if key != "seed"}
    return [_without_seed(value) for value in state] if isinstance(state, list) else state
