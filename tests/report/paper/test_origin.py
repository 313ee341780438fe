from scarmap.evaluation.table import Evaluation, write_evaluation
from scarmap.io.run import RunFolder
from scarmap.io.scores import Score
from scarmap.report.paper.origin import run_origin, told

HEAD = "epoch,seconds\n"


def make_run(root, *, made=None, split=None, validation=("a",), train=("b",), settings=None):
    """A run of two stages of one fold: two epochs of 60 seconds and three of 100."""
    run = RunFolder(root)
    run.write_record(
        {
            "recipe": {
                "name": "toy",
                "settings": settings or {"width": 4, "sequences": ["LGE", "T2"]},
            },
            "data": {"num_cases": 2},
            "split": split or {},
            "folds": [{"train": list(train), "validation": list(validation)}],
            "provenance": {"epochs_scale": 0.5, "hardware": "one CPU", "commit": "0123", "seed": 3},
            "state": {},
            **({"made": made} if made else {}),
        }
    )
    for stage, seconds in (("shape", [60, 60]), ("anatomy", [100, 100, 100])):
        log = run.stage(0, stage) / "log.csv"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(HEAD + "".join(f"{epoch},{each}\n" for epoch, each in enumerate(seconds)))
    rows = tuple(Score(name, "case3d", "scar", "dice", 0.5, "ratio") for name in validation)
    write_evaluation(run.evaluation, Evaluation("emidec", rows))
    return run


def test_time_hardware_and_changed_settings_are_told(tmp_path):
    own = {"toy": {"width": 8, "sequences": ["LGE", "T2"]}}
    assert told(run_origin(make_run(tmp_path / "run"), own)) == (
        "- `run`: 1 of 2 cases scored (each by a fold that did not train on it); width=4, epochs x "
        "0.5 (5 epochs, 7 minutes of training in all); one CPU; commit 0123; seed 3."
    )


def test_a_stage_that_was_taken_over_costs_nothing_here_and_is_named(tmp_path):
    made = {
        "fold_0/shape": {"hardware": "a login node", "taken_over": "other"},
        "fold_0/anatomy": {"hardware": "a GPU"},
    }
    origin = run_origin(make_run(tmp_path / "run", made=made), {})
    assert (origin.epochs, origin.seconds, origin.hardware) == (3, 300.0, ("a GPU",))
    assert "5 minutes of training in all; shape of fold 0 trained in `other`);" in told(origin)


def test_a_leak_is_told_instead_of_held_out_cases(tmp_path):
    slices = {"a_z00": ["a", 0], "a_z01": ["a", 1], "b_z00": ["b", 0]}
    split = {"unit": "slice", "slices": slices}
    run = make_run(tmp_path / "run", split=split, train=["a_z00", "b_z00"], validation=["a_z01"])
    scored = run_origin(run, {}).scored
    assert scored.startswith("1 of 3 slices scored (Leaking split:")
    assert "did not train on it" not in scored


def test_a_run_without_scores_says_so(tmp_path):
    run = make_run(tmp_path / "run")
    (run.evaluation / "summary.json").unlink()
    assert run_origin(run, {}).scored == "not scored"
