"""What the routes share: rows that must be there, bytes that are packed, errors in one sentence."""

import gzip
from pathlib import Path

from fastapi import HTTPException, Request
from fastapi.responses import FileResponse, Response

from scarmap.serving import studies, versions
from scarmap.serving.store import Store
from scarmap.serving.studies import Study
from scarmap.serving.versions import Version

_QUICK = 1


def study_of(store: Store, study: str) -> Study:
    """A study.

    Raises:
        HTTPException: There is none of this id.
    """
    found = studies.find(store, study)
    if found is None:
        raise HTTPException(404, "There is no such study; it may have been removed.")
    return found


def version_of(store: Store, study: str, number: int) -> Version:
    """A version.

    Raises:
        HTTPException: There is none.
    """
    found = versions.find(store, study, number)
    if found is None:
        raise HTTPException(404, "There is no such version.")
    return found


def whole_number(text: str) -> int | None:
    """A number of up to nine digits; None for any other text, as Python reads no endless ones.

    >>> whole_number("12"), whole_number("-1"), whole_number("9" * 5000)
    (12, None, None)
    """
    return int(text) if text.isdecimal() and len(text) < 10 else None


def packed(request: Request, content: bytes) -> Response:
    """Bytes, packed where the browser unpacks them."""
    if not _unpacks(request):
        return Response(content, media_type="application/octet-stream")
    return Response(
        gzip.compress(content, _QUICK, mtime=0),
        media_type="application/octet-stream",
        headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"},
    )


def packed_file(request: Request, path: Path) -> Response:
    """A gzip file, unpacked by the browser, or here where it cannot."""
    if not path.is_file():
        raise HTTPException(404, "The study has no such image, or it has not been read yet.")
    if not _unpacks(request):
        return Response(gzip.decompress(path.read_bytes()), media_type="application/octet-stream")
    return FileResponse(
        path,
        media_type="application/octet-stream",
        headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"},
    )


def _unpacks(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")
