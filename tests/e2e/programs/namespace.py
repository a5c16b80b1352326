# What an attested program meets, asserted from inside. argv[1]: a host directory. /etc/app/secret.conf is injected.
import ctypes, errno, fcntl, json, mmap, os, select, shutil, socket, ssl, subprocess, sys, tempfile, threading

HOST, SECRET, TEXT = sys.argv[1], "/etc/app/secret.conf", b"canary in memory"


def refused(error, function, *arguments, **options):
    try:
        function(*arguments, **options)
    except OSError as problem:
        assert problem.errno == error, (function, arguments, problem)
    else:
        raise AssertionError(f"{function} {arguments} was not refused")


# --- files of the session ---
assert json.loads("[1]") == [1] and ssl.OPENSSL_VERSION
assert os.path.realpath(sys.executable) == os.readlink("/proc/self/exe")
fd = os.open(sys.executable, os.O_RDONLY)
assert os.fstat(fd) == os.stat(sys.executable)
assert os.readlink(f"/proc/self/fd/{fd}") == os.path.realpath(sys.executable)
assert os.read(fd, 4) == b"\x7fELF" and os.lseek(os.dup(fd), 0, os.SEEK_CUR) == 4
refused(errno.EROFS, os.open, sys.executable, os.O_RDWR)
refused(errno.EROFS, os.open, f"/proc/self/fd/{fd}", os.O_WRONLY)
refused(errno.EROFS, os.fchmod, fd, 0o777)
refused(errno.EBADF, os.write, fd, b"x")
refused(errno.EINVAL, os.ftruncate, fd, 0)

# --- directories ---
directory = os.open(os.path.dirname(json.__file__), os.O_RDONLY | os.O_DIRECTORY)
assert "decoder.py" in os.listdir(directory)
assert os.stat("decoder.py", dir_fd=directory).st_size > 0
os.fchdir(directory)
assert os.getcwd() == os.path.realpath(os.path.dirname(json.__file__))
assert os.path.isfile("decoder.py") and not os.path.exists("../../../../../etc/passwd")
refused(errno.EISDIR, os.read, directory, 1)
refused(errno.EROFS, os.mkdir, "new", dir_fd=directory)
refused(errno.ENOTDIR, os.open, "decoder.py/", os.O_RDONLY)
refused(errno.EPERM, os.chroot, "/")
os.chdir("/")

# --- an injected file ---
assert open(SECRET, "rb").read() == TEXT
status = os.stat(SECRET)
assert (status.st_size, status.st_mode & 0o777) == (len(TEXT), 0o600)
file = open(SECRET, "r+b", buffering=0)
assert os.fstat(file.fileno()) == status
assert os.readlink(f"/proc/self/fd/{file.fileno()}") == SECRET
assert os.pread(file.fileno(), 6, 0) == b"canary" and file.seek(-6, os.SEEK_END) == 10 and file.read() == b"memory"
assert os.preadv(file.fileno(), [bytearray(3), bytearray(3)], 0) == 6
with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as memory:
    assert memory[:] == TEXT
with mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE) as memory:
    memory[0:1] = b"C"
assert os.pread(file.fileno(), 1, 0) == b"c"
refused(errno.ENODEV, mmap.mmap, file.fileno(), 0, flags=mmap.MAP_SHARED)
refused(errno.EACCES, mmap.mmap, file.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_EXEC)
refused(errno.EROFS, os.fchmod, file.fileno(), 0o644)
refused(errno.EBUSY, os.rename, SECRET, "/etc/app/other")
refused(errno.EBUSY, os.unlink, SECRET)
refused(errno.EXDEV, os.link, SECRET, HOST + "/linked")
refused(errno.EEXIST, os.open, SECRET, os.O_CREAT | os.O_EXCL | os.O_RDWR)
reader, writer = os.pipe()
assert os.sendfile(writer, file.fileno(), 0, 100) == len(TEXT) and os.read(reader, 100) == TEXT
refused(errno.EINVAL, os.splice, file.fileno(), writer, 10)
fcntl.flock(file, fcntl.LOCK_EX)
refused(errno.EPERM, select.epoll().register, file.fileno())
file.seek(0, os.SEEK_END)
file.write(b"+more")
assert os.stat(SECRET).st_size == len(TEXT) + 5 and open(SECRET, "rb").read().endswith(b"+more")
os.truncate(SECRET, len(TEXT))
assert open(SECRET, "rb").read() == TEXT
refused(errno.ENOSPC, os.pwrite, file.fileno(), b"x", 1 << 30)
refused(errno.ENOSPC, os.truncate, SECRET, 1 << 20)
shutil.copy(SECRET, HOST + "/copy")
assert open(HOST + "/copy", "rb").read() == TEXT

