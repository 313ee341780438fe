import pytest

from scarmap.phantom.cohort import write_cohort


@pytest.fixture(scope="session")
def emidec_phantom(tmp_path_factory):
    """Folder of 5 cases in EMIDEC layout, enough for five folds; the second and the fifth one are normal."""
    folder = tmp_path_factory.mktemp("emidec_phantom_of_five")
    write_cohort(folder, layout="emidec", num_cases=5, seed=21, num_slices=3, in_plane=128)
    return folder
