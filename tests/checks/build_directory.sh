#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A tree that was moved or copied with its build directory: ./quickstart and ./test say what to do, and do nothing else. In a copy of
# their files with programs that build nothing.
#
# Usage: build_directory.sh SOURCE_DIRECTORY

set -euo pipefail

source=$(readlink -f "$1")
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-build-directory.XXXXXX")
trap 'rm -rf "$T"' EXIT
tree="$T/a tree"
mkdir -p "$tree/tools" "$tree/build" "$T/programs" "$T/elsewhere"
cp "$source/quickstart" "$source/test" "$source/CMakePresets.json" "$tree"
cp "$source/tools/check-build-directory" "$tree/tools"
printf '#!/bin/sh\nexit 0\n' >"$tree/tools/install-packages"
printf '#!/bin/sh\necho reached %s; exit 9\n' cmake >"$T/programs/cmake"
printf '#!/bin/sh\nexec "$@"\n' >"$T/programs/sudo"
chmod 755 "$tree/tools/install-packages" "$T/programs"/*
ln -s "$tree" "$T/link"
export PATH=$T/programs:$PATH

failures=0
expect() {  # STATUS PATTERN COMMAND...: of standard output and error together
  local wanted=$1 pattern=$2 status=0 output
  shift 2
  output=$("$@" 2>&1 </dev/null) || status=$?
  # shellcheck disable=SC2053  # a pattern
  if [[ $status == "$wanted" && $output == $pattern ]]; then
    echo "ok    $*: $pattern"
  else
    echo "FAIL  $*: expected $wanted and $pattern, found $status and: $output"
    failures=$((failures + 1))
  fi
}
made_for() { printf 'A:STRING=b\nCMAKE_HOME_DIRECTORY:INTERNAL=%s\nZ:STRING=y\n' "$1" >"$tree/build/CMakeCache.txt"; }
refused() {
  expect 1 "*expected*made for $tree, found build, made for ${1:-nothing}; remove build*" "$tree/quickstart"
  expect 2 "*expected*made for $tree, found $tree/build, made for ${1:-nothing}; remove $tree/build" "$tree/test"
}
built() {
  expect 1 '*cmake --preset release failed*reached cmake*' "$tree/quickstart"
  expect 2 '*reached cmake*cmake --preset release failed*' "$tree/test"
}

for other in "$T/elsewhere" "$T/none" ''; do
  made_for "$other"
  refused "$other"
done
for same in "$tree" "$T/link" "$tree/build/.."; do
  made_for "$same"
  built
done
rm "$tree/build/CMakeCache.txt"
built
rmdir "$tree/build"
built

((failures == 0))
