"""Votes in polls, as phones encrypt them for all who know the poll."""

import base64
import hashlib
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from protobuf import field

#: What stands in each poll of the tests, and only its readers know.
SECRET = bytes([7]) * 32


def vote(poll, asked_by, voter, options):
    """`voter` has these options now, and no others, in the poll with this id."""
    chosen = b"".join(field(1, hashlib.sha256(option.encode()).digest()) for option in options)
    info = f"{poll}{asked_by}{voter}Poll Vote".encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(SECRET)
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, chosen, f"{poll}\0{voter}".encode())
    return {
        "pollUpdateMessage": {
            "pollCreationMessageKey": {"fromMe": asked_by == voter, "id": poll},
            "vote": {"encPayload": _base64(sealed), "encIv": _base64(nonce)},
        }
    }


def _base64(data):
    return base64.b64encode(data).decode()
