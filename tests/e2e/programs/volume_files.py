# SPDX-License-Identifier: Apache-2.0
"""What CPython's library does with files and directories, in a fresh directory: prints the same wherever that is."""

import errno
import fcntl
import glob
import mmap
import os
import pathlib
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile

top = sys.argv[1]
os.chdir(top)


def fails(number, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except OSError as problem:
        if problem.errno != number:
            print("WRONG", call.__name__, arguments, problem)
        return
    print("WRONG", call.__name__, arguments, "succeeded")


# shutil, tempfile, pathlib, glob.
for number in range(30):
    pathlib.Path("tree", str(number % 5)).mkdir(parents=True, exist_ok=True)
    pathlib.Path("tree", str(number % 5), f"{number}.txt").write_text("x" * number)
shutil.copytree("tree", "copied", symlinks=True)
print(len(glob.glob("copied/**/*.txt", recursive=True)), sum(p.stat().st_size for p in pathlib.Path("copied").rglob("*.txt")))
shutil.move("copied", "moved")
archive = shutil.make_archive("archive", "gztar", "moved")
shutil.unpack_archive("archive.tar.gz", "unpacked")
print(sorted(os.listdir("unpacked")), shutil.disk_usage(".").total > 0)
shutil.rmtree("moved")
with tempfile.TemporaryDirectory(dir=".") as directory:
    with tempfile.NamedTemporaryFile(dir=directory) as named, tempfile.TemporaryFile(dir=directory) as nameless:
        named.write(b"named")
        nameless.write(b"nameless")
        nameless.seek(4)
        print(nameless.read(), os.fstat(nameless.fileno()).st_nlink, len(os.listdir(directory)))
print([name for name in os.listdir(".") if name.startswith("tmp")])

# os: descriptors of directories, scandir, walk, fwalk.
directory = os.open("tree", os.O_RDONLY | os.O_DIRECTORY)
os.mkdir("below", dir_fd=directory)
os.symlink("0", "link", dir_fd=directory)
print(os.readlink("link", dir_fd=directory), sorted(os.listdir(directory)))
print(os.stat("0/0.txt", dir_fd=directory).st_size, stat.S_ISLNK(os.stat("link", dir_fd=directory, follow_symlinks=False).st_mode))
os.rename("below", "renamed", src_dir_fd=directory, dst_dir_fd=directory)
os.rmdir("renamed", dir_fd=directory)
os.unlink("link", dir_fd=directory)
print(sorted((entry.name, entry.is_dir(), entry.inode() == os.stat(entry).st_ino) for entry in os.scandir("tree")))
print(sum(len(files) for _, _, files in os.walk(".")), sum(len(files) for _, _, files, _ in os.fwalk("tree")))
os.fchdir(directory)
print(os.getcwd() == os.path.join(os.path.realpath(top), "tree"))
os.chdir("..")
os.close(directory)
fails(errno.ENOTEMPTY, os.rmdir, "tree")
fails(errno.EEXIST, os.mkdir, "tree")
fails(errno.EISDIR, os.open, "tree", os.O_WRONLY)
fails(errno.ENOENT, os.stat, "none")

# Times, modes, attributes.
with open("file", "w") as file:
    file.write("content")
os.utime("file", ns=(1_000_000_001, 2_000_000_003))
print(os.stat("file").st_atime_ns, os.stat("file").st_mtime_ns, os.stat("file").st_size)
os.chmod("file", 0o4640)
print(oct(os.stat("file").st_mode))
os.setxattr("file", "user.color", b"blue")
print(os.getxattr("file", "user.color"), "user.color" in os.listxattr("file"))
os.removexattr("file", "user.color")
os.truncate("file", 3)
print(open("file").read())
print(os.statvfs(".").f_namemax, os.path.ismount("."), os.path.samefile("file", "./file"))

# Holes, mmap, locks.
with open("sparse", "w+b") as file:
    file.truncate(1 << 20)
    file.seek(1 << 19)
    file.write(b"middle")
    file.flush()
    with mmap.mmap(file.fileno(), 0) as memory:
        print(memory[1 << 19 : (1 << 19) + 6], memory[0])
        memory[0:5] = b"first"
        memory.flush()
    file.seek(0)
    print(file.read(5), os.stat("sparse").st_blocks < 1000)
    fcntl.flock(file, fcntl.LOCK_EX)
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 10)

# Other processes: standard streams that are files of the volume, and a working directory there.
code = "import os, sys; print(os.path.basename(os.getcwd()), sys.stdin.read()); print(open('../file').read())"
with open("output", "w") as output, open("file") as given:
    subprocess.run([sys.executable, "-c", code], stdin=given, stdout=output, cwd="tree", check=True)
print(open("output").read())
pid = os.fork()
if pid == 0:
    with open("by_child", "w") as file:
        file.write("child")
    os._exit(0)
os.waitpid(pid, 0)
print(open("by_child").read())

database = sqlite3.connect("data.db")
database.execute("CREATE TABLE t (n)")
database.executemany("INSERT INTO t VALUES (?)", ((n,) for n in range(1000)))
database.commit()
print(database.execute("SELECT sum(n) FROM t").fetchone())
print("done")
