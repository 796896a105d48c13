"""Files people hand in: what we take, what becomes of them, and how they lie on disk."""

from returns_portal.uploads.disk import UploadFailed, read, remove, store, sweep
from returns_portal.uploads.scanner import ScannerAway, scan
from returns_portal.uploads.types import AcceptedUpload, accept, clean_name, ending_of, kinds

__all__ = [
    "AcceptedUpload",
    "ScannerAway",
    "UploadFailed",
    "accept",
    "clean_name",
    "ending_of",
    "kinds",
    "read",
    "remove",
    "scan",
    "store",
    "sweep",
]
