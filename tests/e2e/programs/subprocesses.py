"""Proves that every way in which CPython starts programs works, and that each failure reaches the caller as the same error."""
import asyncio
import errno
import fcntl
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading

PYTHON = sys.executable


def show(name, *values):
    print(name, *values, flush=True)


def attempt(name, function):
    try:
        show(name, function())
    except (OSError, subprocess.SubprocessError) as error:
        details = getattr(error, "errno", None)
        show(name, type(error).__name__, errno.errorcode.get(details, details), getattr(error, "filename", None))


def python(code, **options):
    return subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, **options)


# --- plain ---
show("output", subprocess.check_output(["echo", "hello"]))
show("status", subprocess.call(["sh", "-c", "exit 5"]))
show("signal", subprocess.call(["sh", "-c", "kill -TERM $$"]))
show("input", subprocess.run(["tr", "a-z", "A-Z"], input="shout" * 40000, capture_output=True, text=True).stdout.count("SHOUT"))
show("stderr", python("import sys; print('o'); print('e', file=sys.stderr)").stderr)
show("merged", subprocess.run("echo a; echo b >&2", shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout)
show("devnull", subprocess.run(["echo", "x"], stdout=subprocess.DEVNULL).returncode)
show("system", os.waitstatus_to_exitcode(os.system("exit 6")))
with os.popen("echo popen; exit 3") as pipe:
    show("popen", pipe.read())
pipeline = subprocess.Popen(["seq", "1", "1000"], stdout=subprocess.PIPE)
show("pipeline", subprocess.check_output(["tail", "-n1"], stdin=pipeline.stdout))
pipeline.stdout.close()
show("pipeline", pipeline.wait())

# --- what the child inherits ---
show("env", subprocess.check_output(["env"], env={"ONLY": "this", "AND": "that"}))
show("cwd", subprocess.check_output(["pwd"], cwd="/usr/share"))
show("umask", python("import os; print(oct(os.umask(0)))", umask=0o027).stdout)
show("session", python("import os; print(os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid())", start_new_session=True).stdout)
show("group", python("import os; print(os.getpgrp() == os.getpid(), os.getsid(0) == os.getpid())", process_group=0).stdout)
show("preexec", python("import os, resource; print(os.nice(0), resource.getrlimit(resource.RLIMIT_NOFILE)[0])",
                       preexec_fn=lambda: (os.nice(3), resource.setrlimit(resource.RLIMIT_NOFILE, (77, 77)))).stdout)
attempt("preexec that fails", lambda: subprocess.run(["true"], preexec_fn=lambda: 1 / 0))

LIST_FDS = "import os; print(sorted(int(f) for f in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{f}')))"
read_end, write_end = os.pipe()
os.set_inheritable(write_end, True)
show("close_fds", python(LIST_FDS, close_fds=True).stdout)
show("inherit", python(LIST_FDS, close_fds=False).stdout.replace(f", {write_end}]", ", end of pipe]"))
show("pass_fds", python(f"import os; os.write({write_end}, b'through')", pass_fds=[write_end]).returncode)
show("passed", os.read(read_end, 100))
high = fcntl.fcntl(write_end, fcntl.F_DUPFD, 200)
python(f"import os; os.write({high}, b'high')", pass_fds=[high])
show("pass_fds high", os.read(read_end, 100))
with tempfile.TemporaryFile() as file:
    subprocess.run(["echo", "into a file"], stdout=file)
    file.seek(0)
    show("file", file.read())
signal.signal(signal.SIGINT, signal.SIG_IGN)
IGNORED = "import signal; print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN, signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN)"
show("ignored signals stay ignored", python(IGNORED).stdout)
show("restore_signals", python(IGNORED, restore_signals=False).stdout)
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
show("mask is inherited", python("import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, []))").stdout)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})

# --- errors ---
os.makedirs("no_access", exist_ok=True)
with open("plain_file", "w") as file:
    file.write("not executable")
with open("no_interpreter", "w") as file:
    file.write("#!/nonexistent/interpreter\n")
with open("garbage", "wb") as file:
    file.write(b"\x7fELF garbage")
os.chmod("no_interpreter", 0o755)
os.chmod("garbage", 0o755)
for name in ("/nonexistent", "nonexistent_in_path", "/", "./plain_file", "./no_interpreter", "./garbage", "./plain_file/below", "x" * 300,
             "/proc/self/exe/below"):
    attempt(name[:30], lambda: subprocess.run([name]).returncode)
