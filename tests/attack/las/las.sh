#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What somebody on the node would try to get evidence of a program that he does not run. LAS gives evidence to a genuine
# program here, and to none of the tricks; each refusal names its check. Two static copies of one program stand for the
# genuine one and the attacker's (attacker.cc). Needs root, as LAS does.
#
# Usage: las.sh BUILD_DIRECTORY     Exit status: 0 passed, 1 failed, 77 skipped.

set -euo pipefail

build=$(readlink -f "$1")
[[ $(id -u) == 0 ]] || { echo "SKIP: needs root, to be two users and to measure both"; exit 77; }

# Not under a directory that other users cannot enter.
T=$(mktemp -d /tmp/redoubt-las.XXXXXX)
chmod 755 "$T"
las=
fuse=
cleanup() {
  if [[ -n $fuse ]]; then umount -l "$T/mount" 2>/dev/null || true; fi
  if [[ -n $las ]]; then kill -CONT "$las" 2>/dev/null || true; kill "$las" 2>/dev/null || true; fi
  rm -rf "$T"
}
trap cleanup EXIT

failures=0
skipped=0
ok() { echo "ok    $*"; }
fail() {
  echo "FAIL  $*"
  failures=$((failures + 1))
}

redoubt=$build/bin/redoubt
attacker=$build/tests/attack/las/attacker
"$redoubt" simulate create "$T/platform" >/dev/null
socket=$T/las.sock
mkfifo "$T/ready"
"$redoubt" las start --simulated "$T/platform" --socket "$socket" >"$T/ready" 2>"$T/log" &
las=$!
read -r line <"$T/ready"
if [[ $line == "redoubt-las: listening on $socket" ]]; then ok "ready message"; else fail "ready message: $line"; fi
export LAS_PID=$las

cp "$attacker" "$T/genuine"
cp "$attacker" "$T/evil"
echo evil >>"$T/evil"  # other bytes, the same program
genuine_hash=$(sha256sum "$T/genuine" | cut -d' ' -f1)
evil_hash=$(sha256sum "$T/evil" | cut -d' ' -f1)

measurement_of() {  # HEX-OF-EVIDENCE [verify options]: the MRENCLAVE that a relying party sees; empty when it accepts none
  local hex=$1
  shift
  /usr/bin/python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' <<<"$hex" >"$T/quote"
  "$redoubt" attest verify "$T/quote" --collateral "$T/platform/collateral.json" --root "$T/platform/root.pem" --at now \
    --json "$@" >"$T/verdict" || true
  /usr/bin/python3 - "$T/verdict" <<'PYTHON'
import json, sys
verdict = json.load(open(sys.argv[1]))
if verdict["verdict"] == "acceptable":
    print(verdict["sgx"]["mrenclave"], verdict["sgx"]["report_data"][:4])
PYTHON
}

expect_refused() {  # NAME CHECK[|CHECK] COMMAND...: one of them, where it depends on who is faster
  local name=$1 check=$2 answer
  shift 2
  answer=$("$@" 2>&1) || true
  if [[ $answer =~ ^refused\ ($check) ]]; then
    ok "$name: $check"
  else
    fail "$name: expected \"refused $check\", found \"${answer:0:300}\""
  fi
}

expect_evidence() {  # NAME HASH COMMAND...
  local name=$1 hash=$2 answer found
  shift 2
  answer=$("$@" 2>&1) || true
  if [[ $answer != *"evidence "* ]]; then
    fail "$name: expected evidence, found \"${answer:0:300}\""
    return
  fi
  found=$(measurement_of "${answer##*evidence }")
  if [[ $found == "$hash dada" ]]; then ok "$name"; else fail "$name: expected $hash, found $found"; fi
}

# --- what must work ---
expect_evidence "a genuine process gets evidence of its own file" "$genuine_hash" "$T/genuine" "$socket" genuine
expect_evidence "another program gets evidence of its own file" "$evil_hash" "$T/evil" "$socket" genuine
expect_evidence "another user" "$genuine_hash" "$T/genuine" "$socket" as-nobody
mkdir -p "$T/o/upper" "$T/o/work" "$T/o/lower" "$T/o/merged"
cp "$T/genuine" "$T/o/lower/program"
if mount -t overlay overlay -o "lowerdir=$T/o/lower,upperdir=$T/o/upper,workdir=$T/o/work" "$T/o/merged" 2>/dev/null; then
  expect_evidence "on an overlay, as in a container" "$genuine_hash" "$T/o/merged/program" "$socket" genuine
  umount "$T/o/merged" || umount -l "$T/o/merged"
else
  echo "SKIP  on an overlay: may not mount one"
  skipped=$((skipped + 1))
fi
answer=$("$T/genuine" "$socket" debug)
if [[ -z $(measurement_of "${answer#evidence }") && -n $(measurement_of "${answer#evidence }" --tolerate debug-mode) ]]; then
  ok "a debug run gets debug evidence"
else
  fail "a debug run: $(cat "$T/verdict")"
fi

# --- who asks ---
expect_refused "connects, execs the genuine program, a child answers" 'request.credentials|executable.replaced' "$T/evil" "$socket" exec-first "$T/genuine"
expect_refused "answers, then execs the genuine program" process.changed "$T/evil" "$socket" exec-between "$T/genuine"
expect_refused "genuine, answers as another, genuine again" process.exec "$T/genuine" "$socket" exec-twice "$T/evil"
expect_refused "the same, its first address space kept alive" process.exec "$T/genuine" "$socket" exec-twice-shared "$T/evil"
expect_refused "a layout that is not random" process.layout setarch -R "$T/genuine" "$socket" genuine
expect_refused "changes user" request.credentials "$T/genuine" "$socket" changes-user
expect_refused "a child of another user answers" request.credentials "$T/genuine" "$socket" passes-connection
expect_refused "traced" process.traced "$T/genuine" "$socket" traced
expect_refused "traced after the challenge" process.traced "$T/genuine" "$socket" traced-later

