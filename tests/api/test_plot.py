"""Pictures that notebooks ask for: each returns the axes it drew on, its own or those given."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

import handcraft as hc


@pytest.fixture(autouse=True)
def no_windows():
    with mpl.rc_context({"backend": "agg"}):
        plt.close("all")  # those of the examples, which ran before
        yield
        plt.close("all")


@pytest.fixture(scope="module")
def words(folder, tmp_path_factory):
    """Return a model of visual words."""
    names = {"features": ["hog-words+hue"], "classifiers": ["softmax"]}
    return hc.train(folder, **names, n_jobs=1, cache=tmp_path_factory.mktemp("cache"))


PHOTO = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
OF_IMAGES = ("hog", "hue", "sift_grid")
OF_RESULTS = ("confusion", "mistakes", "calibration")


@pytest.mark.parametrize("name", OF_IMAGES)
def test_an_image_is_drawn_alone_or_on_given_axes(name, folder):
    draw = getattr(hc.plot, name)
    (ax,) = draw(PHOTO).figure.axes
    assert draw(PHOTO / 255, ax=ax) is ax
    assert len(plt.get_fignums()) == 1
    assert draw(folder / "dark" / "00.png", **({"bin_size": 2} if name == "sift_grid" else {}))


@pytest.mark.parametrize("name", OF_RESULTS)
def test_a_result_is_drawn_alone_or_on_given_axes(name, result):
    draw = getattr(hc.plot, name)
    ax = draw(result)
    assert draw(result, ax=ax) is ax
    assert len(plt.get_fignums()) == 1
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", [*OF_RESULTS, "learning_curve", "templates"])
def test_a_model_in_place_of_a_result_or_the_reverse_is_said(name, result):
    wrong, got = (result, "ComparisonResult") if name == "templates" else (result.selected, "Model")
    with pytest.raises(TypeError, match=f"got {got}, expected "):
        getattr(hc.plot, name)(wrong)
    assert plt.get_fignums() == []


def test_a_confusion_matrix_has_its_counts(result):
    ax = hc.plot.confusion(result)
    confusion = result.comparison.selected.confusion
    written = {text.get_text() for text in ax.texts}
    assert written == {str(count) for count in confusion.ravel() if count}
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["dark", "light"]


def test_templates_have_a_panel_for_each_feature_set_and_class(result, words):
    (raw,) = hc.plot.templates(result.models[0]).child_axes
    assert [panel.get_title() for panel in raw.child_axes] == ["dark", "light"]
    assert len(hc.plot.templates(words).child_axes) == 2


def test_words_are_drawn_and_shown_by_patches(words, result, folder):
    images, _ = hc.read_folder(folder)
    assert hc.plot.words(words, images[0]).get_title() == "hog-words"
    assert len(hc.plot.vocabulary(words, images[::6], n=3).child_axes) == 3
    with pytest.raises(ValueError, match="part=1; the model has 1"):
        hc.plot.words(words, images[0], part=1)
    with pytest.raises(ValueError, match="without visual words"):
        hc.plot.words(result.models[0], images[0])


def test_a_heat_map_is_of_the_classes_asked_for(words):
    first, second = words.class_names[:2]
    ax = hc.plot.heat_map(words, PHOTO, given=second, against=first)
    assert ax.get_title("left") == f"for {second}"
    assert ax.get_title("right") == f"for {first}"
    assert hc.plot.heat_map(words, PHOTO, ax=ax) is ax
