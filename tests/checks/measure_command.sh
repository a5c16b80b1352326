#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `redoubt measure`: exit statuses, which stream gets what, and what an observation leaves out. That the lists are complete is
# shown by tests/e2e/measure.sh.
#
# Usage: measure_command.sh BUILD_DIRECTORY

set -euo pipefail

redoubt=$(readlink -f "$1")/bin/redoubt
T=$(mktemp -d /var/tmp/redoubt-measure.XXXXXX)  # not /tmp, which observations leave out
trap 'rm -rf "$T"' EXIT
mkdir "$T/work" "$T/data"
cd "$T/work"
echo one >"$T/data/one"
echo two >own
printf '#!/bin/sh\ncat own\n' >script
chmod +x script
echo neither >neither
chmod +x neither
ln -s /nowhere "$T/data/dangling"
mkfifo "$T/data/fifo"

failures=0
expect() {  # NAME STATUS OUTPUT-PATTERN ERROR-PATTERN COMMAND... (patterns are globs over all of the stream)
  local name=$1 wanted=$2 output_pattern=$3 error_pattern=$4 status=0 output error
  shift 4
  output=$(timeout 60 "$@" 2>error </dev/null) || status=$?
  error=$(<error)
  # shellcheck disable=SC2053  # the patterns are meant as patterns
  if [[ $status == "$wanted" && $output == $output_pattern && $error == $error_pattern ]]; then
    echo "ok    $name"
  else
    echo "FAIL  $name: found status $status, \"$output\", \"$error\""
    failures=$((failures + 1))
  fi
}
lacks() {  # NAME PATTERN COMMAND...: standard output does not match
  local name=$1 pattern=$2 output
  shift 2
  output=$(timeout 60 "$@" 2>/dev/null </dev/null) || output=failed
  # shellcheck disable=SC2053
  if [[ $output != $pattern && $output != failed ]]; then
    echo "ok    $name"
  else
    echo "FAIL  $name: found \"$output\""
    failures=$((failures + 1))
  fi
}

measure=("$redoubt" measure)
expect "a program" 0 '*code:*/ld-linux-x86-64.so.2*' '' "${measure[@]}" cat
expect "a script" 0 "*$T/work/script: *" '*also reads*' "${measure[@]}" ./script
expect "JSON" 0 '*"why": "the program"*' '' "${measure[@]}" --json cat
expect "a service" 0 'services:*- name: x*code:*' '' "${measure[@]}" cat --service x
expect "quiet hint is a warning" 0 '*' '*also reads*' "${measure[@]}" -q sh
expect "no hint with --with" 0 '*' '' "${measure[@]}" sh --with own
expect "a tree" 0 "*$T/data/dangling: \"link:/nowhere\"*$T/data/one: *" '*left out *fifo*' "${measure[@]}" cat --with "$T/data"
expect "to a file" 0 '' '' "${measure[@]}" cat -o list.yml --manifest list.manifest
[[ -s list.yml && -s list.manifest ]] || { echo "FAIL  files were not written"; failures=$((failures + 1)); }
expect "output of the program is not the list" 0 '*code:*' '*two*' "${measure[@]}" cat --observe -- own
lacks "output of the program is not the list" '*two*' "${measure[@]}" cat --observe -- own
expect "observed" 0 "*/etc/hostname: *" '*running *unprotected*added /etc/hostname (opened by cat)*review*' "${measure[@]}" cat --observe -- /etc/hostname
lacks "working directory" '*/etc/hostname*' env -C /etc "${measure[@]}" cat --observe -- hostname
expect "working directory, said" 0 '*' '*below the working directory, such as /etc/hostname*' env -C /etc "${measure[@]}" cat --observe -- hostname
expect "working directory, asked for" 0 '*/etc/hostname: *' '*' env -C /etc "${measure[@]}" cat --working-directory --observe -- hostname
expect "temporary directories, said" 0 '*' '*below the temporary directories*' "${measure[@]}" ./script --observe
lacks "what was written" '*/written*' "${measure[@]}" sh --observe -- -c 'echo x >written; cat written'
expect "what was executed" 0 '*/head: *' '*' "${measure[@]}" sh --observe -- -c 'head -c 1 /etc/hostname'
expect "failing program" 0 '*code:*' '*ended with status 3*' "${measure[@]}" sh --observe -- -c 'exit 3'
expect "endless program" 0 '*code:*' '*' "${measure[@]}" sleep --for 1 --observe -- 1000
expect "not found" 127 '' '*no-such-program*not found*' "${measure[@]}" no-such-program
expect "not executable" 126 '' '*permission denied*' "${measure[@]}" ./own
expect "neither program nor script" 1 '' '*neither a program*' "${measure[@]}" ./neither
expect "nothing there" 1 '' '*nothing" does not exist*' "${measure[@]}" cat --with nothing
expect "/proc" 1 '' '*cannot be measured*' "${measure[@]}" cat --with /proc/self/maps
expect "a path no session can hold" 1 '' '*a session cannot name*' bash -c "mkdir -p odd; : >odd/\$'a\nb'; $redoubt measure cat --with odd"
expect "arguments without --observe" 2 '' '*--observe*' "${measure[@]}" cat own
expect "--for without --observe" 2 '' '*--observe*' "${measure[@]}" cat --for 1
expect "a bad service name" 2 '' '*as service*' "${measure[@]}" cat --service 'a b'
expect "no program" 2 '' '*redoubt measure --help*' "${measure[@]}"
expect "cannot write" 125 '' '*cannot write*' "${measure[@]}" cat -o /nowhere/list
expect "help" 0 '*Examples:*' '' "${measure[@]}" --help
exit $((failures > 0))
