"""Decode one picture, or as a process of its own many: encoded on standard input, pixels out.

Run as a script it needs nothing of klayer, so that it starts quickly. It reads chunks, each a line
``COUNT HEIGHT WIDTH CHANNELS`` and COUNT times a line with a number of bytes and these bytes, and
answers each with a line, empty or saying what is wrong, and the pixels, plane after plane.
"""

import io
import sys
from typing import Any

from PIL import Image, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "PPM", "WEBP", "TIFF")
EIGHT_BITS = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"}
GREYS = {"1", "L", "LA", "La"}
MAX_PIXELS = 1 << 24


class PictureError(ValueError):
    """The picture cannot be used; the message says why."""


class ColourFoundError(PictureError):
    """A picture in colour among greys."""


def open_picture(content: bytes) -> Any:
    """Return a Pillow image whose pixels are not decoded yet.

    Raises:
        PictureError: it is no picture, too large, or not of 8 bits per channel.
    """
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PictureError(f"it has more than {MAX_PIXELS} pixels") from error
    except UnidentifiedImageError as error:
        raise PictureError("it is not a picture of a known format") from error
    except Exception as error:  # Pillow's readers raise many kinds
        raise PictureError(f"it cannot be opened: {error}") from error
    width, height = image.size
    if not 0 < width * height <= MAX_PIXELS:
        raise PictureError(f"it has more than {MAX_PIXELS} pixels, or none: {width} × {height}")
    if image.mode not in EIGHT_BITS:
        raise PictureError(f"it must have 8 bits per channel, but its mode is {image.mode}")
    return image


def is_grey(image: Any) -> bool:
    """Return whether a picture is grey: by its mode, or by all its pixels.

    Raises:
        PictureError: it is damaged.
    """
    if image.mode in GREYS:
        return True
    try:
        red, green, blue = (band.tobytes() for band in image.convert("RGB").split())
    except Exception as error:  # Pillow's decoders raise many kinds
        raise PictureError(f"it is damaged: {error}") from error
    return bool(red == green == blue)


def decode(content: bytes, picture: tuple[int, int, int]) -> bytes:
    """Return the pixels of an encoded picture, plane after plane, each row after row.

    Args:
        content: the picture's file.
        picture: (height, width, channels) that it must have; one channel is grey, three are
            red, green and blue. Grey becomes colour; transparency is left out.

    Raises:
        PictureError: it is damaged or of another size.
        ColourFoundError: one channel is wanted, but it has colour.
    """
    image = open_picture(content)
    height, width, channels = picture
    if image.size != (width, height):
        raise PictureError(
            f"it is {image.size[0]} × {image.size[1]} pixels, not {width} × {height}"
        )
    if channels == 1 and not is_grey(image):
        raise ColourFoundError("it has colour")
    wanted = "L" if channels == 1 else "RGB"
    try:
        if image.mode != wanted:
            image = image.convert(wanted)
        pixels = image.tobytes()
    except Exception as error:  # Pillow's decoders raise many kinds
        raise PictureError(f"it is damaged: {error}") from error
    if len(pixels) != height * width * channels:
        raise PictureError("its header says another size than it has")
    return b"".join([pixels[plane::channels] for plane in range(channels)])


def main() -> None:
    """Decode chunks until standard input ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline():
        count, height, width, channels = map(int, line.split())
        contents = [source.read(int(source.readline())) for _ in range(count)]
        sink.write(answer(contents, (height, width, channels)))
        sink.flush()


def answer(contents: list[bytes], picture: tuple[int, int, int]) -> bytes:
    """Return what is answered to a chunk: an empty line and pixels, or a line on the fault."""
    rows: list[bytes] = []
    for place, content in enumerate(contents):
        try:
            rows.append(decode(content, picture))
        except PictureError as error:
            kind = "colour" if isinstance(error, ColourFoundError) else "fault"
            words = " ".join(str(error).split())
            return f"{kind} {place} {words}\n".encode()
    return b"\n" + b"".join(rows)


if __name__ == "__main__":
    main()
