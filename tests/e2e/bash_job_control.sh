#!/usr/bin/env bash
# Proves: an interactive bash at a terminal behaves the same under the shim: ^C, ^\ and ^Z reach the foreground job, jobs, fg,
# bg, kill %1, wait and disown work, background readers are stopped, and the exit status is the shell's. A driver at the other
# end of the pty types and records; with and without readline.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need /usr/bin/python3 perl ps setsid stty

# The driver is the person at the terminal, so it is never protected: only the shell that it starts is.
at_terminal() {
    local mode=$1
    shift
    launcher "$mode"
    (cd "$WORK" && exec timeout -k 5 "$E2E_LIMIT" \
        /usr/bin/python3 "$PROGRAMS/pty_driver.py" "${LAUNCH[@]}" "$@") </dev/null 2>"$T/driver.$mode.err"
}

export JOB=$PROGRAMS/job.pl
echo "PS1='<ready>'" >"$T/bashrc"
both_workloads plain at_terminal /bin/bash --rcfile "$T/bashrc" --noediting -i
both_workloads readline at_terminal /bin/bash --rcfile "$T/bashrc" -i

expect_calls /bin/bash 2
expect_calls stty
expect_calls cat
