"""Stages as plain data."""

import json

import pytest

from handcraft.features.local.descriptor import Descriptor
from handcraft.features.local.sift import BinSift
from handcraft.features.local.sizes import LongerSide
from handcraft.features.local.stage import Stage


@pytest.mark.parametrize("stage", [BinSift(bins=(3, 5)), LongerSide(smallest=7, largest=9)])
def test_a_stage_survives_plain_data(stage):
    assert Stage.from_state(json.loads(json.dumps(stage.to_state()))) == stage


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"kind": "surf"}, "expected one of .*'patches'.*'sift-bins'"),
        (LongerSide().to_state(), "expected one of"),
        ("sift-bins", "expected one of"),
        ({"kind": "patches"}, r"'patches' holds \['kind'\]; expected \['side'\]"),
        ({"kind": "patches", "side": 5, "more": 1}, "'patches' holds"),
        ({"kind": "patches", "side": "5"}, "patches: side='5'; expected an integer from 1 to 32"),
        ({"kind": "patches", "side": 10**9}, "patches: side=1000000000; expected"),
    ],
)
def test_what_is_no_stage_of_the_kind_is_named(state, message):
    with pytest.raises(ValueError, match=message):
        Descriptor.from_state(state)