attempt("bad cwd", lambda: subprocess.run(["true"], cwd="/nonexistent"))
attempt("long argument", lambda: subprocess.run(["true", "x" * 131072]))
attempt("longest argument", lambda: subprocess.run(["true", "x" * 131071]).returncode)
attempt("many arguments", lambda: subprocess.run(["true"] + ["x" * 1000] * 4000))
attempt("1.5 MB of arguments", lambda: len(subprocess.check_output(["echo"] + ["x" * 1000] * 1500)))
attempt("check", lambda: subprocess.run(["false"], check=True))
attempt("timeout", lambda: subprocess.run(["sleep", "60"], timeout=0.05))
attempt("timeout with output", lambda: subprocess.run("echo early; exec sleep 60", shell=True, capture_output=True, timeout=0.3))

# --- other ways to start a program ---
for way in ("posix_spawn", "posix_spawnp", "spawnv", "fork_exec", "execvpe"):
    program = "true" if way in ("posix_spawnp", "execvpe") else "/bin/true"
    if way.startswith("posix_spawn"):
        pid = getattr(os, way)(program, [program], os.environ)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    elif way == "spawnv":
        status = os.spawnv(os.P_WAIT, program, [program])
    else:
        pid = os.fork()
        if pid == 0:
            os.execvpe(program, [program], os.environ)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    show(way, status)
attempt("posix_spawn of nothing", lambda: os.posix_spawn("/nonexistent", ["x"], os.environ))
attempt("posix_spawn of a directory", lambda: os.posix_spawn("/", ["x"], os.environ))
read_end, write_end = os.pipe()
pid = os.posix_spawn("/bin/sh", ["sh", "-c", "echo actions; exec cat <&5; "], os.environ,
                     file_actions=[(os.POSIX_SPAWN_DUP2, write_end, 1), (os.POSIX_SPAWN_OPEN, 5, "/proc/sys/kernel/ostype", os.O_RDONLY, 0),
                                   (os.POSIX_SPAWN_CLOSE, read_end)],
                     setsigdef=[signal.SIGPIPE], setsigmask=[], setpgroup=0)
os.close(write_end)
os.waitpid(pid, 0)
show("file actions", os.read(read_end, 100))
fd = os.open("/bin/true", os.O_RDONLY)
pid = os.fork()
if pid == 0:
    os.execve(fd, ["true"], {})
show("fexecve", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
pid = os.fork()
if pid == 0:  # exec from a thread other than the first: the new program has the process's id
    threading.Thread(target=lambda: os.execv(PYTHON, [PYTHON, "-c", "import os; print(os.getpid(), os.getppid())"])).start()
    threading.Event().wait()
    os._exit(99)
os.waitpid(pid, 0)

# --- waiting and signalling ---
child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
show("poll", child.poll())
child.stdin.write(b"echoed")
show("communicate", child.communicate())
for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGSTOP):
    child = subprocess.Popen(["sleep", "60"])
    child.send_signal(number)
    if number == signal.SIGSTOP:
        show("stopped", os.WIFSTOPPED(os.waitpid(child.pid, os.WUNTRACED)[1]))
        child.send_signal(signal.SIGCONT)
        show("continued", os.WIFCONTINUED(os.waitpid(child.pid, os.WCONTINUED)[1]))
        child.kill()
    show("ended by", child.wait())
child = subprocess.Popen(["sh", "-c", "exit 8"])
info = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
show("waitid", info.si_status, info.si_code == os.CLD_EXITED, info.si_pid == child.pid, child.wait())
pidfd = os.pidfd_open((child := subprocess.Popen(["sleep", "60"])).pid)
signal.pidfd_send_signal(pidfd, signal.SIGTERM)
show("pidfd", os.waitid(os.P_PIDFD, pidfd, os.WEXITED).si_status)
child.returncode = 0
threads = [threading.Thread(target=lambda i=i: results.append(subprocess.call(["sh", "-c", f"exit {i}"]))) for i in range(20)]
results = []
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
show("from 20 threads", sorted(results))
try:
    os.wait()
except ChildProcessError:
    show("no child is left")
sys.exit(subprocess.call([PYTHON, "-c", "import sys; sys.exit(19)"]))
