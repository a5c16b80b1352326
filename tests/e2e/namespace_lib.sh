# shellcheck shell=bash disable=SC2034  # variables are for the scripts that source this
# For scripts that run programs under a code manifest without CAS (redoubt-run --insecure-manifest): what an attested program can
# see, and what it cannot.
#
#   manifest OPTIONS...             writes $MANIFEST (programs/manifest.py has the options)
#   inject PATH CONTENT             from here on PATH holds CONTENT, in the shim's memory only
#   volume DIRECTORY                makes it; from here on a volume is mounted there, its ciphertext lies in the host's directory
#   under PROGRAM ARGUMENTS...      runs it under the manifest; standard error without the notice
#   expect LABEL STATUS TEXT        about the last `run` : its exit status, and what its output matches (extended regular expression)
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need python3
RUNTIME=$(dirname "$REDOUBT")/redoubt-run
[[ $E2E_FAKE != 1 ]] || skip "needs the runtime"

MANIFEST=$T/manifest
INJECTIONS=()
manifest() { python3 "$PROGRAMS/manifest.py" "$MANIFEST" "$@"; }
inject() {
    local file=$T/injected.${#INJECTIONS[@]}
    printf '%s' "$2" >"$file"
    INJECTIONS+=("--insecure-inject=$1=$file")
}
volume() {
    mkdir -p "$1"
    INJECTIONS+=("--insecure-volume=$1=$(printf '5a%.0s' {1..32})")
}
under() {
    timeout -k 5 "$E2E_LIMIT" "$RUNTIME" --launch "--insecure-manifest=$MANIFEST" "${INJECTIONS[@]}" "--program=$1" -- "$@"
}

OUTPUT=
STATUS=0
WRONG=0
run() {
    STATUS=0
    OUTPUT=$(under "$@" 2>&1 </dev/null) || STATUS=$?
    OUTPUT=${OUTPUT#redoubt-run: unattested run*the manifest$'\n'}
    # Nothing is left of an output that ends with the notice.
    while [[ $OUTPUT == "redoubt-run: the volume "*"--insecure-volume"* ]]; do
        if [[ $OUTPUT == *$'\n'* ]]; then OUTPUT=${OUTPUT#*$'\n'}; else OUTPUT=; fi
    done
}
expect() {
    if [[ $STATUS == "$2" ]] && grep -qE -- "$3" <<<"$OUTPUT"; then
        echo "ok $1"
    else
        echo "WRONG $1: exit status $STATUS, expected $2; expected output like '$3', got:"
        echo "$OUTPUT" | head -n 20
        WRONG=$((WRONG + 1))
    fi
}
finish() { [[ $WRONG == 0 ]] || fail "$WRONG checks"; }
