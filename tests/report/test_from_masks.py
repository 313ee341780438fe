import csv
import json
import shutil

import numpy as np
import pytest

from scarmap.datasets.mask_files import find_masks
from scarmap.datasets.masks import studies_of_folder
from scarmap.errors import DataError
from scarmap.io.files import write_json
from scarmap.io.nifti import write_image
from scarmap.quantification.cohort import Measuring
from scarmap.quantification.files import read_quantification
from scarmap.quantification.study import Choices
from scarmap.report.from_masks import Truth, report_cohort, report_study

PLAIN = Measuring(choices=Choices(methods=()))


@pytest.fixture
def data(run):
    """The three cases of a run, with images; their truth is the same in all."""
    return run.root.parent / "data"


def test_a_study_becomes_a_page_and_its_figures(data, tmp_path):
    files = studies_of_folder(data)[0]
    study = report_study(files, tmp_path / "a.html", tmp_path / "q.json", PLAIN)
    assert (
        read_quantification(tmp_path / "q.json").figures["infarct_g"]
        == study.figures["infarct_g"]
        > 0
    )
    assert (
        f">{study.figures['infarct_g']:.1f} <small>g</small>" in (tmp_path / "a.html").read_text()
    )


def test_probabilities_beside_a_mask_give_its_figures_intervals(run, data, tmp_path):
    files = studies_of_folder(run.predictions, layout="myops2020", data=data)[0]
    from scarmap.datasets.masks import load_study

    case = load_study(files)
    maps = np.where(case.labels.array[..., None] == 5, 0.6, 0.1).astype(np.float32)
    write_image(run.predictions / "case_a_probabilities.nii.gz", maps, case.grid)
    write_json(run.predictions / "case_a_probabilities.json", {"regions": ["scar"]})
    study = report_study(files, tmp_path / "a.html", tmp_path / "q.json", PLAIN)
    # Nothing reaches 75 %; all of the scar reaches 25 %.
    interval = study.intervals["infarct_g"]
    assert (interval.low, interval.high) == pytest.approx((0.0, study.figures["infarct_g"]))
    assert f"0 to {interval.high:.1f} g" in (tmp_path / "a.html").read_text()


def test_a_cohort_has_a_page_that_leads_to_every_study(data, tmp_path):
    outcome = report_cohort(studies_of_folder(data), tmp_path, name="trial", measuring=PLAIN)
    assert outcome.page == tmp_path / "cohort.html"
    assert [study.case for study in outcome.studies] == ["case_a", "case_b", "case_c"]
    text = outcome.page.read_text()
    for case in ("case_a", "case_b", "case_c"):
        assert f'<a href="studies/{case}.html"><img src="data:image/webp;base64,' in text
        assert (tmp_path / "studies" / f"{case}.html").is_file()
        assert (tmp_path / "studies" / case / "quantification.json").is_file()
    with (tmp_path / "cohort.csv").open() as file:
        assert [row["case"] for row in csv.DictReader(file)] == ["case_a", "case_b", "case_c"]
    assert not (tmp_path / "agreement.json").exists()


def test_the_pages_of_a_cohort_lead_to_each_other_and_back(data, tmp_path):
    report_cohort(studies_of_folder(data), tmp_path, name="trial", measuring=PLAIN)
    first, middle, last = (
        (tmp_path / "studies" / f"case_{each}.html").read_text() for each in "abc"
    )
    assert '<a rel="prev" href="case_a.html">' in middle
    assert '<a rel="next" href="case_c.html">' in middle
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in last
    for text in (first, middle, last):
        assert text.count('<a href="../cohort.html">Back to the cohort: trial</a>') == 2


def test_a_study_on_its_own_leads_nowhere(data, tmp_path):
    report_study(studies_of_folder(data)[0], tmp_path / "a.html", tmp_path / "q.json", PLAIN)
    assert "<nav" not in (tmp_path / "a.html").read_text()


def test_links_to_a_study_that_could_not_be_measured_tell_why(data, tmp_path):
    stale = tmp_path / "studies" / "case_b.html"
    stale.parent.mkdir()
    stale.write_text("12.3 g")
    (data / "case_b_gd.nii.gz").write_bytes(b"<broken>")
    report_cohort(studies_of_folder(data), tmp_path, name="trial", measuring=PLAIN)
    assert '<a rel="next" href="case_b.html">' in (stale.parent / "case_a.html").read_text()
    text = stale.read_text()
    assert "cannot be read as NIfTI" in text
    assert '<a rel="next" href="case_c.html">' in text
    assert "12.3 g" not in text


def test_names_that_mean_something_in_an_address_are_quoted(data, tmp_path):
    masks = tmp_path / "masks"
    masks.mkdir()
    shutil.copy(data / "case_a_gd.nii.gz", masks / "a#1 50%.nii.gz")
    files = studies_of_folder(masks, layout="myops2020")
    text = report_cohort(files, tmp_path / "out", name="trial", measuring=PLAIN).page.read_text()
    assert 'href="studies/a%231%2050%25.html"' in text


def test_a_broken_study_does_not_stop_the_others(data, tmp_path):
    (data / "case_b_gd.nii.gz").write_bytes(b"broken")
    outcome = report_cohort(studies_of_folder(data), tmp_path, name="trial", measuring=PLAIN)
    assert list(outcome.failed) == ["case_b"]
    assert "cannot be read as NIfTI" in outcome.page.read_text()


def test_only_broken_studies_are_an_error(data, tmp_path):
    for case in "abc":
        (data / f"case_{case}_gd.nii.gz").write_bytes(b"broken")
    with pytest.raises(DataError, match="None of 3 studies could be measured"):
        report_cohort(studies_of_folder(data), tmp_path, name="trial", measuring=PLAIN)


def test_another_reading_is_compared_over_the_shared_cases(run, data, tmp_path):
    truths = find_masks(data)
    del truths["case_c"]
    files = studies_of_folder(run.predictions, layout="myops2020", data=data)
    outcome = report_cohort(
        files, tmp_path, name="trial", measuring=PLAIN, truth=Truth("expert", truths)
    )
    agreement = json.loads((tmp_path / "agreement.json").read_text())
    assert (agreement["cases"], agreement["missing"]) == (["case_a", "case_b"], ["case_c"])
    text = outcome.page.read_text()
    assert "Agreement with expert" in text
    assert "only one of the readings has them (1): case_c" in text


def test_a_broken_mask_of_another_reading_is_listed_with_the_reason(run, data, tmp_path):
    truths = find_masks(data)
    files = studies_of_folder(run.predictions, layout="myops2020", data=data)
    truths["case_b"].write_bytes(b"<broken>")
    truth = Truth("expert", truths)
    outcome = report_cohort(files, tmp_path, name="trial", measuring=PLAIN, truth=truth)
    assert len(outcome.studies) == 3
    assert (outcome.failed, list(outcome.not_compared)) == ({}, ["case_b"])
    text = outcome.page.read_text()
    assert "Left out, because the other mask could not be measured: case_b. " in text
    assert "cannot be read as NIfTI" in text


def test_another_reading_without_a_shared_case_is_an_error(data, tmp_path):
    other = Truth("expert", {"x": data / "case_a_gd.nii.gz"})
    with pytest.raises(DataError, match="No case has both readings"):
        report_cohort(studies_of_folder(data), tmp_path, name="trial", measuring=PLAIN, truth=other)
