"""Pictures are painted anew: the points go on; place, time, camera, remarks and what hangs behind do not."""

import io
import warnings
from typing import Any, Final

from PIL import Image, ImageOps

from returns_portal.rewriting.refusal import Refused

# A phone's largest usual photograph; some 600 MB while it is turned.
PIXELS: Final = 50_000_000
MODES: Final = {"1": "L", "L": "L", "LA": "RGBA", "PA": "RGBA", "RGBA": "RGBA", "La": "RGBA", "RGBa": "RGBA"}


def jpeg(content: bytes) -> bytes:
    """A JPEG of the JPEG."""
    return _saved(_painted(content, "JPEG"), "JPEG")


def png(content: bytes) -> bytes:
    """A PNG of the PNG, its first frame where it moves."""
    return _saved(_painted(content, "PNG"), "PNG")


def webp(content: bytes) -> bytes:
    """A WebP of the WebP, its first frame where it moves."""
    return _saved(_painted(content, "WEBP"), "WEBP")


def heic(content: bytes) -> bytes:
    """A JPEG of the HEIC: most people's computers cannot show the other."""
    from pillow_heif import register_heif_opener  # a large library, and few files need it

    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    return _saved(_painted(content, "HEIF"), "JPEG")


def _painted(content: bytes, kind: str) -> Image.Image:
    """A new image with the points of the old, turned the way it is looked at."""
    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as found:
            if found.width * found.height > PIXELS:
                raise Refused("too_many_pixels")
            turned: Any = ImageOps.exif_transpose(found)
            seen = turned.convert(_mode_of(turned))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise Refused("too_many_pixels") from None
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, RuntimeError):
        raise Refused("broken") from None
    return Image.frombytes(seen.mode, seen.size, seen.tobytes())


def _mode_of(image: Image.Image) -> str:
    if image.mode == "P" and "transparency" in image.info:
        return "RGBA"
    return MODES.get(image.mode, "L" if image.mode.startswith("I;16") else "RGB")


def _saved(image: Image.Image, kind: str) -> bytes:
    target = io.BytesIO()
    if kind == "JPEG":
        if image.mode == "RGBA":
            paper = Image.new("RGB", image.size, "white")
            paper.paste(image, mask=image.getchannel("A"))
            image = paper
        image.save(target, "JPEG", quality=90)
    elif kind == "WEBP":
        image.save(target, "WEBP", quality=90, method=2)
    else:
        image.save(target, "PNG", compress_level=4)
    return target.getvalue()
