#!/usr/bin/env bash
# Proves: git (many short processes, locks by rename, mmapped packs, pipes to and from itself, hooks, threads that pack) makes the
# same objects and prints the same under the shim; a repository made protected is whole for a native git.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need git tar

E2E_STATUS=0
both repository /bin/bash "$PROGRAMS/repository.sh"

# $WORK is the protected run's.
for repository in first cloned bare.git; do
    git -C "$WORK/$repository" fsck --full --strict >"$T/fsck.out" 2>&1 || fail "natively, $repository is damaged: $(<"$T/fsck.out")"
done

expect_calls git 60
