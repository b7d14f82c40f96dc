"""Doubtful labels of a folder, against planted wrong ones."""

from PIL import Image

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
