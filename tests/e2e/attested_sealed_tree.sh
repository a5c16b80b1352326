#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: a tree that its owner sealed is read by a program whose session has the key, with CAS, LAS and attestation: the first seal
# is taken, a newer one too, an older one and a changed file are refused. A program on such a volume runs (code: {volume: ...}).
# A session that gives no key is refused by `redoubt session check`, with the line and what to do.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
# shellcheck source=attested_lib.sh disable=SC1091
source "$(dirname "$0")/attested_lib.sh"
need cat openssl gcc
services_up
fresh_work
VOLUME=$T/tree
KEY_FILE=$T/volume.key
openssl rand -hex 32 >"$KEY_FILE"
mkdir "$VOLUME"
CONTENT=$(canary)
echo "$CONTENT" >"$VOLUME/file"
cat >"$T/main.c" <<'END'
#include <stdio.h>
int main(void) { return puts("code of the volume") < 0; }
END
gcc -static -o "$VOLUME/program" "$T/main.c"
seal() { "$REDOUBT" volume seal --key-file "$KEY_FILE" "$VOLUME" 2>"$T/seal.err" || fail "seal: $(<"$T/seal.err")"; }

session() { # KEY
    cat <<END
name: e2e/sealed
version: "0.3"
services:
  - name: reader
    image_name: image
    command: [cat, $VOLUME/file]
    environment: { PATH: "/usr/bin:/bin" }
    attestation: [{ mrenclave: $MRENCLAVE }]
    code:
$(measured_code cat)
  - name: program
    image_name: image
    command: [$VOLUME/program]
    attestation: [{ mrenclave: $MRENCLAVE }]
    code: { volume: tree }
images:
  - { name: image, volumes: [{ name: tree, path: $VOLUME }] }
volumes: [{ name: tree, files: authenticated-only$1 }]
security: { attestation: { tolerate: [simulation] } }
END
}
session "" >"$T/no_key.yml"
if "$REDOUBT" session check "$T/no_key.yml" >"$T/check.out" 2>&1; then fail "a session without the key is taken"; fi
grep -q 'fspf_key beside files: authenticated-only' "$T/check.out" || fail "session check says: $(<"$T/check.out")"
session ", fspf_key: $(<"$KEY_FILE")" >"$T/session.yml"
session_up "$T/session.yml"

reads() { [[ $(attested e2e/sealed/reader 2>"$T/run.err") == "$CONTENT" ]] || fail "$1: $(<"$T/run.err")"; }
refused() { # WORD
    local status=0
    attested e2e/sealed/reader >"$T/run.out" 2>"$T/run.err" || status=$?
    [[ $status != 0 && ! -s $T/run.out ]] || fail "expected a refusal ($1), found status $status: $(<"$T/run.out")"
    grep -qF -- "$1" "$T/run.err" || fail "the error does not say $1: $(<"$T/run.err")"
}
refused volume.seal.missing
seal
cp -a "$VOLUME" "$T/first"
reads "the first seal"
reads "the first seal again"
seal
cp -a "$VOLUME" "$T/second"
reads "a newer seal"
rm -rf "$VOLUME" && cp -a "$T/first" "$VOLUME"
refused volume.rollback
rm -rf "$VOLUME" && cp -a "$T/second" "$VOLUME"
[[ $(attested e2e/sealed/program 2>"$T/run.err") == "code of the volume" ]] || fail "code on the volume: $(<"$T/run.err")"
echo changed >"$VOLUME/file"
refused "is not the file of its volume's seal"
cp -a "$T/second/file" "$VOLUME/file"
reads "restored"
if grep -rqF "$(<"$KEY_FILE")" "$T/run.err" "$T/cas.err" "$T/cas.out"; then fail "the key is in a log"; fi
echo "ok a sealed tree with CAS"
