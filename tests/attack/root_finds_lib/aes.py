# SPDX-License-Identifier: Apache-2.0
"""The round keys of AES (FIPS 197, 5.2): what a cipher has in the processor's registers. Any two neighbours give the key away."""


def _s_box():
    box, p, q = [0] * 256, 1, 1
    while True:
        p ^= (p << 1 & 0xFF) ^ (0x1B if p & 0x80 else 0)  # times 3
        for shift in (1, 2, 4):  # divided by 3
            q ^= q << shift & 0xFF
        q ^= 0x09 if q & 0x80 else 0
        box[p] = q ^ _turned(q, 1) ^ _turned(q, 2) ^ _turned(q, 3) ^ _turned(q, 4) ^ 0x63
        if p == 1:
            box[0] = 0x63
            return bytes(box)


def _turned(byte, bits):
    return (byte << bits | byte >> 8 - bits) & 0xFF


S_BOX = _s_box()


def round_keys(key):
    """11 or 15 blocks of 16 bytes, of a key of 16 or 32 bytes."""
    words = [key[at:at + 4] for at in range(0, len(key), 4)]
    count, constant = len(words), 1
    while len(words) < 4 * (count + 7):
        word = words[-1]
        if len(words) % count == 0:
            word = (word[1:] + word[:1]).translate(S_BOX)
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = constant << 1 ^ (0x11B if constant & 0x80 else 0)
        elif count > 6 and len(words) % count == 4:
            word = word.translate(S_BOX)
        words.append(bytes(a ^ b for a, b in zip(words[-count], word)))
    return [b"".join(words[at:at + 4]) for at in range(0, len(words), 4)]
