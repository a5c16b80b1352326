#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The command `redoubt` against a stand-in for the runtime that prints the arguments it gets: the contract between the two,
# exit statuses, what goes to which stream, and that every option is in --help.
#
# Usage: command_line.sh BUILD_DIRECTORY

set -euo pipefail

T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-command-line.XXXXXX")
trap 'rm -rf "$T"' EXIT
mkdir "$T/bin" "$T/work"
cp "$(readlink -f "$1")/bin/redoubt" "$T/bin/redoubt"
cat >"$T/bin/redoubt-run" <<'SH'
#!/bin/sh
for argument in "$@"; do printf '[%s]' "$argument"; done
echo
exit "${STAND_IN_STATUS:-0}"
SH
chmod 755 "$T/bin/redoubt-run"
export PATH=$T/path:/usr/bin:/bin
redoubt=$T/bin/redoubt
cd "$T/work"

failures=0
expect() {  # NAME STATUS OUTPUT-PATTERN ERROR-PATTERN COMMAND... (patterns are globs over all of the stream)
  local name=$1 wanted=$2 output_pattern=$3 error_pattern=$4 status=0 output error
  shift 4
  output=$("$@" 2>"$T/error") || status=$?
  error=$(<"$T/error")
  # shellcheck disable=SC2053  # the patterns are meant as patterns
  if [[ $status == "$wanted" && $output == $output_pattern && $error == $error_pattern ]]; then
    echo "ok    $name"
  else
    echo "FAIL  $name: expected status $wanted, output $output_pattern, error $error_pattern"
    printf '      found %s, "%s", "%s"\n' "$status" "$output" "$error"
    failures=$((failures + 1))
  fi
}

ls=$(command -v ls)
expect "contract" 0 "\[--launch\]\[--program=$ls\]\[--\]\[ls\]\[-l\]" '' "$redoubt" run -q -- ls -l
expect "options of the program are its own" 0 "\[--launch\]\[--program=$ls\]\[--\]\[ls\]\[--trace\]\[--\]\[-q\]\[\]\[run\]" '' \
  "$redoubt" run -q ls --trace -- -q '' run
expect "trace and stats" 0 "\[--launch\]\[--trace\]\[--stats\]\[--program=$ls\]\[--\]\[ls\]" '' \
  "$redoubt" run --quiet --trace --stats ls
expect "output files are absolute and imply their switch" 0 \
  "\[--launch\]\[--trace\]\[--trace-output=$T/work/t\]\[--stats\]\[--stats-output=/s\]\[--program=$ls\]\[--\]\[ls\]" '' \
  "$redoubt" run -q --trace-output t --stats-output=/s ls
expect "a filter implies --trace" 0 "\[--launch\]\[--trace\]\[--trace-filter=%file,!open\]\[--program=$ls\]\[--\]\[ls\]" '' \
  "$redoubt" run -q --trace-filter '%file,!open' ls
expect "a relative program stays relative" 0 "\[--launch\]\[--program=../bin/redoubt\]\[--\]\[../bin/redoubt\]" '' \
  "$redoubt" run -q ../bin/redoubt
expect "the status is the program's" 3 '*' '' env STAND_IN_STATUS=3 "$redoubt" run -q ls
expect "the notice is on standard error" 0 '\[--launch\]*' '*UNATTESTED*never obtain attested secrets*NOT protected*' "$redoubt" run ls
expect "no colour without a terminal" 0 '*' $'[!\e]*' env TERM=xterm "$redoubt" run ls

