#!/usr/bin/env bash
# Proves: gcc and g++ (with their chains of cc1, as, collect2, ld and temporary files) and make -j2 build the same programs to the
# byte, and say the same about wrong ones, under the shim.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need gcc g++ make ar nm strip

# make writes the process id of a job server nowhere; gcc's temporary names are random.
normalise() { sed -E 's|/tmp/cc[A-Za-z0-9]{6}|/tmp/ccRANDOM|g'; }
E2E_MERGE=1
both compile /bin/bash "$PROGRAMS/compile.sh" "$PROGRAMS/project"

expect_calls gcc 8
expect_calls g++ 2
expect_calls "$(gcc -print-prog-name=cc1)" 8
expect_calls "$(gcc -print-prog-name=cc1plus)" 2
expect_calls "$(command -v ld)" 4
expect_calls make 6
