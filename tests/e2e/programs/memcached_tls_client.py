# SPDX-License-Identifier: Apache-2.0
"""Thirty TLS clients of memcached at once: memcached_tls_client.py PORT."""
import os
import socket
import ssl
import sys
import threading

CERTIFICATES = os.environ["CERTIFICATES"]
CONTEXT = ssl.create_default_context(cafile=f"{CERTIFICATES}/ca.pem")
CONTEXT.load_cert_chain(f"{CERTIFICATES}/client.pem", f"{CERTIFICATES}/client.key")
done = []


def store_and_get(stream, key, value):
    stream.write(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value))
    stream.flush()
    assert stream.readline() == b"STORED\r\n"
    stream.write(b"get %s\r\n" % key)
    stream.flush()
    stream.readline()
    assert stream.readline().strip() == value
    assert stream.readline() == b"END\r\n"


def work(number):
    plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    link = CONTEXT.wrap_socket(plain, server_hostname="localhost")
    stream = link.makefile("rwb")
    for _ in range(50):
        store_and_get(stream, b"k%d" % number, os.urandom(3000).hex().encode())
    store_and_get(stream, b"k%d" % number, os.urandom(400000).hex().encode())
    link.unwrap()
    done.append(number)


threads = [threading.Thread(target=work, args=(number,)) for number in range(30)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("memcached ok" if len(done) == 30 else f"only {len(done)} of 30")
