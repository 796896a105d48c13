"""How a file comes in: in memory alone, never in clear on a disk."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler


class MemoryOnly(MemoryFileUploadHandler):
    """Takes what fits under the limit, all files of a request together; of the rest it keeps that it was too much.

    Django's own would drop a larger file without a word, and the page would ask for a file that was chosen.
    """

    room, was_cut = 0, False

    def handle_raw_input(self, *_args: Any, **_how: Any) -> None:
        """Always active, whatever the browser says of the length."""
        self.activated, self.room = True, settings.UPLOAD_LIMIT

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep what there is room for."""
        self.was_cut = self.was_cut or len(raw_data) > self.room
        if not self.was_cut:
            self.file.write(raw_data)
            self.room -= len(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """The file; one that was cut bears a size over the limit, so that it is refused as too large."""
        file = super().file_complete(file_size)
        if file is not None and self.was_cut:
            file.size = max(file_size, settings.UPLOAD_LIMIT + 1)
        return file
