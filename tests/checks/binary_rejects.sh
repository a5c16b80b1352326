#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A check that never fails proves nothing: tools/check-runtime-binary must refuse a program that breaks each of its rules. The
# program is an ordinary static one, with a system call of ours outside the gate, linked as the runtime must not be.
#
# Usage: binary_rejects.sh SOURCE_DIRECTORY

set -euo pipefail

check=$(readlink -f "$1")/tools/check-runtime-binary
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-binary.XXXXXX")
trap 'rm -rf "$T"' EXIT
cd "$T"
objects=src/shim/files/CMakeFiles/files.dir
mkdir -p "$objects" src/shim/gate/CMakeFiles/gate.dir

call='{ long r = 39; asm volatile("syscall" : "+a"(r) : : "rcx", "r11", "memory"); return r; }'
echo "extern \"C\" long outside() $call" >outside.cc
echo "extern \"C\" long inside() $call" >inside.cc
cat >main.cc <<'C'
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
extern "C" long outside();
extern "C" long inside();
int main() {
  setlocale(LC_ALL, "");
  printf("%ld %s\n", outside() + inside(), getenv("HOME"));
}
C
g++ -O1 -fPIE -c outside.cc -o "$objects/outside.cc.o"
g++ -O1 -fPIE -c inside.cc -o src/shim/gate/CMakeFiles/gate.dir/inside.cc.o
g++ -O1 -fPIE -c main.cc -o main.cc.o
ar rcs src/shim/files/libfiles.a "$objects/outside.cc.o"
g++ -static-pie -Wl,-Map,bad.map -Wl,-z,execstack,-z,norelro,-z,lazy -o bad \
  main.cc.o src/shim/files/libfiles.a src/shim/gate/CMakeFiles/gate.dir/inside.cc.o 2>/dev/null
g++ -o dynamic -Wl,-Map,dynamic.map main.cc.o src/shim/files/libfiles.a src/shim/gate/CMakeFiles/gate.dir/inside.cc.o

failures=0
expect() {  # WHERE PATTERN
  if grep -qE -- "$2" "$1"; then
    echo "ok    refused: $2"
  else
    echo "FAIL  not refused: $2"
    failures=$((failures + 1))
  fi
}

if "$check" bad bad.map . >report; then echo "FAIL  a bad binary passed"; failures=1; fi
expect report '^FAIL  stack not executable'
expect report '^FAIL  relocations read-only'
expect report '^FAIL  bound at start'
expect report 'src/shim/files/outside.cc: syscall in outside'
expect report 'libc.a\(getcwd.o\) getcwd \(not listed\): getcwd'
expect report '  __gconv_open: '
expect report '  _dl_open: '
expect report '  setlocale: '
expect report '  getenv: '
expect report '  __dcigettext: '
expect report '<- main.cc.o'
expect report 'refers to __tunables_init'
if grep -q 'src/shim/gate/inside.cc' report; then
  echo "FAIL  the gate's own call was refused"
  failures=$((failures + 1))
fi

if "$check" dynamic dynamic.map . >report; then echo "FAIL  a dynamic binary passed"; failures=$((failures + 1)); fi
expect report '^FAIL  no interpreter'
expect report '^FAIL  no shared library'

((failures == 0))
