import json
import re
import subprocess
from datetime import UTC, datetime

import pytest
import torch

import scarmap
from scarmap.datasets.folder import find_cases
from scarmap.training.run.provenance import commit, data_hash, hardware, provenance

CPU = torch.device("cpu")


def copy_of(folder, to):
    for path in sorted(folder.rglob("*.nii.gz")):
        (to / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
        (to / path.relative_to(folder)).write_bytes(path.read_bytes())
    return to


def test_provenance_is_json_and_keeps_the_options():
    record = provenance(device=CPU, seed=7, max_steps=None)
    assert json.loads(json.dumps(record)) == record
    assert (record["seed"], record["max_steps"], record["torch"]) == (7, None, torch.__version__)
    assert record["command"].startswith("scarmap")
    started = datetime.fromisoformat(record["started"])
    assert abs((datetime.now(UTC) - started).total_seconds()) < 60


def test_hardware_names_threads_and_cores():
    assert re.fullmatch(r".+, \d+ threads, \d+ cores", hardware(CPU))


def checkout(folder, monkeypatch):
    """A repository with one commit that scarmap seems to run from."""
    package = folder / "src" / "scarmap"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(scarmap, "__file__", str(package / "__init__.py"))

    def git(*words):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
        ).stdout

    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    return package, git("rev-parse", "HEAD").strip()


def test_the_commit_is_marked_when_the_checkout_has_changes(tmp_path, monkeypatch):
    package, head = checkout(tmp_path, monkeypatch)
    assert commit() == head[:12]
    (package / "__init__.py").write_text("changed")
    assert commit() == f"{head[:12]}-dirty"


def test_an_installed_package_has_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(scarmap, "__file__", str(tmp_path / "lib" / "scarmap" / "__init__.py"))
    assert commit() is None


def test_a_machine_without_git_has_no_commit(tmp_path, monkeypatch):
    checkout(tmp_path, monkeypatch)
    monkeypatch.setenv("PATH", "")
    assert commit() is None


def test_the_hash_follows_the_content_and_not_the_place(emidec_phantom, tmp_path):
    here, there = find_cases(emidec_phantom), find_cases(copy_of(emidec_phantom, tmp_path))
    assert data_hash(here, ("LGE",)) == data_hash(there, ("LGE",))
    assert re.fullmatch(r"[0-9a-f]{64}", data_hash(here, ("LGE",)))
    assert data_hash(here[:-1], ("LGE",)) != data_hash(here, ("LGE",))


@pytest.mark.parametrize("kind", ["images", "labels"])
def test_one_changed_byte_in_an_image_or_its_truth_changes_the_hash(emidec_phantom, tmp_path, kind):
    cases = find_cases(copy_of(emidec_phantom, tmp_path))
    before = data_hash(cases, ("LGE",))
    path = cases[2].images["LGE"] if kind == "images" else cases[2].labels
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    assert data_hash(cases, ("LGE",)) != before


def test_sequences_that_are_not_read_do_not_count(myops_phantom, tmp_path):
    cases = find_cases(copy_of(myops_phantom, tmp_path))
    one, all_three = data_hash(cases, ("LGE",)), data_hash(cases, ("LGE", "T2", "bSSFP"))
    assert one != all_three
    cases[0].images["T2"].write_bytes(b"")
    assert data_hash(cases, ("LGE",)) == one
    assert data_hash(cases, ("LGE", "T2", "bSSFP")) != all_three
