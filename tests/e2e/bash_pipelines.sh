#!/usr/bin/env bash
# Proves: a bash script full of pipelines, subshells, here-documents, substitutions, traps and background jobs prints and
# returns the same under the shim, and every program that it starts runs under the shim too.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"

E2E_STATUS=21
both pipelines /bin/bash "$PROGRAMS/pipelines.sh"

expect_calls /bin/bash 3
for program in ls seq sort awk head cat wc env; do
    expect_calls "$program"
done
