"""Attributes of patient and study, which results share with their images."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

PATIENT = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientBirthTime"),
    *("PatientSex", "OtherPatientIDsSequence", "PatientIdentityRemoved", "DeidentificationMethod"),
    *("DeidentificationMethodCodeSequence", "StudyInstanceUID", "StudyDate", "StudyTime"),
    *("ReferringPhysicianName", "StudyID", "AccessionNumber", "IssuerOfAccessionNumberSequence"),
    *("StudyDescription", "PatientAge", "PatientSize", "PatientWeight", "TimezoneOffsetFromUTC"),
)
"""Attributes of patient and study that every object of a study shares."""

NEEDED = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"),
    *("ReferringPhysicianName", "StudyID", "AccessionNumber"),
)
"""Those of them that must be there, if only empty."""

CHARACTER_SETS = (
    *("ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 126", "ISO_IR 127"),
    *("ISO_IR 138", "ISO_IR 144", "ISO_IR 148", "ISO_IR 13", "ISO_IR 166", "ISO_IR 192", "GB18030"),
)
"""Those that results are written in as their images are; from any other they go over to UTF-8."""


def patient_and_study(header: "Dataset") -> "Dataset":
    """Attributes of patient and study alone; those that must be there are, empty where unknown.

    Args:
        header: Any object of the study.
    """
    from pydicom import Dataset

    study = Dataset()
    if header.get("SpecificCharacterSet"):
        kept = header.SpecificCharacterSet
        study.SpecificCharacterSet = kept if kept in CHARACTER_SETS else "ISO_IR 192"
    for keyword in filter(header.__contains__, PATIENT):
        study[keyword] = header[keyword]
    for keyword in NEEDED:
        if study.get(keyword) is None:
            setattr(study, keyword, "")
    if study.PatientSex not in ("M", "F", "O"):
        study.PatientSex = ""
    for keyword in ("PatientBirthDate", "StudyDate", "StudyTime"):
        if not _is_valid(keyword, str(study[keyword].value)):
            setattr(study, keyword, "")
    return study


def _is_valid(keyword: str, value: str) -> bool:
    from pydicom.valuerep import DA, TM

    try:
        (TM if keyword.endswith("Time") else DA)(value)
    except ValueError:
        return False
    return True