# --- what it runs ---
cp "$T/genuine" "$T/deleted"
expect_refused "deleted" executable.deleted "$T/deleted" "$socket" deleted
cp "$T/genuine" "$T/replaced"
cp "$T/genuine" "$T/replacement"
expect_refused "replaced between the measurements" executable.replaced "$T/replaced" "$socket" replaced "$T/replacement"
# LAS knows the hash of a file as long as nobody can write it; writing waits for LAS to let go, not for the kernel's 45 seconds.
cp "$T/genuine" "$T/rewritten"
expect_evidence "before a change in place" "$genuine_hash" "$T/rewritten" "$socket" genuine
if timeout 10 dd if=/dev/zero of="$T/rewritten" bs=1 count=1 oflag=append conv=notrunc status=none; then ok "LAS does not keep writers waiting"; else fail "LAS keeps writers waiting"; fi
expect_evidence "after a change in place" "$(sha256sum "$T/rewritten" | cut -d' ' -f1)" "$T/rewritten" "$socket" genuine
expect_refused "executable memory of no file" process.mappings "$T/genuine" "$socket" foreign-code
expect_refused "executable memory after the challenge" process.mappings "$T/genuine" "$socket" foreign-code-later
expect_refused "its own code changed" process.code-changed "$T/genuine" "$socket" patched-code
expect_refused "the vDSO changed" process.code-changed "$T/genuine" "$socket" patched-vdso
if [[ -x $build/bin/redoubt-run ]]; then
  expect_refused "a program in an unattested run of the runtime" process.mappings \
    "$build/bin/redoubt-run" --launch "--program=$T/evil" -- "$T/evil" "$socket" genuine
fi
if [[ -x $build/tests/attack/las/one_file_fuse && -c /dev/fuse ]]; then
  mkdir "$T/mount"
  if "$build/tests/attack/las/one_file_fuse" "$T/genuine" "$T/mount"; then
    fuse=yes
    expect_refused "an executable on a FUSE file system" executable.file-system "$T/mount/program" "$socket" genuine
  else
    fail "FUSE did not mount"
  fi
else
  echo "SKIP  an executable on a FUSE file system: no /dev/fuse, or libfuse3-dev was not installed at the build"
  skipped=$((skipped + 1))
fi
if unshare -Urm true 2>/dev/null; then
  expect_refused "a user namespace of its own" process.user-namespace unshare -Ur "$T/genuine" "$socket" genuine
  mkdir "$T/upper" "$T/work" "$T/lower" "$T/merged"
  cp "$T/genuine" "$T/lower/program"
  # shellcheck disable=SC2016  # expanded by the inner shell
  expect_refused "an overlay of a user namespace of its own" executable.file-system unshare -Urm bash -c \
    'mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/merged" && "$1/merged/program" "$2" genuine' \
    - "$T" "$socket"
else
  echo "SKIP  an overlay of a user namespace of its own: no user namespaces"
  skipped=$((skipped + 1))
fi

# --- how it asks ---
expect_refused "wrong challenge" request.challenge "$T/genuine" "$socket" wrong-challenge
expect_refused "the challenge of another connection" request.challenge "$T/genuine" "$socket" replayed-challenge
for size in 0 1 98 100 512; do
  expect_refused "$size bytes of junk" request.format "$T/genuine" "$socket" junk "$size"
done
for size in 513 65536 200000; do
  expect_refused "$size bytes of junk" request.format "$T/genuine" "$socket" junk "$size"
done
expect_refused "another version" request.format "$T/genuine" "$socket" wrong-version
expect_refused "with descriptors" request.format "$T/genuine" "$socket" with-descriptors
expect_refused "never answers" request.timeout "$T/genuine" "$socket" never-answers
answer=$("$T/genuine" "$socket" crowd)
if [[ $answer == "busy 84"*"evidence "* ]]; then
  ok "100 conversations of one user: 16 at once, and another user is served"
else
  fail "a crowd: ${answer:0:200}"
fi

# --- and is still there ---
expect_evidence "LAS still works" "$genuine_hash" "$T/genuine" "$socket" genuine
if grep -q "^redoubt-las: refused process [0-9]* of user 0: request.challenge: expected .*, found another; " "$T/log"; then
  ok "refusals are in the log"
else
  fail "the log has no line of a refusal"
fi
echo "note  one conversation takes $("$T/genuine" "$socket" speed 200) with a program of $(stat -c %s "$T/genuine") bytes"
if "$build/bin/redoubt-las" --simulated "$T/platform" --socket "$socket" 2>"$T/second" >/dev/null; then
  fail "a second LAS on the same socket started"
elif grep -q "another LAS listens" "$T/second"; then
  ok "one LAS a socket"
else
  fail "a second LAS: $(cat "$T/second")"
fi
status=0
kill -TERM "$las"
wait "$las" || status=$?
las=
if [[ $status == 0 && ! -e $socket ]]; then ok "SIGTERM ends it"; else fail "SIGTERM: status $status"; fi
chmod 644 "$T/platform/platform/attestation.key"
status=0
"$build/bin/redoubt-las" --simulated "$T/platform" --socket "$socket" 2>"$T/error" >/dev/null || status=$?
if [[ $status == 125 ]] && grep -q "only its owner may read" "$T/error"; then
  ok "a key that others may read is refused"
else
  fail "a key that others may read: status $status, $(cat "$T/error")"
fi

echo "$failures failed, $skipped skipped"
((failures == 0))
