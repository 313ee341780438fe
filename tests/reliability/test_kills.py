"""Commands are killed at any moment; `benchmarks/kills.py` does the same more often."""

import os

import pytest
from benchmarks.kills import COMMANDS, kill_often, prepare, warm_up

KILLS = int(os.environ.get("SCARMAP_KILLS", "4"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    warm_up()
    made = tmp_path_factory.mktemp("kills")
    prepare(made)
    return made


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills children of its own, which need fork")
@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_that_was_killed_ends_as_an_undisturbed_one_when_repeated(folder, command):
    outcome = kill_often(COMMANDS[command], folder, count=KILLS)
    assert outcome.kills == KILLS
    assert not outcome.problems
