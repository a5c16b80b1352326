# SPDX-License-Identifier: Apache-2.0
"""The keys that a volume's blocks, log and checkpoints are sealed with. They are made from the volume key and an epoch (src/volume/keys.h,
format.h); epochs are in the clear in the host files, so whoever has the volume key, as this search does, can make them too.
"""
import hashlib
import hmac
import struct

SUPERBLOCK = struct.Struct("<8sII16s16s16sQ")  # magic, version, size, volume, key check, epoch, counter
RECORD = struct.Struct("<IIQ16s")  # magic, size, sequence, epoch
RECORD_MAGIC = 0x474F4C52
RECORD_ALIGNMENT = 64
USES = ("data", "log", "checkpoint", "superblock")
LARGEST_LOG = 16 << 20  # as much of it as is looked at for epochs


def hkdf(key, salt, label, context, size=32):
    pseudorandom = hmac.new(salt, key, hashlib.sha256).digest()
    return hmac.new(pseudorandom, label.encode() + context + b"\x01", hashlib.sha256).digest()[:size]


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_LOG)
    except FileNotFoundError:
        return b""


def epochs_in_log(data):
    for at in range(0, len(data) - RECORD.size, RECORD_ALIGNMENT):
        magic, _, _, epoch = RECORD.unpack_from(data, at)
        if magic == RECORD_MAGIC:
            yield epoch


def of_directory(directory, key):
    """The keys, and the reason when the files are not as they are known here."""
    epochs, volume = set(), None
    for name in ("superblock.a", "superblock.b"):
        data = read(directory / name)
        if len(data) < SUPERBLOCK.size or not data.startswith(b"REDOUBTV"):
            continue
        _, _, _, volume, check, epoch, _ = SUPERBLOCK.unpack_from(data)
        if check != hkdf(key, volume, "redoubt volume 1 key check", b"", 16):
            return [], f"keys of the volume's blocks: {name} is of another key or format than this search knows"
        epochs.add(epoch)
    if volume is None:
        return [], "keys of the volume's blocks: no superblock was found"
    for name in ("log.a", "log.b"):
        epochs |= set(epochs_in_log(read(directory / name)))
    made = [hkdf(key, volume, f"redoubt volume 1 {use}", epoch) for epoch in sorted(epochs) for use in USES]
    return made + [hkdf(key, volume, "redoubt volume 1 tag", b"")], None