# --- lifetimes: dup, fork, exec ---
file.seek(0)
copy = os.dup(file.fileno())
assert os.read(copy, 7) == b"canary " and file.tell() == 7
if (child := os.fork()) == 0:
    os._exit(0 if os.read(copy, 3) == b"in " and os.lseek(copy, 0, os.SEEK_CUR) == 10 else 1)
assert os.waitpid(child, 0)[1] == 0 and file.tell() == 10
os.set_inheritable(copy, True)
done = subprocess.run(["cat", "/proc/self/fd/0", "-", SECRET], stdin=copy, capture_output=True, pass_fds=[copy], cwd="/usr")
assert done.stdout == TEXT + b"memory" + TEXT, done
assert os.getcwd() == "/"
os.close(copy)
refused(errno.EBADF, os.read, copy, 1)
assert os.open("/dev/null", os.O_RDONLY) <= copy

threads = [threading.Thread(target=lambda: [open(SECRET, "rb").read() for _ in range(200)]) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]

# dup(2) itself, of each kind: Python's is fcntl.
libc = ctypes.CDLL(None, use_errno=True)
for kind, was in ("injected", file.fileno()), ("code", fd), ("directory", directory):
    copy = libc.dup(was)
    assert copy > was and os.fstat(copy) == os.fstat(was), kind
    os.lseek(was, 2, os.SEEK_SET)
    assert kind == "directory" or os.read(copy, 2) == {"injected": TEXT, "code": b"\x7fELF"}[kind][2:4], kind
    os.close(copy)
    refused(errno.EBADF, os.fstat, copy)

# --- nothing but code becomes executable ---
libc.mmap.restype, libc.mmap.argtypes = ctypes.c_long, [ctypes.c_long] * 6
libc.mprotect.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_int]
shutil.copy(sys.executable, HOST + "/python")
refused(errno.EACCES, subprocess.run, [HOST + "/python"])
host_fd = os.open(HOST + "/python", os.O_RDONLY)
assert libc.mmap(0, 4096, mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE, host_fd, 0) == -1
assert ctypes.get_errno() == errno.EACCES
address = libc.mmap(0, 8192, mmap.PROT_READ, mmap.MAP_PRIVATE, host_fd, 0)
assert address > 0 and libc.mprotect(address + 4096, 4096, mmap.PROT_EXEC) == -1 and ctypes.get_errno() == errno.EACCES
address = libc.mmap(0, 4096, 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
assert libc.mprotect(address, 4096, 5) == 0  # what just-in-time compilers do
assert libc.mmap(0, 4096, mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE, fd, 0) > 0
memory_file = os.memfd_create("x")
os.ftruncate(memory_file, 4096)
assert libc.mmap(0, 4096, mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_SHARED, memory_file, 0) == -1
READ_IMPLIES_EXEC = 0x0400000
assert libc.personality(READ_IMPLIES_EXEC) == -1

# --- sockets by path ---
server = socket.socket(socket.AF_UNIX)
server.bind(HOST + "/socket")
assert server.getsockname() == HOST + "/socket"
server.listen()
os.chdir(HOST)
socket.socket(socket.AF_UNIX).connect("socket")
os.chdir("/")
refused(errno.ENOENT, socket.socket(socket.AF_UNIX).connect, "/run/systemd/private")
refused(errno.EROFS, socket.socket(socket.AF_UNIX).bind, "/socket")
with tempfile.TemporaryFile(dir=HOST) as temporary:
    temporary.write(b"x")
print("all checks passed")
