"""Teaches how workers share one unpacked copy of the same code or layer.

The emulator unpacks both for every worker: with some fifty of them gigabytes of the same small files.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any


class SharedZip(zipfile.ZipFile):
    """An archive that unpacks its content once per instance; each later place becomes a link to it.

    On AWS code and layers are read-only, so that nobody can tell the difference.
    """

    _lock = threading.Lock()

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        """Let `path`, an empty folder, show the content."""
        if members is not None or path is None:
            super().extractall(path, members, pwd)
            return
        with self._lock:
            shared = self._shared()
            if not shared.exists():
                place = Path(tempfile.mkdtemp(dir=shared.parent))
                super().extractall(place)
                place.rename(shared)
        Path(path).rmdir()
        os.symlink(shared, path, target_is_directory=True)
        Path(str(self.filename)).unlink()  # each worker brought a copy of the archive as well

    def namelist(self) -> list[str]:
        """The names to be checked before they are unpacked: none, where that is done already."""
        return [] if self._shared().exists() else super().namelist()

    def _shared(self) -> Path:
        folder = Path(tempfile.gettempdir(), "unpacked")
        folder.mkdir(exist_ok=True)
        return folder / hashlib.sha256(Path(str(self.filename)).read_bytes()).hexdigest()


class SharedZips:
    """The `zipfile` module as the emulator's workers see it."""

    ZipFile = SharedZip

    def __getattr__(self, name: str) -> Any:
        """Everything else as it is."""
        return getattr(zipfile, name)
