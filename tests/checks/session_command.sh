#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `redoubt session`: exit statuses and which stream gets what. What the check finds is tested in src/policy.
#
# Usage: session_command.sh BUILD_DIRECTORY SOURCE_DIRECTORY

set -euo pipefail

redoubt=$(readlink -f "$1")/bin/redoubt
data=$(readlink -f "$2")/src/policy/testdata
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-session.XXXXXX")
trap 'rm -rf "$T"' EXIT
cd "$T"
printf 'name: s\nversion: "0.3"\nsecretz: []\n' >bad.yml
printf 'name: s\nversion: "0.3"\n' >good.yml

failures=0
expect() {  # NAME STATUS OUTPUT-PATTERN ERROR-PATTERN COMMAND... (patterns are globs over all of the stream)
  local name=$1 wanted=$2 output_pattern=$3 error_pattern=$4 status=0 output error
  shift 4
  output=$("$@" 2>error) || status=$?
  error=$(<error)
  # shellcheck disable=SC2053  # the patterns are meant as patterns
  if [[ $status == "$wanted" && $output == $output_pattern && $error == $error_pattern ]]; then
    echo "ok    $name"
  else
    echo "FAIL  $name: found status $status, \"$output\", \"$error\""
    failures=$((failures + 1))
  fi
}

expect "valid" 0 'good.yml: the session "s" is valid' '' "$redoubt" session check good.yml
expect "valid, JSON" 0 '\[\]' '' "$redoubt" session check --json good.yml
expect "mistake" 1 'bad.yml:3:1: error: *did you mean "secrets"\?' '' "$redoubt" session check bad.yml
expect "mistake, JSON" 1 '\[*"line": 3,*\]' '' "$redoubt" session check bad.yml --json
expect "standard input" 0 'standard input: *' '' bash -c "$redoubt session check - <good.yml"
expect "hash" 0 "$(head -n 1 "$data/whole.golden")" '' "$redoubt" session hash "$data/whole.yml"
expect "hash of a mistake" 1 '' '*3:1: error: *' "$redoubt" session hash bad.yml
expect "no such file" 2 '' '*found "none.yml": No such file*' "$redoubt" session check none.yml
expect "a directory" 2 '' '*it is a directory*' "$redoubt" session hash "$T"
expect "without end" 1 '*expected a session of at most*' '' "$redoubt" session check /dev/zero
expect "no subcommand" 2 '' '*redoubt session --help*' "$redoubt" session
expect "help" 0 '*Examples:*' '' "$redoubt" session check --help
exit $((failures > 0))
