#!/usr/bin/env bash
# Proves: gfortran compiles a program with OpenMP under the shim to the same bytes, and the program (16 threads that spin and sleep on
# futexes, tasks, nested teams, files, a child) prints and returns the same.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need gfortran cksum

# shellcheck disable=SC2016  # the inner shell's
both compile /bin/sh -c 'gfortran -O2 -fopenmp "$1" -o program && cksum <program' sh "$PROGRAMS/openmp.f90"
cp "$WORK/program" "$T/program"  # as compiled under the shim

E2E_STATUS=21
both program "$T/program"

expect_calls gfortran
expect_calls "$(gcc -print-prog-name=f951)"
expect_calls "$T/program"
