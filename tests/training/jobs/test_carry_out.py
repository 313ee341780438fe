from scarmap.io.run import RunFolder
from scarmap.training.jobs.carry_out import TRAINED, take_over


def begun(tmp_path):
    """A run whose stage was begun, and another run."""
    ours, theirs = RunFolder(tmp_path / "ours"), RunFolder(tmp_path / "theirs")
    for run in (ours, theirs):
        run.stage(0, "segment").mkdir(parents=True)
    (ours.stage(0, "segment") / "checkpoint.pt").write_text("ours")
    return ours, theirs


def content(run):
    return {path.name: path.read_text() for path in run.stage(0, "segment").iterdir()}


def test_nothing_of_a_training_begun_here_stays_beside_a_stage_that_is_taken_over(tmp_path, stage):
    """If the record were lost, an own checkpoint would be continued, to other weights."""
    ours, theirs = begun(tmp_path)
    for name in TRAINED:
        (theirs.stage(0, "segment") / name).write_text("theirs")
    assert take_over(ours, theirs, stage(), fold=0)
    assert content(ours) == dict.fromkeys(TRAINED, "theirs")


def test_a_training_begun_here_is_left_alone_where_there_is_nothing_to_take_over(tmp_path, stage):
    ours, theirs = begun(tmp_path)
    assert not take_over(ours, theirs, stage(), fold=0)
    assert content(ours) == {"checkpoint.pt": "ours"}
