import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.io.nifti import write_image, write_labels
from scarmap.labels import SEQUENCES
from scarmap.phantom.cohort import write_cohort


@pytest.fixture(scope="session")
def myops_phantom(tmp_path_factory):
    """Folder of 6 infarcted cases in MyoPS layout: 3 sequences, 3 slices of 128 x 128 voxels, 2.6
    to 2.9 mm."""
    folder = tmp_path_factory.mktemp("myops_phantom")
    write_cohort(folder, layout="myops2020", num_cases=6, seed=20, num_slices=3, in_plane=128)
    return folder


@pytest.fixture(scope="session")
def emidec_phantom(tmp_path_factory):
    """Folder of 4 cases in EMIDEC layout, the second one normal: LGE, 5 slices of 128 x 128
    voxels."""
    folder = tmp_path_factory.mktemp("emidec_phantom")
    write_cohort(folder, layout="emidec", num_cases=4, seed=21, num_slices=5, in_plane=128)
    return folder


@pytest.fixture(scope="session")
def plain_phantom(myops_phantom, tmp_path_factory):
    """Folder of 6 cases in our own layout: those of `myops_phantom`, each without one sequence or
    with all."""
    folder = tmp_path_factory.mktemp("plain_phantom")
    for number, files in enumerate(find_cases(myops_phantom)):
        case = load_case(files, sequences=SEQUENCES, labelled=True)
        for sequence in [each for each in SEQUENCES if SEQUENCES.index(each) != number % 4]:
            write_image(
                folder / case.name / f"{sequence}.nii.gz", case.images[sequence].array, case.grid
            )
        write_labels(folder / case.name / "labels.nii.gz", case.labels, "scarmap")
    return folder
