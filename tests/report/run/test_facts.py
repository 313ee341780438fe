from scarmap.report.run.facts import facts, fold_of_case, folds_text, warnings


def test_facts_leave_out_what_the_record_does_not_hold():
    record = {"recipe": {"name": "mfunet"}, "provenance": {"commit": None, "seed": 0}}
    assert facts(record) == [("Recipe", "mfunet"), ("Seed", "0")]


def test_a_checkout_with_changes_stays_marked_and_time_keeps_its_zone():
    record = {
        "provenance": {"commit": "0123456789ab-dirty", "started": "2025-01-02T03:04:05+00:00"}
    }
    assert facts(record) == [
        ("Started", "2025-01-02 03:04:05 UTC"),
        ("Commit", "0123456789ab-dirty"),
    ]


def test_the_data_folder_is_named_without_its_path():
    found = dict(facts({"data": {"folder": "/private/place/cohort", "num_cases": 7}}))
    assert found["Data folder"] == "cohort (7 cases)"


def test_a_shortened_schedule_is_labelled():
    (message,) = warnings({"provenance": {"epochs_scale": 0.1}})
    assert message.startswith("Trained at reduced width/epochs: 0.1 of")
    (message,) = warnings({"provenance": {"epochs_scale": 1e-9}})
    assert message.startswith("Trained at reduced width/epochs: less than a thousandth of")
    assert warnings({"provenance": {"epochs_scale": 1.0}}) == []
    assert warnings({"provenance": {"epochs_scale": 2.0}}) == [
        "Trained for 2 times the recipe's epochs."
    ]


def test_a_leak_is_found_in_the_folds_whatever_the_record_says_of_it():
    shared = {
        "split": {"unit": "patient", "notes": []},
        "folds": [{"train": ["a"], "validation": ["a"]}],
    }
    (message,) = warnings(shared)
    assert message.startswith("Leaking split: validation patients were trained on.")


def test_unfinished_stages_are_named():
    (message,) = warnings({"state": {"fold_0/a": "done", "fold_0/b": "running"}})
    assert "fold_0/b (running)" in message
    assert "fold_0/a" not in message


def test_folds_are_listed_unless_all_have_run():
    folds = [{}, {}, {}]
    assert (
        folds_text({"folds": folds, "state": {"fold_2/a": "done", "fold_0/a": "done"}})
        == "0, 2 (2 of 3)"
    )
    assert (
        folds_text({"folds": folds, "state": {f"fold_{k}/a": "done" for k in range(3)}}) == "all 3"
    )
    assert folds_text({}) == ""


def test_cases_are_traced_to_the_fold_that_held_them_out():
    assert fold_of_case({"folds": [{"validation": ["b"]}, {"validation": ["a"]}]}) == {
        "a": 1,
        "b": 0,
    }
