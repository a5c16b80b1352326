#!/usr/bin/env bash
# Programs that connect in the clear, to servers that speak TLS: curl, Python and Go; and servers that must not be believed.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need curl
read -r good other name unnamed several strict address fake < <(free_ports 8)
rules "default refuse" "connect localhost:$good tls {client} servers {ca}" \
    "connect 127.0.0.1:$other tls servers $CERTIFICATES/other_ca.pem" "connect 127.0.0.1:$name tls servers {ca} name wrong.example" \
    "connect one.example:$several tls servers {ca}" "connect two.example:$several tls servers {ca} name localhost" \
    "connect one.example:$strict tls servers {ca}" "connect two.example:$strict tls servers $CERTIFICATES/other_ca.pem name localhost" \
    "connect 127.0.0.1:$address tls servers {ca}" "connect 127.0.0.1:$fake tls servers {ca}"
servers=()
for port in "$good" "$other" "$name" "$several" "$strict" "$address" "$fake"; do
    identity=$CERTIFICATES/server
    [[ $port != "$fake" ]] || identity=$CERTIFICATES/named
    options=()
    [[ $port != "$good" ]] || options=(-CAfile "$CERTIFICATES/ca.pem" -Verify 1 -verify_return_error)
    openssl s_server -accept "$port" -cert "$identity.pem" -key "$identity.key" "${options[@]}" -www -quiet \
        >/dev/null 2>&1 &
    servers+=($!)
    until [[ -n $(ss -Hltn "sport = :$port") ]]; do read -rt 0.1 <> <(:) || true; done
done
trap 'kill "${servers[@]}" 2>/dev/null; [[ ${E2E_KEEP:-0} == 1 ]] || rm -rf "$T"' EXIT

CURL=$(command -v curl)
under "$CURL" -sS --max-time 20 "http://127.0.0.1:$good/" >"$T/answer" || cat "$T/errors"
expect "curl" 'TLSv1.3' "$T/answer"
! under "$CURL" -sS --max-time 20 "http://127.0.0.1:$other/" >"$T/answer" || fail "another authority was believed"
expect "another authority" 'refused the server 127.0.0.1:[0-9]+ of connect .*unknown-authority' "$T/errors"
! under "$CURL" -sS --max-time 20 "http://127.0.0.1:$name/" >"$T/answer" || fail "another name was believed"
expect "another name" 'wrong-name: .*expected wrong.example, found localhost' "$T/errors"
under "$CURL" -sS --max-time 20 "http://127.0.0.1:$several/" >"$T/answer" || cat "$T/errors"
expect "the second of two host names of one port" 'TLSv1.3' "$T/answer"
! under "$CURL" -sS --max-time 20 "http://127.0.0.1:$strict/" >"$T/answer" || fail "the name of a rule with another authority was believed"
expect "a name under another rule's authority" 'wrong-name: .*expected one.example, found localhost' "$T/errors"
under "$CURL" -sS --max-time 20 "http://127.0.0.1:$address/" >"$T/answer" || cat "$T/errors"
expect "a certificate for the address" 'TLSv1.3' "$T/answer"
! under "$CURL" -sS --max-time 20 "http://127.0.0.1:$fake/" >"$T/answer" || fail "a DNS name that looks like the address was believed"
expect "a DNS name that looks like the address" 'wrong-name: .*expected 127.0.0.1, found 127.0.0.1' "$T/errors"
! under "$CURL" -sS --max-time 20 "http://127.0.0.1:$unnamed/" >"$T/answer" || fail "an unnamed address was reached"
expect "unnamed address" 'refused to connect to 127.0.0.1:[0-9]+: no rule' "$T/errors"

cat >"$T/closed.py" <<'PY'
import os, socket, sys
os.close(2)
assert os.open(sys.argv[1], os.O_RDWR | os.O_CREAT) == 2
os.write(2, b"data")
try:
    socket.create_connection(("127.0.0.1", 9))
except OSError as error:
    print("refused", error.errno)
PY
under "$PYTHON" "$T/closed.py" "$T/data" >"$T/answer" || cat "$T/errors"
expect "standard error closed" '^refused 13$' "$T/answer"
[[ $(<"$T/data") == data ]] || fail "a line went into the program's file: $(<"$T/data")"

cat >"$T/outwards.py" <<'PY'
import asyncio, socket, sys, urllib.request
port = int(sys.argv[1])
assert b"TLSv1.3" in urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    await writer.drain()
    assert b"TLSv1.3" in await reader.read()
    writer.close()
asyncio.run(main())
def refused(action):
    try:
        action()
    except OSError as error:
        return error.errno
INET, UDP, TCP = socket.AF_INET, socket.SOCK_DGRAM, socket.SOCK_STREAM
address = ("127.0.0.1", 9)
assert refused(lambda: socket.socket(INET, UDP).sendto(b"x", address)) == 13
assert refused(lambda: socket.socket(INET, UDP).connect(address)) == 13
assert refused(lambda: socket.socket(INET, UDP).bind(address)) == 13
assert refused(lambda: socket.socket(INET, UDP).sendmsg([b"x"], [], 0, address)) == 13
assert refused(lambda: socket.socket(INET, socket.SOCK_RAW, 1)) == 1
assert refused(lambda: socket.socket(INET, UDP, 1)) == 13
assert refused(lambda: socket.socket(INET, TCP, 132)) == 13
assert refused(lambda: socket.socket(INET, TCP, 262)) == 93
assert refused(lambda: socket.socket(INET, TCP).listen()) == 13
assert refused(lambda: socket.socket(INET, TCP).bind(address)) == 13
MSG_FASTOPEN = 0x20000000
assert refused(lambda: socket.socket(INET, TCP).sendto(b"x", MSG_FASTOPEN, address)) == 95
assert refused(lambda: socket.socket(INET, TCP).setsockopt(6, 30, 1)) == 95
assert refused(lambda: socket.socket(INET, TCP).setsockopt(6, 31, b"tls")) == 92
socket.socket(socket.AF_UNIX, TCP).close()
print("python ok")
PY
under "$PYTHON" "$T/outwards.py" "$good" >"$T/answer" || cat "$T/errors"
expect "python" 'python ok' "$T/answer"

if command -v go >/dev/null; then
    mkdir "$T/go"
    cat >"$T/go/main.go" <<'GO'
package main

import ("fmt"; "io"; "net/http"; "os"; "strings"; "sync/atomic"; "sync")

func main() {
	var group sync.WaitGroup
	var good atomic.Int32
	for i := 0; i < 20; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			answer, err := http.Get("http://127.0.0.1:" + os.Args[1] + "/")
			if err != nil { fmt.Println(err); return }
			body, err := io.ReadAll(answer.Body)
			if err == nil && strings.Contains(string(body), "TLSv1.3") { good.Add(1) } else { fmt.Println(err) }
		}()
	}
	group.Wait()
	fmt.Println("go", good.Load())
}
GO
    (cd "$T/go" && GO111MODULE=off GOCACHE=$E2E_CACHE/go-build go build -o "$T/outwards" main.go) || fail "go build"
    under "$T/outwards" "$good" >"$T/answer" || cat "$T/errors"
    expect "go" 'go 20' "$T/answer"
else
    left_out "go"
fi
[[ $WRONG != 0 || $LEFT_OUT == 0 ]] || exit 77
exit $WRONG
