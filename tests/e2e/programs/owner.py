# SPDX-License-Identifier: Apache-2.0
"""One connection and everybody who might use it: owner.py PORT. Its client is owner_client.py."""
import os
import select
import socket
import subprocess
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
link, _ = listener.accept()
print("first", link.recv(5), flush=True)

# The parent uses it first: the child's use fails.
ready, go = os.pipe()
child = os.fork()
if child == 0:
    os.read(ready, 1)
    try:
        link.send(b"child")
        print("the child sent", flush=True)
    except OSError as error:
        print("child:", error.strerror, flush=True)
    os._exit(0)
link.send(b"parent")
os.write(go, b"x")
os.waitpid(child, 0)

# The same connection under other numbers.
near, far = socket.socketpair()
socket.send_fds(near, [b"x"], [link.fileno()])
_, received, _, _ = socket.recv_fds(far, 1, 1)
os.write(received[0], b" sent")
os.close(received[0])
copy = os.dup(link.fileno())
os.write(copy, b" dup")
os.close(copy)

# A program that inherits it.
link.set_inheritable(True)
listener.set_inheritable(True)
CHILD = """
import os, sys
try:
    os.write(int(sys.argv[1]), b"spawned")
    print("the spawned program sent")
except OSError as error:
    print("spawned:", error.strerror)
"""
subprocess.run([sys.executable, "-c", CHILD, str(link.fileno())], close_fds=False, check=True)
waiting = select.poll()
waiting.register(link, select.POLLIN)
print("nothing to read", waiting.poll(50), flush=True)
print("then", link.recv(5), flush=True)
link.close()

# A listener goes on through exec.
NEXT = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
link, _ = listener.accept()
print("after exec", link.recv(5), flush=True)
link.sendall(b"second")
link.shutdown(socket.SHUT_WR)
print("end", link.recv(5), flush=True)
"""
os.execv(sys.executable, [sys.executable, "-c", NEXT, str(listener.fileno())])