expect "program not found" 127 '' '*"no-such-program" not found in PATH*' "$redoubt" run -q no-such-program
expect "path not found" 127 '' '*"./no-such-program" not found*' "$redoubt" run -q ./no-such-program
expect "a directory" 126 '' '*is a directory*' "$redoubt" run -q /usr
expect "no permission" 126 '' '*permission denied*' "$redoubt" run -q /etc/passwd
expect "a command's name is a program's name" 127 '' '*"doctor" not found*' "$redoubt" run -q doctor
expect "no program" 2 '' '*expected a program*' "$redoubt" run
expect "unknown option" 2 '' '*--bogus*' "$redoubt" run --bogus ls
expect "option without value" 2 '' '*--trace-output*' "$redoubt" run --trace-output
expect "a call that there is not" 2 '' '*--trace-filter: expected a system call*found "opneat"; did you mean "openat"[?]*' "$redoubt" run --trace-filter read,opneat ls
expect "a family that there is not" 2 '' '*found "!%fle"; did you mean "%file"[?]*' "$redoubt" run --trace-filter '!%fle' ls
expect "no descriptor" 2 '' '*found "fd=x"*' "$redoubt" run --trace-filter fd=x ls
expect "an empty filter" 2 '' '*--trace-filter: expected*found ""*' "$redoubt" run --trace-filter '' ls
expect "an empty word" 2 '' '*found ""*' "$redoubt" run --trace-filter read, ls
expect "a wrong filter of an attested run" 2 '' '*found "opneat"*' "$redoubt" run --session s/x --trace-filter opneat
expect "unknown command" 2 '' '*expected a command*"bogus"*' "$redoubt" bogus
expect "no command" 2 '' '*expected a command*' "$redoubt"
expect "an option before the command" 2 '' '*expected an option of redoubt, found "--x"*Try: redoubt --help' "$redoubt" --x volume
expect "an option before the command's command" 2 '' '*expected an option of redoubt, found "--x"*' "$redoubt" --x volume ls --y d
expect "an option between the two" 2 '' '*expected an option of redoubt volume, found "--x"*Try: redoubt volume --help' "$redoubt" volume --x ls d
expect "an option of both" 2 '' '*expected an option of redoubt volume ls, found "--x"*Try: redoubt volume ls --help' "$redoubt" volume ls --x d
for option in --key-file --key-file=k -k -kk --long; do
  expect "$option before its command" 2 '' "*expected the options of redoubt volume ls after it, found \"$option\" before it*Try: redoubt volume ls $option ..." \
    "$redoubt" volume "$option" k ls d
  expect "$option before both" 2 '' "*expected the options of redoubt volume ls after it, found \"$option\" before it*" "$redoubt" "$option" k volume ls d
done
expect "an option before run" 2 '' '*expected the options of redoubt run after it, found "--quiet" before it*Try: redoubt run --quiet ...' "$redoubt" --quiet run ls
expect "an option of another command" 2 '' '*expected an option of redoubt volume, found "--recursive"*' "$redoubt" volume --recursive stat d
expect "an option of no command" 2 '' '*expected an option of redoubt volume, found "--key-file"*' "$redoubt" volume --key-file k lss d
expect "a word before the command" 2 '' '*expected a command of redoubt volume (create*), found "k"*' "$redoubt" volume k ls d
expect "argument too much" 2 '' '*extra*' "$redoubt" doctor extra

expect "version" 0 'redoubt [0-9]*' '' "$redoubt" --version
expect "help" 0 '*run*doctor*Examples*Exit status*' '' "$redoubt" --help
expect "help of run" 0 '*--quiet*--trace *--trace-filter LIST*%file, %desc*%handled*failed*--trace-output*--stats *--stats-output*Examples*125*126*127*' '' "$redoubt" run --help
expect "help of doctor" 0 '*--json*Examples*Exit status*' '' "$redoubt" doctor --help

# The stand-in is an executable redoubt-run, so what doctor says depends on this machine only; it must be able to run tests.
expect "doctor" 0 '*ok*syscall-dispatch*needed*can run Redoubt*' '' "$redoubt" doctor
expect "doctor --json" 0 '12' '' bash -c \
  "'$redoubt' doctor --json | /usr/bin/python3 -c 'import json,sys; print(sum(set(r) == set(\"name verdict required found needed otherwise\".split()) for r in json.load(sys.stdin)))'"
rm "$T/bin/redoubt-run"
expect "doctor without a runtime" 1 '*fail*runtime*redoubt-run*cannot run Redoubt*' '' "$redoubt" doctor
expect "run without a runtime" 125 '' "*$T/bin/redoubt-run*$T/libexec/redoubt/redoubt-run*" "$redoubt" run -q ls
mkdir -p "$T/libexec/redoubt"
printf '#!/bin/sh\necho libexec\n' >"$T/libexec/redoubt/redoubt-run"
chmod 755 "$T/libexec/redoubt/redoubt-run"
expect "runtime in libexec" 0 'libexec' '' "$redoubt" run -q ls

((failures == 0))
