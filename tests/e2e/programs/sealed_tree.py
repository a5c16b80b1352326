# SPDX-License-Identifier: Apache-2.0
"""Inside a protected run: what a program may do with a sealed tree. Usage: sealed_tree.py TREE HOST_DIRECTORY."""

import ctypes
import errno
import mmap
import os
import subprocess
import sys

tree, host = sys.argv[1:]
file = os.path.join(tree, "etc", "app.conf")
wrong = []


def refused(expected, name, call, *arguments, **options):
    try:
        call(*arguments, **options)
        wrong.append(f"{name}: went well")
    except OSError as error:
        if error.errno != expected:
            wrong.append(f"{name}: {error}")


def check(name, found, expected):
    if found != expected:
        wrong.append(f"{name}: expected {expected!r}, found {found!r}")


# Reading, in all ways.
content = b"one line\n" * 1000
with open(file, "rb") as opened:
    check("read", opened.read(), content)
    check("pread", os.pread(opened.fileno(), 9, 9), b"one line\n")
    with mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        check("mmap shared", mapped[:9], b"one line\n")
    with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        mapped[:3] = b"two"
        check("mmap private", mapped[:8], b"two line")
    refused(errno.EACCES, "mmap writable", mmap.mmap, opened.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    refused(errno.EACCES, "mmap executable", mmap.mmap, opened.fileno(), 0, flags=mmap.MAP_PRIVATE,
            prot=mmap.PROT_READ | mmap.PROT_EXEC)
    check("fstat", os.fstat(opened.fileno()), os.stat(file))
    check("name", os.readlink(f"/proc/self/fd/{opened.fileno()}"), file)
    with open(f"/proc/self/fd/{opened.fileno()}", "rb") as again:
        check("opened again", again.read(), content)
    refused(errno.EROFS, "fchmod", os.fchmod, opened.fileno(), 0o600)
    refused(errno.EBADF, "write", os.write, opened.fileno(), b"x")
    child = subprocess.run(["/usr/bin/cat"], stdin=opened, capture_output=True, check=True)
    check("inherited through exec", child.stdout, b"")  # its position is at the end

# mprotect of a mapping.
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
descriptor = os.open(file, os.O_RDONLY)
address = libc.mmap(None, ctypes.c_size_t(4096), mmap.PROT_READ, mmap.MAP_PRIVATE, descriptor, ctypes.c_long(0))
check("mprotect", (libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(4096), 5), ctypes.get_errno()),
      (-1, errno.EACCES))

status = os.stat(file)
check("mode", oct(status.st_mode), "0o100640")
check("size", status.st_size, 9000)
check("times", status.st_mtime, 2)  # the seal's sequence
check("link", os.readlink(os.path.join(tree, "link")), "etc/app.conf")
check("through the link", os.path.samefile(os.path.join(tree, "link"), file), True)
check("listing", sorted(os.listdir(tree)), ["etc", "link", "tool"])
check("access", [os.access(file, how) for how in (os.F_OK, os.R_OK, os.W_OK, os.X_OK)], [True, True, False, False])
check("the tool's access", os.access(os.path.join(tree, "tool"), os.X_OK), False)
check("the seal", os.path.exists(os.path.join(tree, ".redoubt-seal")), False)
check("what was added", os.path.exists(os.path.join(tree, "etc", "added")), False)

# Changing, in all ways.
new = os.path.join(tree, "etc", "new")
outside = os.path.join(host, "file")
with open(outside, "w") as made:
    made.write("host")
for flags in ("O_WRONLY", "O_RDWR", "O_RDONLY|O_TRUNC", "O_WRONLY|O_APPEND"):
    value = 0
    for flag in flags.split("|"):
        value |= getattr(os, flag)
    refused(errno.EROFS, f"open {flags}", os.open, file, value)
refused(errno.EROFS, "create", os.open, new, os.O_CREAT | os.O_WRONLY)
refused(errno.EEXIST, "create exclusively", os.open, file, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
refused(errno.EROFS, "mkdir", os.mkdir, new)
refused(errno.EROFS, "unlink", os.unlink, file)
refused(errno.EROFS, "rmdir", os.rmdir, os.path.join(tree, "etc"))
refused(errno.EROFS, "truncate", os.truncate, file, 0)
refused(errno.EROFS, "chmod", os.chmod, file, 0o777)
refused(errno.EROFS, "chown", os.chown, file, 0, 0)
refused(errno.EROFS, "utime", os.utime, file)
refused(errno.EROFS, "symlink", os.symlink, "x", new)
refused(errno.EROFS, "mkfifo", os.mkfifo, new)
refused(errno.EROFS, "setxattr", os.setxattr, file, "user.a", b"b")
for name, call in (("rename", os.rename), ("link", os.link)):
    for source, target in ((file, new), (outside, new), (file, outside + "2")):
        try:
            call(source, target)
            wrong.append(f"{name} {source} {target}: went well")
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EXDEV):
                wrong.append(f"{name} {source} {target}: {error}")
refused(errno.EACCES, "execute", os.execv, os.path.join(tree, "tool"), ["tool"])

# Another user, by the seal's modes.
if os.geteuid() == 0:
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        wrong.clear()
        refused(errno.EACCES, "open as nobody", open, file)
        check("access as nobody", os.access(file, os.R_OK), False)
        print("\n".join(wrong), end="", flush=True)
        os._exit(1 if wrong else 0)
    check("as nobody", os.waitpid(pid, 0)[1], 0)

# The tree is the same in another image.
digest = subprocess.run(["/usr/bin/sha256sum", file], capture_output=True, text=True, cwd=os.path.join(tree, "etc"))
check("sha256sum", (digest.returncode, digest.stdout.split(" ")[0]),
      (0, __import__("hashlib").sha256(content).hexdigest()))
print("\n".join(wrong) if wrong else "all checks passed")
sys.exit(1 if wrong else 0)
