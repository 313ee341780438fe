"""Who made a result, and UIDs that a rerun gives again."""

import hashlib
import re
import unicodedata
import uuid
from dataclasses import dataclass

from scarmap.errors import DataError
from scarmap.version import __version__

MANUFACTURER = "scarmap"
EQUIPMENT = {
    "manufacturer": MANUFACTURER,
    "manufacturer_model_name": MANUFACTURER,
    "software_versions": __version__,
    "device_serial_number": __version__,
}
"""What highdicom asks about the device that wrote an object."""
UNVERIFIED = "Derived by AI, not verified"
INITIALS = re.compile(r"[A-Za-z][A-Za-z .-]{0,15}")

READABLE = str.maketrans(
    {"–": "-", "—": "-", "×": "x", "°": " degrees", "“": '"', "”": '"', "’": "'", "−": "-"}
)


@dataclass(frozen=True)
class Maker:
    """What made a mask, and who changed it.

    Attributes:
        name: The algorithm or model; "" where a reader drew the mask without one.
        version: Its version.
        editor: Initials of the reader who drew or changed it; "" where nobody did.
    """

    name: str = "scarmap"
    version: str = __version__
    editor: str = ""

    def __post_init__(self) -> None:
        """Refuse what a DICOM attribute cannot hold."""
        if self.editor and not INITIALS.fullmatch(self.editor):
            raise DataError(
                "The editor's initials must be 1 to 16 letters without accents, with spaces, dots "
                f"or hyphens between them; {self.editor!r} is something else."
            )
        if not self.name and not self.editor:
            raise DataError(
                "A mask was made by an algorithm or drawn by a reader; give the name of the one or "
                "the initials of the other."
            )

    @property
    def algorithm_type(self) -> str:
        """AUTOMATIC, SEMIAUTOMATIC once a reader has edited, MANUAL without any algorithm."""
        if not self.name:
            return "MANUAL"
        return "SEMIAUTOMATIC" if self.editor else "AUTOMATIC"

    @property
    def statement(self) -> str:
        """One line on where the mask comes from and that nobody signed it."""
        if not self.name:
            return f"Drawn by {self.editor}, not verified"
        return f"AI, edited by {self.editor}, not verified" if self.editor else UNVERIFIED


def derived_uid(study_uid: str, *parts: str) -> str:
    """UID under 2.25 that follows from a study and what is identified.

    >>> derived_uid("1.2.3", "mask", "SEG") == derived_uid("1.2.3", "mask", "SEG")
    True
    """
    text = "\0".join((study_uid, *parts)).encode("utf-8")
    return f"2.25.{uuid.UUID(bytes=hashlib.sha256(text).digest()[:16], version=5).int}"


def plain_text(text: str) -> str:
    """Write text in characters that every DICOM character set has.

    >>> plain_text("51–75 %, 60° wide")
    '51-75 %, 60 degrees wide'
    """
    spelled = unicodedata.normalize("NFKD", text.translate(READABLE))
    return spelled.encode("ascii", "ignore").decode("ascii")
