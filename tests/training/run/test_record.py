from scarmap.training.run.record import held_out_names, is_scored
from scarmap.training.run.train import train


def test_only_folds_whose_predictions_are_finished_have_held_something_out():
    folds = [{"validation": names} for names in (["a", "b"], ["c"], ["d"])]
    state = {"fold_0/segment": "done", "fold_0/predictions": "done", "fold_1/segment": "done"}
    assert held_out_names({"folds": folds, "state": state}) == {"a", "b"}
    assert held_out_names({"folds": folds, "state": state | {"fold_2/predictions": "done"}}) == {
        "a",
        "b",
        "d",
    }
    assert held_out_names({"folds": folds, "state": {}}) == set()


def test_a_run_is_scored_though_another_fold_is_trained_and_not_yet_predicted(
    emidec_phantom, request_for
):
    run = train(request_for(emidec_phantom, folds=(0,)))
    record = run.read_record()
    record["state"]["fold_1/segment"] = "done"
    run.write_record(record)
    assert is_scored(run)
    record["state"]["fold_1/predictions"] = "done"
    run.write_record(record)
    assert not is_scored(run)
