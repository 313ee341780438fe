from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from scarmap.dicom.choose import choose_stacks
from scarmap.dicom.reading import only_exam, read_export
from scarmap.phantom.dicom.images import Images
from scarmap.phantom.dicom.plan import plan_study
from scarmap.phantom.dicom.series import objects
from scarmap.phantom.dicom.study import describe_study
from scarmap.phantom.dicom.vendors import VENDORS
from scarmap.volume import Grid, LabelMap, Volume

PHASES = 10
PLANTED = {
    "PatientName": "Zwiebelmann^Ottokar",
    "PatientID": "MRN-4711-0815",
    "PatientBirthDate": "19381109",
    "AccessionNumber": "ACCNR99887",
    "ReferringPhysicianName": "Quacksalber^Ida",
    "InstitutionName": "Krankenhaus Hinterwald",
    "StudyDate": "20231224",
}


def oblique_grid(rng, shape, *, spacing):
    """A grid in a random oblique position."""
    affine = np.eye(4)
    affine[:3, :3] = Rotation.random(random_state=rng).as_matrix() * spacing
    affine[:3, 3] = rng.normal(0, 60, 3)
    return Grid(shape, spacing, affine)


def tiny_images(rng, *, shape=(12, 10, 5), spacing=(1.7, 1.3, 9.0)):
    """Images of noise on one oblique grid, pixels not square, unequal sizes."""
    grid = oblique_grid(rng, shape, spacing=spacing)
    stacks = {
        "LGE": Volume(rng.integers(-300, 900, shape).astype(np.float32), grid),
        "T2": Volume(rng.integers(0, 900, shape).astype(np.float32), grid),
        "bSSFP": Volume(rng.integers(0, 900, shape).astype(np.float32), grid),
    }
    film = rng.integers(0, 900, (*shape, PHASES)).astype(np.float32)
    shares = tuple(phase / PHASES for phase in range(PHASES))
    return Images(stacks, film, shares, LabelMap(np.zeros(shape, np.uint8), grid), {})


@dataclass
class Study:
    """A study in memory, whose series and objects a test may change before it is written."""

    vendor: str
    rng: np.random.Generator
    images: Images
    series: list
    study: dict
    objects: list = field(default_factory=list)

    def of(self, role):
        """The objects of a series by what it truly is."""
        numbers = {series.number for series in self.series if series.role == role}
        return [each for each in self.made() if each.SeriesNumber in numbers]

    def made(self):
        if not self.objects:
            self.objects = [
                each for s in self.series for each in objects(s, self.study, root="2.25.77")
            ]
        return self.objects

    def drop(self, role):
        gone = {id(each) for each in self.of(role)}
        self.objects = [each for each in self.made() if id(each) not in gone]

    def write(self, folder):
        made = self.made()
        for place, index in enumerate(self.rng.permutation(len(made))):
            path = Path(folder) / f"d{place % 3}" / f"f{place}"
            path.parent.mkdir(parents=True, exist_ok=True)
            made[index].save_as(path, enforce_file_format=True)
        return Path(folder)


@pytest.fixture
def study():
    """Make a tiny study of a vendor."""

    def make(vendor="ge", *, seed=0, **sizes):
        rng = np.random.default_rng(seed)
        images = tiny_images(rng, **sizes)
        described = {**describe_study(VENDORS[vendor], index=0, seed=0), **PLANTED}
        return Study(vendor, rng, images, plan_study(VENDORS[vendor], images, rng), described)

    return make


@pytest.fixture
def chosen():
    """What is chosen from a folder."""

    def choose(folder, **asked):
        return choose_stacks(only_exam(read_export(folder), folder), asked=asked)

    return choose
