"""Heat maps that explain the mistakes of the report."""

from __future__ import annotations

from handcraft.data.decode import DecodeOptions, read_image
from handcraft.data.errors import DecodeError, RequestError
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.pages.thumbnails import image_url, shrunk


def mistake_map(
    evaluation: Evaluation, image: int, decoding: DecodeOptions, side: int
) -> str | None:
    """Return a heat map of the predicted class against the true one, as a data URL.

    Parameters
    ----------
    image
        The index of a misclassified test image.
    side
        The longer side of the heat map in pixels, at most.

    Returns
    -------
    str or None
        None if the file no longer decodes; if scores are not sums, as for nearest neighbours and
        baselines; and with folds or several splits, whose models were not kept.
    """
    model = evaluation.model
    if evaluation.fold_probabilities is not None or not hasattr(model.classifier, "linear_at"):
        return None
    given, true = (model.class_names[k[image]] for k in (evaluation.predicted, evaluation.labels))
    try:
        pixels = read_image(evaluation.images.paths[image], decoding)
        explanation = model.explain(pixels, given, true)
    except (DecodeError, OSError, RequestError):
        return None
    return image_url(shrunk(explanation.heat_map, side))
