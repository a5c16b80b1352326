#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `redoubt completion`: the bash script completes commands, subcommands, options, files and programs; every option that a --help
# shows is completed; the other shells' scripts name the same, and are read by their shell where that is installed.
#
# Usage: completion.sh BUILD_DIRECTORY

set -euo pipefail

redoubt=$(readlink -f "$1")/bin/redoubt
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-completion.XXXXXX")
trap 'rm -rf "$T"' EXIT
cd "$T"
touch session.yml
"$redoubt" completion bash >redoubt.bash
"$redoubt" completion zsh >_redoubt
"$redoubt" completion fish >redoubt.fish

failures=0
completes() {  # WANTED WORD...: the last word is what is typed so far; WANTED are all proposals, or a part with ... at the end
  local wanted=$1 found
  shift
  # shellcheck disable=SC2016  # bash -c expands them
  found=$(bash -c 'source ./redoubt.bash; shift 0; COMP_WORDS=(redoubt "$@"); COMP_CWORD=$#; _redoubt; echo "${COMPREPLY[*]}"' - "$@")
  if [[ $found == "$wanted" || ($wanted == *... && " $found " == *" ${wanted%...} "*) ]]; then
    echo "ok    $*"
  else
    echo "FAIL  $*: expected \"$wanted\", found \"$found\""
    failures=$((failures + 1))
  fi
}

completes "session..." ""
completes "session" ses
completes "check hash sign create update read list value volumes forget-volume" session ""
completes "create" session cr
completes "--cas --cas-key" session create --ca
completes "--predecessor" session update x.yml --p
completes "--predecessor" session update --json x.yml --cas localhost:1 --p
completes "session.yml" session create --sign sess
completes "" session create --cas ""
completes "--key" cas attest --k
completes "--session" run --ses
completes "sha256sum..." run sha256
completes "--version..." -
completes "" session check nothing-such

# Everything that --help shows, on every level.
all_options() {  # WORD...
  "$redoubt" "$@" --help | sed -n '/^Options:/,/^$/p' | grep -oE '^  (-[a-zA-Z],)?--[a-z-]+' | grep -oE -- '--[a-z-]+' || true
}
subcommands() { "$redoubt" "$@" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p'; }
check_level() {  # WORD...
  local option child
  for option in $(all_options "$@"); do
    completes "$option..." "$@" "$option"
    grep -q -- "'$option:" _redoubt || { echo "FAIL  zsh has no $option"; failures=$((failures + 1)); }
    grep -q -- " -l ${option#--} " redoubt.fish || { echo "FAIL  fish has no $option"; failures=$((failures + 1)); }
  done
  for child in $(subcommands "$@"); do
    completes "$child..." "$@" "$child"
    check_level "$@" "$child"
  done
}
check_level | grep -v '^ok' && failures=$((failures + 1))

for shell in zsh fish; do
  file=$([[ $shell == zsh ]] && echo _redoubt || echo redoubt.fish)
  if type -P "$shell" >/dev/null; then
    "$shell" -n "$file" || { echo "FAIL  $shell cannot read its script"; failures=$((failures + 1)); }
  else
    echo "skip  $shell is not installed: its script is not read"
  fi
done
status=0
"$redoubt" completion tcsh 2>error || status=$?
[[ $status == 2 && $(<error) == *'found "tcsh"'* ]] || { echo "FAIL  unknown shell"; failures=$((failures + 1)); }

((failures == 0))
