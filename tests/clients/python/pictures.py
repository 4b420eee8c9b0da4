"""The picture of a code as a phone's camera reads it, and one to show as one's own."""

import base64
import subprocess

from running import LIMIT_S

#: A grey square of 16 x 16 pixels.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1td"
    "hbWGkJ6jq62rZ4C8ybqmx5moq6T/wAALCAAQABABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAA"
    "AAAAAAAAAAD/2gAIAQEAAD8AAP/Z"
)


def read_code(png):
    """The text of a QR code, by a reader that is not ours.

    It sees other codes in their noise, if let.
    """
    read = subprocess.run(
        ["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", "PNG:-"],
        input=base64.b64decode(png),
        stdout=subprocess.PIPE,
        # It complains that there is no D-Bus.
        stderr=subprocess.DEVNULL,
        timeout=LIMIT_S,
        check=True,
    )
    return read.stdout.decode().strip()
