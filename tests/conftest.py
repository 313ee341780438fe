import pytest

from scarmap.phantom.cohort import write_cohort


@pytest.fixture(scope="session")
def myops_phantom(tmp_path_factory):
    """Folder of 6 infarcted cases in MyoPS layout: 3 sequences, 3 slices of 128 x 128 voxels, 2.6 to 2.9 mm."""
    folder = tmp_path_factory.mktemp("myops_phantom")
    write_cohort(folder, layout="myops2020", num_cases=6, seed=20, num_slices=3, in_plane=128)
    return folder


@pytest.fixture(scope="session")
def emidec_phantom(tmp_path_factory):
    """Folder of 4 cases in EMIDEC layout, the second one normal: LGE, 5 slices of 128 x 128 voxels."""
    folder = tmp_path_factory.mktemp("emidec_phantom")
    write_cohort(folder, layout="emidec", num_cases=4, seed=21, num_slices=5, in_plane=128)
    return folder
