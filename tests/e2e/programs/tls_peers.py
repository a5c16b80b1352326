#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Servers for programs that connect outwards, all at once, one line in and one line out: tls_peers.py DIRECTORY PORTS-FILE (lines of NAME PORT).

"good" shows DIRECTORY/server.pem and demands a client certificate of DIRECTORY/ca.pem; "other-name", "expired" and "foreign" show
the certificate of that name; "plain" speaks in the clear. Each answers "NAME COMMON-NAME-OF-CLIENT LINE". What a server read of a
program that should have refused it is written to standard output.
"""
import socket
import ssl
import sys
import threading

directory, ports_file = sys.argv[1:]


def serve(name, listener):
    context = None
    if name != "plain":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = "server" if name == "good" else name
        context.load_cert_chain(f"{directory}/{certificate}.pem", f"{directory}/{certificate}.key")
        if name == "good":
            context.load_verify_locations(f"{directory}/ca.pem")
            context.verify_mode = ssl.CERT_REQUIRED
    while True:
        link, _ = listener.accept()
        link.settimeout(30)
        try:
            if context is None:
                link.sendall(b"+in the clear\r\n")
            else:
                link = context.wrap_socket(link, server_side=True)
            line = link.recv(1000)
            subject = ""
            if name == "good":
                subject = dict(pair for group in link.getpeercert()["subject"] for pair in group)["commonName"]
            elif line and (name != "plain" or b"line" in line):  # a ClientHello is none of the program
                print(f"{name} read {line!r}", flush=True)
            link.sendall(f"{name} {subject} ".encode() + line)
            if context is not None:
                link.unwrap()
        except (OSError, ValueError):
            pass
        link.close()


with open(ports_file) as file:
    ports = dict(line.split() for line in file)
listeners = {name: socket.create_server(("127.0.0.1", int(port))) for name, port in ports.items()}
for name, listener in listeners.items():
    threading.Thread(target=serve, args=(name, listener), daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
