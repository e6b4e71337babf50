"""The pictures of studies: what is drawn of few and many replicates, limits, ticks, and words."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from klayer.plots.studies import draw
from klayer.studies.answer import SHARE, Bar, Curves, Intervals, Points

STEPS = np.arange(0, 101, 10)
DEPTHS = np.array([2, 3, 4])


def accuracies(replicates: int, points: int, seed: int = 0, spread: float = 0.05) -> Any:
    """Return accuracies near one, (R, N), whose 95 % intervals pass it."""
    return 0.95 + spread * np.random.default_rng(seed).uniform(-1, 1, (replicates, points))


def curves(replicates: int, **settings: Any) -> Curves:
    series = {name: (STEPS, accuracies(replicates, 11, seed)) for seed, name in enumerate("ab")}
    return Curves("c", "title", "accuracy", series, within=SHARE, **settings)


def points(replicates: int, x: Any = DEPTHS, **settings: Any) -> Points:
    series = {name: (x, accuracies(replicates, len(x), seed)) for seed, name in enumerate("ab")}
    return Points("p", "title", "layers", "accuracy", series, within=SHARE, **settings)


def intervals(*bars: Bar) -> Intervals:
    return Intervals("i", "title", "accuracy", bars, within=SHARE)


def drawn(picture: Any) -> tuple[Any, Any]:
    """Return the figure and its panel."""
    figure = draw(picture)
    return figure, figure.axes[0]


def said(figure: Any) -> str:
    return str(figure.get_supxlabel())


@pytest.mark.parametrize("replicates", [3, 5])
@pytest.mark.parametrize("picture", [curves, points])
def test_intervals_lie_inside_limits_that_are_possible(picture: Any, replicates: int) -> None:
    _, panel = drawn(picture(replicates))
    low, high = panel.get_ylim()
    assert 0 <= low < high == 1
    paths = [path.vertices for c in panel.collections for path in c.get_paths()]
    assert min(vertices[:, 1].min() for vertices in paths) > low
    assert max(vertices[:, 1].max() for vertices in paths) > 1  # cut where nothing can be


@pytest.mark.parametrize("picture", [curves, points])
def test_two_replicates_are_drawn_one_by_one_and_without_an_interval(picture: Any) -> None:
    found = picture(2)
    figure, panel = drawn(found)
    assert not panel.collections
    lines = [tuple(line.get_ydata()) for line in panel.lines]
    for _, values in found.series.values():
        assert {tuple(own) for own in values} | {tuple(values.mean(axis=0))} <= set(lines)
    assert said(figure).endswith("the 2 replicates, too few for an interval")


@pytest.mark.parametrize(
    ("picture", "words"), [(curves, "bands"), (points, "error bars")]
)  # fmt: skip
def test_the_picture_says_what_error_bars_are_and_of_how_many(picture: Any, words: str) -> None:
    meaning = "95 % confidence interval of the mean over 4 replicates"
    assert said(draw(picture(4))) == f"{words}: {meaning}"
    equal = picture(4)
    next(iter(equal.series.values()))[1][:, 0] = 0.9
    assert said(draw(equal)) == f"{words}: {meaning}, none where all are equal"
    assert said(draw(picture(1))) == ""


def test_intervals_say_what_they_are_and_show_every_replicate() -> None:
    figure, panel = drawn(intervals(Bar("a", 0.9, 0.7, 1.1, values=(0.88, 0.9, 0.92))))
    assert said(figure) == (
        "lines: 95 % confidence interval of the mean over 3 replicates; small dots: each replicate"
    )
    low, high = panel.get_xlim()
    assert 0 <= low < 0.7
    assert high == 1
    assert [0.88, 0.9, 0.92] in [list(line.get_xdata()) for line in panel.lines]


def test_bars_of_two_replicates_have_no_line() -> None:
    figure, panel = drawn(intervals(Bar("a", 0.9, -np.inf, np.inf, values=(0.88, 0.92))))
    assert [len(line.get_xdata()) for line in panel.lines] == [1, 2]  # the mean; the replicates
    assert (
        said(figure) == "large dots: means; small dots: the 2 replicates, too few for an interval"
    )
    assert 0.8 < panel.get_xlim()[0] < 0.88


def test_a_share_that_never_changes_is_shown_on_the_whole_scale() -> None:
    series = {name: (STEPS, np.zeros((3, 11))) for name in "ab"}
    _, panel = drawn(Curves("c", "title", "share", series, within=SHARE))
    assert panel.get_ylim() == (0, 1)
    assert all(not line.get_clip_on() for line in panel.lines)  # or half of it lies off the panel


def test_lines_on_top_of_each_other_differ_in_dashes_and_in_where_their_marks_are() -> None:
    series = {name: (STEPS, np.zeros((1, 11))) for name in "abcd"}
    _, panel = drawn(Curves("c", "title", "share", series))
    looks = [(line.get_linestyle(), line.get_marker()) for line in panel.lines]
    assert len(set(looks)) == len({dash for dash, _ in looks}) == 4
    marked = [
        set(range(11)[slice(start, None, every)])
        for start, every in (line.get_markevery() for line in panel.lines)
    ]
    assert all(marked)
    assert sum(map(len, marked)) == len(set.union(*marked))


@pytest.mark.parametrize("replicates", [1, 2, 3])
def test_the_legend_names_a_series_before_what_is_compared_with_it(replicates: int) -> None:
    one = (DEPTHS, np.array([0.5, 0.6, 0.7]))
    _, panel = drawn(points(replicates, marks={"a": one, "b": one}, marked="reference"))
    names = [text.get_text() for text in panel.get_legend().get_texts()]
    assert names == ["a", "a, reference", "b", "b, reference"]


@pytest.mark.parametrize("depths", [DEPTHS, np.array([3]), np.array([2, 9])])
def test_ticks_of_counts_are_whole_numbers(depths: Any) -> None:
    _, panel = drawn(points(3, depths))
    ticks = panel.get_xticks()
    assert (ticks == np.round(ticks)).all()
    low, high = panel.get_xlim()
    assert low < depths.min() <= depths.max() < high


@pytest.mark.parametrize("replicates", [2, 3])
@pytest.mark.parametrize(
    ("lams", "scale"), [([1e-5, 1e-3, 1e-1], "log"), ([0.0, 1e-3, 1e-1], "symlog")]
)
def test_all_penalties_are_in_view_zero_among_them(
    lams: list[float], scale: str, replicates: int
) -> None:
    _, panel = drawn(points(replicates, np.array(lams), log_x=True))
    assert panel.get_xscale() == scale
    low, high = panel.get_xlim()
    assert low < lams[0]
    assert lams[-1] < high < 1


def test_the_ticks_of_a_short_logarithmic_axis_are_values_that_were_tried() -> None:
    widths = np.array([11, 17, 19, 20, 36, 39])
    figure, panel = drawn(points(1, widths, log_x=True, lines=False))
    figure.canvas.draw()
    labels = [label for label in panel.get_xticklabels() if label.get_text()]
    assert {label.get_text() for label in labels} <= {str(width) for width in widths}
    assert {"11", "17", "39"} <= {label.get_text() for label in labels}
    places = [*panel.xaxis.get_majorticklocs(), *panel.xaxis.get_minorticklocs()]
    assert sorted(places) == widths.tolist()
    boxes = [label.get_window_extent() for label in labels]
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_a_long_logarithmic_axis_keeps_its_powers_of_ten() -> None:
    figure, panel = drawn(points(1, np.array([1e-5, 2e-3, 0.1]), log_x=True, lines=False))
    figure.canvas.draw()
    assert "10^{-4}" in "".join(label.get_text() for label in panel.get_xticklabels())
