"""Tiny DICOM studies, every tag by hand: short-axis stacks as scanners store them, with voxels to
check."""

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from scarmap.labels import INDEX

STUDY = "1.2.826.0.1.3680043.10.999.1"
NAME, IDENTIFIER, BIRTH = "Quaestor^Zebedee", "PID-7731-X", "19470311"
MR_IMAGE, ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1"
OBLIQUE = (
    np.array([0.7, 0.6, 0.387298]),
    np.array([-0.2, -0.3472, 0.9162]),
)


def directions(rng):
    """Unit vectors of a random plane: along a row, along a column."""
    turned, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return turned[:, 0], turned[:, 1]


def stack(
    *,
    slices=4,
    rows=24,
    columns=20,
    pixel_mm=(1.5, 1.25),
    step_mm=9.0,
    plane=None,
    backwards=False,
    depths_mm=None,
    shift_mm=0.0,
    series_each=False,
    number=7,
    description="LGE PSIR SA",
    kind=("ORIGINAL", "PRIMARY", "M", "NORM"),
    time_ms=700.0,
    seed=0,
):
    """Single-frame images in the order of their places, first to last along the stack."""
    rng = np.random.default_rng(seed)
    row, column = plane or _right_angled(*OBLIQUE)
    normal = np.cross(row, column)
    if depths_mm is None:
        depths_mm = np.arange(slices) * step_mm * (-1 if backwards else 1)
    origin = np.array([-40.0, 25.0, 60.0])
    images = []
    for index, depth in enumerate(depths_mm):
        image = _base()
        image.SeriesInstanceUID = f"{STUDY}.{number}" + (f".{index + 1}" if series_each else "")
        image.SeriesNumber = number + (index if series_each else 0)
        image.SeriesDescription = description
        image.ImageType = list(kind)
        image.SOPInstanceUID = f"{STUDY}.{number}.100.{index + 1}"
        image.InstanceNumber = index + 1
        image.TriggerTime = time_ms
        place = origin + depth * normal + shift_mm * rng.normal(size=2) @ np.array([row, column])
        image.ImagePositionPatient = [format_number_as_ds(float(value)) for value in place]
        image.ImageOrientationPatient = [
            format_number_as_ds(float(value)) for value in (*row, *column)
        ]
        image.PixelSpacing = [format_number_as_ds(float(value)) for value in pixel_mm]
        image.SliceThickness = "8"
        image.SpacingBetweenSlices = format_number_as_ds(float(step_mm))
        image.Rows, image.Columns = rows, columns
        image.PixelData = rng.integers(0, 900, (rows, columns)).astype("<u2").tobytes()
        images.append(image)
    return images


def enhanced(images):
    """One multi-frame object with the frames of single-frame images, in their order."""
    first = images[0]
    whole = _base()
    whole.file_meta.MediaStorageSOPClassUID = whole.SOPClassUID = ENHANCED_MR
    whole.SeriesInstanceUID, whole.SeriesNumber = first.SeriesInstanceUID, first.SeriesNumber
    whole.SeriesDescription, whole.ImageType = first.SeriesDescription, first.ImageType
    whole.SOPInstanceUID, whole.InstanceNumber = f"{first.SeriesInstanceUID}.200", 1
    whole.Rows, whole.Columns, whole.NumberOfFrames = first.Rows, first.Columns, len(images)
    measures, orientation, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = first.PixelSpacing, first.SliceThickness
    orientation.ImageOrientationPatient = first.ImageOrientationPatient
    shared.PixelMeasuresSequence = [measures]
    shared.PlaneOrientationSequence = [orientation]
    whole.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for image in images:
        position, frame = Dataset(), Dataset()
        position.ImagePositionPatient = image.ImagePositionPatient
        frame.PlanePositionSequence = [position]
        frames.append(frame)
    whole.PerFrameFunctionalGroupsSequence = frames
    whole.PixelData = b"".join(image.PixelData for image in images)
    return whole


def heart(shape, *, spacing_mm):
    """A small heart (X, Y, Z) with every tissue: circles around the middle, a crescent, an
    infarct."""
    x, y = (np.arange(size) - (size - 1) / 2 for size in shape[:2])
    across, along = np.meshgrid(x * spacing_mm[0], y * spacing_mm[1], indexing="ij")
    reach = min(shape[0] * spacing_mm[0], shape[1] * spacing_mm[1]) / 2
    radius, angle = np.hypot(across, along) / reach, np.rad2deg(np.arctan2(along, across))
    plane = np.zeros(shape[:2], np.uint8)
    plane[np.hypot(across + 0.75 * reach, along) / reach < 0.4] = INDEX["rv_pool"]
    wall = radius <= 0.7
    plane[wall] = INDEX["normal_myocardium"]
    plane[wall & (abs(angle) < 60)] = INDEX["edema"]
    plane[wall & (abs(angle) < 40)] = INDEX["scar"]
    plane[wall & (abs(angle) < 20) & (radius < 0.55)] = INDEX["mvo"]
    plane[radius <= 0.35] = INDEX["lv_pool"]
    array = np.repeat(plane[:, :, None], shape[2], axis=2)
    array[..., 0][array[..., 0] == INDEX["mvo"]] = INDEX["scar"]
    return array


def save(images, folder):
    """Write images under names that say nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        image.save_as(folder / f"IM{image.SeriesNumber:05d}{index:03d}", enforce_file_format=True)
    return folder


def _base():
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = MR_IMAGE
    image.SpecificCharacterSet = "ISO_IR 100"
    image.StudyDate, image.StudyTime = "20240105", "101112"
    image.Modality, image.Manufacturer = "MR", "Made by hand"
    image.PatientName, image.PatientID = NAME, IDENTIFIER
    image.PatientBirthDate, image.PatientSex = BIRTH, "F"
    image.StudyInstanceUID, image.FrameOfReferenceUID = STUDY, f"{STUDY}.500"
    image.StudyID, image.AccessionNumber, image.ReferringPhysicianName = "1", "A1", ""
    image.PositionReferenceIndicator = ""
    image.ScanningSequence, image.SequenceVariant, image.ScanOptions = ["GR", "IR"], "SK", ""
    image.MRAcquisitionType, image.EchoTime, image.EchoTrainLength = "2D", "1.5", "1"
    image.RepetitionTime, image.InversionTime = "700", "300"
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelRepresentation = 0
    return image


def _right_angled(row, column):
    row = row / np.linalg.norm(row)
    column = column - (column @ row) * row
    return row, column / np.linalg.norm(column)
