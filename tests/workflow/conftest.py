from tests.dicom.conftest import study

__all__ = ["study"]
