"""Records as anyone may have edited them: each is read, or refused in one paragraph."""

import copy
import json
import random

import pytest

from scarmap.datasets.manifest import read_entries
from scarmap.errors import ScarmapError
from scarmap.evaluation.reliability import EDGES, read_reliability
from scarmap.evaluation.table import read_summary
from scarmap.inference.origin import Origins
from scarmap.io.run import RunFolder
from scarmap.io.scores import read_scores

WRONG = (None, 5, -1, 1.5, "x", "", [], {}, [1], True, "../../x", float("inf"), "\ud800")
NUMBERS = [1.0] * (len(EDGES) + 1)
RUN = {
    "scarmap": "0.1.0",
    "recipe": {
        "name": "mfunet",
        "function": "scarmap.mfunet:mfunet",
        "settings": {"width": 4},
        "details": {"stages": [{"name": "segment", "inputs": []}], "layout": "emidec"},
        "sequences": ["LGE"],
        "published": {"scar": [53.0, 20.5]},
    },
    "data": {"folder": "data", "layout": "emidec", "num_cases": 3, "spacing_mm": 1.5},
    "split": {"unit": "slice", "notes": [], "slices": {"a_z00": ["a", 0]}},
    "folds": [{"train": ["b"], "validation": ["a"]}],
    "provenance": {"seed": 1, "epochs_scale": 0.5, "command": "scarmap train"},
    "state": {"fold_0/segment": "done"},
    "flags": {"a": ["Look."]},
}
MANIFEST = {
    "case": "a",
    "mask": "a.nii.gz",
    "images": {"LGE": {"file": "a_LGE.nii.gz", "num_bytes": 5, "modified_ns": 7, "sha256": "0"}},
    "model": "0",
    "flags": ["Look."],
    "maker": {"name": "m", "hardly_calls": ["mvo"]},
    "layout": "emidec",
    "study_images": {"LGE": "/data/a_LGE.nii.gz"},
}
COUNTS = {"edges": EDGES.tolist(), "regions": {"scar": dict.fromkeys(("count", "said"), NUMBERS)}}
COUNTS["regions"]["scar"]["true"] = NUMBERS
SUMMARY = {
    "cases": ["a"],
    "notes": ["Leaking."],
    "scores": {"case3d": {"scar": {"dice": {"mean": 0.5, "sd": None, "n": 1}}}},
}


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value[:2])
    for key, item in items if isinstance(value, dict | list) else ():
        yield from places(item, (*path, key)) if isinstance(item, dict | list) else [(*path, key)]


def edited(content, *, seed, count):
    """Copies with one value replaced or removed."""
    chosen = random.Random(seed)
    spots = list(places(content))
    for _ in range(count):
        new, path = copy.deepcopy(content), chosen.choice(spots)
        if not path:
            yield chosen.choice(WRONG)
            continue
        at = new
        for key in path[:-1]:
            at = at[key]
        if chosen.random() < 0.2:
            del at[path[-1]]
        else:
            at[path[-1]] = chosen.choice(WRONG)
        yield new


def read_run(folder):
    """What predicting, reporting and resuming ask of a record."""
    from scarmap.datasets.split import notes, recorded_split
    from scarmap.report.run.facts import facts, fold_of_case, folds_text, warnings
    from scarmap.training.run.record import held_out_names
    from scarmap.training.run.resume import science, unchanged_stages, up_to_date

    record = RunFolder(folder).read_record()
    split = recorded_split(record)
    for name in held_out_names(record) | set(fold_of_case(record)):
        assert (folder / f"{name}.nii.gz").parent == folder
        split.patient(name)
    notes(split), facts(record), folds_text(record), warnings(record)
    unchanged_stages(science(up_to_date(record)), science(up_to_date(RUN)))


def read_manifest(folder):
    for entry in read_entries(folder).values():
        assert (folder / entry.mask).parent == folder
        assert all(isinstance(flag, str) for flag in entry.flags)
        assert not entry.study.images


RECORDS = {
    "run.json": (RUN, read_run),
    "manifest.jsonl": (MANIFEST, read_manifest),
    "reliability_0.json": (COUNTS, read_reliability),
    "summary.json": (SUMMARY, lambda folder: read_summary(folder / "summary.json")),
    "flags.json": ({"a": ["Look."]}, lambda folder: Origins().of(_files(folder))),
}


def _files(folder):
    from scarmap.datasets.case_files import CaseFiles

    return CaseFiles("a", "emidec", {}, folder / "a.nii.gz")


def refusal(read, folder):
    try:
        read(folder)
    except ScarmapError as problem:
        return str(problem)
    return None


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_an_edited_record_is_read_or_refused_with_its_name(tmp_path, name):
    content, read = RECORDS[name]
    (tmp_path / name).write_text(json.dumps(content))
    read(tmp_path)
    refused = 0
    for each in edited(content, seed=3, count=150):
        (tmp_path / name).write_text(json.dumps(each))
        told = refusal(read, tmp_path)
        refused += told is not None
        assert told is None or (name in told and "\n" not in told)
    assert refused > 20 or name == "manifest.jsonl"  # whose damaged lines are left out


@pytest.mark.parametrize(
    "line",
    ["a,case3d,scar,dice,inf,ratio", "../a,case3d,scar,dice,1,ratio", "a,case3d", "a,b,c,d,x,e"],
)
def test_an_edited_table_of_scores_is_refused(tmp_path, line):
    path = tmp_path / "cases.csv"
    path.write_text(f"case,convention,structure,metric,value,unit\n{line}\n")
    with pytest.raises(ScarmapError, match=r"cases\.csv"):
        read_scores(path)


@pytest.mark.parametrize(
    "text", ["phase\n1\n", "epoch,seconds\nx,1\n", "epoch,seconds\n1,-\n", "a"]
)
def test_an_edited_log_is_refused(tmp_path, text):
    path = tmp_path / "fold_0" / "segment" / "log.csv"
    path.parent.mkdir(parents=True)
    path.write_text(f"{text}\n")
    if text == "a":
        assert RunFolder(tmp_path).logs() == {(0, "segment"): []}
        return
    with pytest.raises(ScarmapError, match=r"log\.csv"):
        RunFolder(tmp_path).logs()
