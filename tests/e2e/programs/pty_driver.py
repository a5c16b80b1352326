"""Plays a person at a terminal: runs COMMAND (an interactive bash) as the session leader of a fresh pty, types what the
steps below say, waits each time for what a person would wait for, and prints the transcript with process ids removed.

Nothing is timed: before ^C or ^Z is typed, the driver has seen that the job owns the terminal and that it takes signals.
"""
import os
import pty
import re
import select
import signal
import struct
import fcntl
import sys
import termios
import time

DEADLINE = 30.0
PROMPT = "<ready>"  # set by the shell's start-up file


class Terminal:
    def __init__(self, command):
        self.transcript = ""
        self.seen = 0  # how much of the transcript has been waited for
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            # Wider than any line typed, so that readline never draws one again; before the shell starts, or SIGWINCH would come.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
            os.execv(command[0], command)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def read_more(self, limit):
        if not select.select([self.master], [], [], max(0.0, limit - time.monotonic()))[0]:
            self.give_up("no more output")
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: the last process closed the terminal
            data = b""
        self.transcript += data.decode(errors="replace")
        return bool(data)

    def give_up(self, why):
        sys.exit(f"{why}; waiting after:\n{self.transcript}")

    def wait_for(self, text):
        limit = time.monotonic() + DEADLINE
        while text not in self.transcript[self.seen:]:
            if not self.read_more(limit):
                self.give_up(f"terminal closed before {text!r}")
        self.seen = self.transcript.index(text, self.seen) + len(text)

    def foreground(self):
        return os.tcgetpgrp(self.master)

    def wait_for_foreground_job(self):
        """Until another process group than the shell's owns the terminal."""
        limit = time.monotonic() + DEADLINE
        while self.foreground() == self.pid:
            if time.monotonic() > limit:
                self.give_up("no job came to the foreground")
            time.sleep(0.005)

    def command(self, line):
        """A command that comes back to the prompt by itself."""
        self.type(line + "\n")
        self.wait_for(PROMPT)

    def job(self, line, ready, key):
        """A command that stays in the foreground; `key` is typed when it has said that it is ready."""
        self.type(line + "\n")
        self.wait_for(f"\n{ready}\r\n")
        self.wait_for_foreground_job()
        self.type(key)
        self.wait_for(PROMPT)

    def finish(self):
        limit = time.monotonic() + DEADLINE
        while self.read_more(limit):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def play(term):
    """$JOB is job.pl, which says "up" when it can be signalled and "continued" when it was."""
    term.wait_for(PROMPT)
    term.command("tty >/dev/null && echo a terminal; stty size; echo $-")
    # ^C interrupts a foreground program, and a pipeline of several.
    term.job("perl $JOB", "up", "\x03")
    term.command("echo status $?")
    term.job("perl $JOB | cat", "up", "\x03")
    term.command("echo status ${PIPESTATUS[*]}")
    # A program that handles ^C itself; its handler must see the signal once.
    term.job("perl $JOB handles", "up", "\x03")
    term.command("echo status $?")
    # ^\ ends with SIGQUIT.
    term.job("perl $JOB", "up", "\x1c")
    term.command("echo status $?")
    # ^Z stops, fg continues, ^C ends.
    term.job("perl $JOB reports", "up", "\x1a")
    term.command("echo status $?")
    term.command("jobs")
    term.job("fg", "continued", "\x1a")
    term.job("fg %1", "continued", "\x03")
    term.command("echo status $?; jobs")
    # A stopped job goes on in the background and ends there.
    term.job("perl $JOB finishes", "up", "\x1a")
    term.command("jobs; bg %1")
    term.command("touch finish; wait %1; echo status $?")
    term.command("jobs")
    # Several jobs, current and previous, stopped and killed by job number.
    term.command("perl $JOB quiet a & perl $JOB quiet b & perl $JOB quiet c &")
    term.command("until [ -e a -a -e b -a -e c ]; do sleep 0.01; done; jobs")
    term.command("kill %1; wait %1; echo status $?")
    term.command("kill -STOP %2; until [ -n \"$(jobs -s)\" ]; do :; done; jobs")
    # Sends SIGTERM, then SIGCONT.
    term.command("pid=$(jobs -p %2); kill %2; while kill -0 $pid 2>/dev/null; do sleep 0.01; done; jobs")
    term.command("disown %3; jobs; kill $!; echo disowned")
    # A background job that reads the terminal is stopped by SIGTTIN.
    term.command("cat & until [ -n \"$(jobs -s)\" ]; do :; done; jobs")
    term.job("fg", "cat", "typed\n\x04")
    term.command("echo status $?")
    # tostop: a background job that writes is stopped by SIGTTOU.
    term.command("stty tostop; echo from behind & until [ -n \"$(jobs -s)\" ]; do :; done; jobs; stty -tostop")
    term.command("fg")
    # A window that changes its size: SIGWINCH reaches the shell.
    term.command("trap 'resized=yes' WINCH")
    term.type("echo waiting; until [ \"$resized\" ]; do :; done; trap - WINCH; stty size\n")
    term.wait_for("\nwaiting\r\n")
    term.resize(40, 220)
    term.wait_for(PROMPT)
    # Sessions and groups as a program sees them.
    term.command("ps -o pgid=,tpgid= -p $$ | { read -r a b; [ $a = $$ ] && [ $b != $a ] && echo groups differ; }")
    term.command("setsid -w sh -c 'exec 3</dev/tty' 2>&1 | grep -c 'No such device'")
    # Interactive exit: once refused for the stopped job, then with the status given.
    term.job("perl $JOB", "up", "\x1a")
    term.command("exit 3")
    term.command("pid=$(jobs -p %1); kill -KILL %1; while kill -0 $pid 2>/dev/null; do sleep 0.01; done; jobs")
    term.type("exit 17\n")
    return term.finish()


def main():
    signal.alarm(100)
    term = Terminal(sys.argv[1:])
    status = play(term)
    text = term.transcript.replace("\r", "")
    text = re.sub(r"^(\[\d+\])[ ]\d+$", r"\1 PID", text, flags=re.M)
    # Which job is the current one, when one that was stopped is killed, depends on which of two signals is reported first.
    text = re.sub(r"^(\[\d+\])[+-](.*quiet [bc])", r"\1 \2", text, flags=re.M)
    # A stopped job that is killed: bash may have time to see it stopped once more.
    text = re.sub(r"\n\[1\]\+  Stopped +perl \$JOB\n(?=\[1\]\+  Killed)", "", text)
    print(text)
    print(f"exit status {status}")


main()
