# SPDX-License-Identifier: Apache-2.0
"""What protects an open TLS 1.3 connection, as its client knows it: the traffic secrets (the key log format), and the keys that RFC 8446,
section 7.3 derives from them. The server has the same ones.
"""
import hashlib
import hmac


def expand_label(secret, label, size):
    """HKDF-Expand-Label with an empty context; one block is enough for a key."""
    digest = hashlib.sha384 if len(secret) == 48 else hashlib.sha256
    full = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(full)]) + full + b"\0"
    return hmac.new(secret, info + b"\x01", digest).digest()[:size]


def of_connection(log_text):
    """[(traffic secret, key)]"""
    found = []
    for line in log_text.splitlines():
        words = line.split()
        if len(words) == 3 and words[0] in ("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"):
            secret = bytes.fromhex(words[2])
            found.append((secret, expand_label(secret, b"key", 32 if len(secret) == 48 else 16)))
    return found
