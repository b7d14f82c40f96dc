"""Doubtful labels of a folder, against planted wrong ones."""

import shutil

import numpy as np
from PIL import Image

from handcraft.data.listing.labelling import Labelling
from handcraft.pipeline.checks.label_suspects import label_suspects
from handcraft.pipeline.checks.survey import survey


def test_wrong_labels_come_first(photos, tmp_path, context):
    """Exchange two images of two of the classes, which are stripes and colours."""
    for path in photos.rglob("*.png"):
        name = path.parent.name
        if path.stem == "00" and name in ("red", "across"):
            name = {"red": "across", "across": "red"}[name]
        (tmp_path / "photos" / name).mkdir(parents=True, exist_ok=True)
        Image.open(path).save(tmp_path / "photos" / name / path.name)
    (finding,) = label_suspects(survey(tmp_path / "photos", None, context), context)
    named = {
        group[0].relative_to(tmp_path / "photos").as_posix(): note
        for group, note in zip(finding.groups[:2], finding.notes[:2], strict=True)
    }
    assert named == {"red/00.png": "more like across", "across/00.png": "more like red"}


def test_images_of_one_group_do_not_vouch_for_each_other(photos, tmp_path, context):
    """Three takes of one wrong label confirm it, unless they are known to belong together."""
    folder = tmp_path / "photos"
    shutil.copytree(photos, folder)
    for take in range(3):
        image = np.asarray(Image.open(photos / "red" / "00.png"))
        Image.fromarray(image ^ np.uint8(take)).save(folder / "across" / f"take-{take}.png")
    apart = Labelling(group_by="take")
    (finding,) = label_suspects(survey(folder, None, context, apart), context)
    assert {path.name for group in finding.groups[:3] for path in group} == {
        f"take-{take}.png" for take in range(3)
    }
