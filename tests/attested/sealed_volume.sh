#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Volumes with files: authenticated-only and their tags at CAS: the first seal that is found becomes the first tag, a newer one
# moves it on, an older one or another is refused before the program starts, by each update policy.
# shellcheck source=tests/attested/lib.sh
source "$(dirname "$0")/lib.sh"
need cat

VOLUME_KEY=$(printf 'a7%.0s' {1..32})
echo "$VOLUME_KEY" >"$T/key"
seal() { "$BUILD/bin/redoubt" volume seal --key-file "$T/key" "$T/volume" >"$T/sealed"; }
put_back() { rm -rf "$T/volume" && cp -a "$T/$1" "$T/volume"; }
mkdir "$T/volume"
echo content >"$T/volume/file"
seal
cp -a "$T/volume" "$T/one"
seal
cp -a "$T/volume" "$T/two"
put_back one
echo other >"$T/volume/file"
seal
cp -a "$T/volume" "$T/other_two"

mapfile -t code < <(code_of bash cat)
# Children of fork and images after exec: the connection for the tag has ended before the program runs.
# shellcheck disable=SC2016 # for the program
program='cat "$0/file"; (exec cat "$0/file"); echo x >"$0/file" && exit 3; exec cat "$0/file"'
service() { start_fake "${code[@]}" "volume=v=$T/volume,authenticated,key=$VOLUME_KEY$1" -- bash -c "$program" "$T/volume"; }
tags() { grep -c '^tag v ' "$T/seen" || true; }
start() { # NAME SEAL TAGS: is taken, and CAS has kept so many tags since it started
  put_back "$2"
  attested "key=$KEY"
  expect "$1" 0 '^(content|other)$'
  [[ $(wc -l <"$T/out") == 3 ]] || fail "$1: the file was not read three times"
  [[ $(tags) == "$3" ]] || fail "$1: $(tags) tags instead of $3"
}
refuse() { # NAME SEAL CHECK
  local before
  before=$(tags)
  put_back "$2"
  attested "key=$KEY"
  expect "$1" 125 '' "$3"
  [[ ! -s $T/out && $(tags) == "$before" ]] || fail "$1: the program ran, or CAS got a tag"
}

service ''
start "rollback protected: the first seal is the first tag" one 1
start "the same again" one 1
start "a newer seal" two 2
refuse "an older seal" one 'volume\.rollback'
refuse "another seal of the same number" other_two 'volume\.rollback'
start "the latest again" two 2
rm "$T/volume/.redoubt-seal"
attested "key=$KEY"
expect "no seal" 125 '' 'volume\.seal\.missing'

service ',ephemeral'
start "ephemeral: the first seal is the tag" one 1
start "the same again, ephemeral" one 1
refuse "a newer seal, ephemeral" two 'volume\.exact'

service ',no-protection'
start "no protection: CAS learns of the seal" two 1
start "an older seal without protection" one 2

VOLUME_KEY=$(printf 'a8%.0s' {1..32})
service ''
refuse "another key" one 'volume\.key'

start_fake "${code[@]}" "volume=v=$T/volume,authenticated,key=$(cat "$T/key")" tags=lease:1 -- bash -c "$program" "$T/volume"
put_back one
attested "key=$KEY"
expect "a tag that CAS does not keep" 125 '' 'volume\.tag'

((failures == 0))
