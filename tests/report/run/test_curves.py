import numpy as np

from scarmap.report.run.curves import column, draw_curves, phase_starts


def _log(losses, *, dice=None, phases=None):
    dice, phases = dice or [""] * len(losses), phases or ["all"] * len(losses)
    return [
        {"epoch": str(i), "phase": p, "seconds": "1", "loss": str(v), "validation_dice": str(d)}
        for i, (v, d, p) in enumerate(zip(losses, dice, phases, strict=True))
    ]


def _line(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line.get_xdata(), line.get_ydata()


def _charts(logs):
    """Axes of each chart of a stage."""
    return [figure.axes[0] for figure in draw_curves(logs)]


def test_unreadable_fields_are_nan():
    np.testing.assert_array_equal(
        column([{"loss": "1"}, {"loss": "?"}, {}], "loss"), [1.0, np.nan, np.nan]
    )


def test_phases_start_where_the_name_changes():
    log = _log([1, 1, 1, 1], phases=["a", "b", "b", "a"])
    assert phase_starts(log) == [(1.0, "b"), (3.0, "a")]


def test_thick_line_is_the_mean_over_epochs_that_all_folds_have_run():
    losses, _ = _charts({0: _log([4, 2, 1]), 1: _log([2, 2])})
    x, y = _line(losses, "loss")
    assert list(x) == [0, 1]
    assert list(y) == [3, 2]


def test_an_epoch_logged_twice_after_resuming_counts_once():
    log = [*_log([4, 3]), *_log([5, 1])]
    _, y = _line(_charts({0: log})[0], "loss")
    assert list(y) == [5, 1]


def test_validation_dice_skips_epochs_without_validation():
    _, dice = _charts({0: _log([1, 1, 1], dice=[0.2, "", 0.6])})
    x, y = _line(dice, "mean")
    assert list(x) == [0, 2]
    assert list(y) == [0.2, 0.6]


def test_a_dashed_vertical_marks_each_phase_in_both_charts():
    for axes in _charts({0: _log([1, 1, 1], phases=["a", "b", "b"])}):
        assert [line.get_xdata()[0] for line in axes.lines if len(set(line.get_xdata())) == 1] == [
            0.5
        ]
        assert "b" in [text.get_text() for text in axes.texts]


def test_losses_over_decades_are_drawn_on_a_log_axis_unless_one_is_negative():
    assert _charts({0: _log([100, 1])})[0].get_yscale() == "log"
    assert _charts({0: _log([100, -1])})[0].get_yscale() == "linear"


def test_parts_of_the_loss_are_named_beside_their_sum():
    log = [{"epoch": "0", "phase": "a", "loss": "1", "focal_scar": "1"}]
    names = _charts({0: log})[0].get_legend_handles_labels()[1]
    assert names == ["focal scar", "sum"]


def test_what_a_system_monitors_has_its_own_chart_and_is_no_part_of_the_loss():
    shown = [
        {"monitored_weight_scar": "2"},
        {"monitored_weight_scar": "3", "monitored_weight_mvo": "4"},
    ]
    log = [row | shown[epoch] for epoch, row in enumerate(_log([1, 1]))]
    losses, _, weights = _charts({0: log})
    assert losses.get_legend_handles_labels()[1] == ["loss"]
    assert weights.get_title(loc="left") == "Weight"
    assert weights.get_legend_handles_labels()[1] == ["scar", "microvascular obstruction"]
    assert list(_line(weights, "scar")[1]) == [2, 3]


def test_several_monitored_quantities_keep_their_names():
    log = [
        {
            "epoch": "0",
            "phase": "a",
            "loss": "1",
            "monitored_weight_scar": "2",
            "monitored_temperature": "3",
        }
    ]
    assert _charts({0: log})[2].get_legend_handles_labels()[1] == [
        "weight, scar",
        "temperature",
    ]
