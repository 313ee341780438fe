import pytest

from scarmap.errors import RunError
from scarmap.quantification.cohort import Measuring
from scarmap.quantification.study import Choices
from scarmap.report.from_masks import report_run_studies
from scarmap.report.pages.run import build_report

PLAIN = Measuring(choices=Choices(methods=()))


def test_held_out_masks_are_measured_against_the_experts_and_linked_from_the_run(run):
    before = build_report(run).read_text()
    assert 'href="quantification' not in before
    outcome = report_run_studies(run, PLAIN)
    assert outcome.page == run.quantification / "cohort.html"
    assert "Agreement with expert" in outcome.page.read_text()
    assert "mfunet, held out" in (run.quantification / "studies" / "case_a.html").read_text()
    after = build_report(run).read_text()
    assert 'href="quantification/cohort.html"' in after
    for case in ("case_a", "case_b", "case_c"):
        shown = case.replace("_", "_<wbr>")
        assert f'<td><a href="quantification/studies/{case}.html">{shown}</a></td>' in after


def test_masks_of_single_slices_are_not_measured(run_by_slice):
    with pytest.raises(RunError, match="no figures of a heart"):
        report_run_studies(run_by_slice, PLAIN)
