#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: with identities that CAS made, unmodified memcached and nginx (two workers, reload) serve TLS to Python, curl and openssl;
# Go, Python and Node.js programs that open plain connections speak mutual TLS to a server outside; a protected client and a
# protected server talk to each other with certificates of one CAS. Peers in the clear, without a certificate, of another session,
# expired; servers of another name, expired, of another authority, in the clear: none gets or gives the program a byte, each
# leaves a line and a count.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
# shellcheck source=attested_lib.sh disable=SC1091
source "$(dirname "$0")/attested_lib.sh"
need memcached nginx curl openssl python3
((EUID == 0)) || skip "nginx changes its user, and LAS needs root"
services_up
fresh_work
chmod 755 "$T"
free_port; CACHE_PORT=$PORT
until free_port; [[ $PORT != "$CACHE_PORT" ]]; do :; done
WEB_PORT=$PORT
SITE=$T/site
mkdir -p "$SITE/pages" "$SITE/temporary"
echo "a page" >"$SITE/pages/index.html"
head -c 400000 /dev/urandom >"$SITE/pages/large"
chmod -R a+rwX "$SITE"
configuration() {
    cat <<END2
daemon off;
worker_processes 2;
user nobody nogroup;
pid $SITE/nginx.pid;
error_log $SITE/error.log;
events { worker_connections 64; }
http {
    access_log $SITE/access.log;
    sendfile on;
    client_body_temp_path $SITE/temporary/body;
    proxy_temp_path $SITE/temporary/proxy;
    fastcgi_temp_path $SITE/temporary/fastcgi;
    uwsgi_temp_path $SITE/temporary/uwsgi;
    scgi_temp_path $SITE/temporary/scgi;
    server { listen 127.0.0.1:$WEB_PORT; root $SITE/pages; }
}
END2
}

# --- programs that connect outwards ---
cat >"$T/ask.py" <<'END2'
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20) as link:
    link.sendall(b"a line\n")
    print(link.recv(1000).decode().strip())
END2
cat >"$T/cache.py" <<'END2'
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20) as link:
    file = link.makefile("rwb")
    file.write(b"set mutual 0 0 5\r\nhello\r\nget mutual\r\n")
    file.flush()
    print(*[file.readline().strip().decode() for _ in range(4)])
END2
cat >"$T/ask.go" <<'END2'
package main
import ("bufio"; "fmt"; "net"; "os")
func main() {
    link, err := net.Dial("tcp", "127.0.0.1:"+os.Args[1])
    if err != nil { fmt.Println(err); os.Exit(1) }
    fmt.Fprint(link, "a line\n")
    line, err := bufio.NewReader(link).ReadString('\n')
    if err != nil { fmt.Println(err); os.Exit(1) }
    fmt.Print(line)
}
END2
cat >"$T/ask.js" <<'END2'
const link = require("net").connect(Number(process.argv[2]), "127.0.0.1", () => link.write("a line\n"));
link.on("data", data => { process.stdout.write(data); link.end(); });
link.on("error", error => { console.log(error.code); process.exitCode = 1; });
END2

# --- one session for all, and a stranger's ---
read -ra NUMBERS < <(python3 -c 'import random, socket; print(*[s.getsockname()[1] for s in [socket.create_server(("127.0.0.1", p)) for p in random.sample(range(10000, 20000), 5)]])')
NAMES=(good other-name expired foreign plain)
for i in "${!NAMES[@]}"; do echo "${NAMES[i]} ${NUMBERS[i]}"; done >"$T/ports"
service() {  # NAME COMMAND CODE MORE...
    printf '  - name: %s\n    image_name: image\n    command: %s\n    environment: { PATH: "/usr/sbin:/usr/bin:/bin" }\n' "$1" "$2"
    printf '    attestation: [{ mrenclave: %s }]\n    code:\n%s\n' "$MRENCLAVE" "$3"
    shift 3
    if (($# > 0)); then printf '    %s\n' "$@"; fi
}
inwards() {
    printf 'network: { default: refuse, listen: [{ address: "127.0.0.1:%s", tls: required, identity: server, client_auth: ca }] }' "$1"
}
outwards() {
    echo "network:"
    echo "      default: refuse"
    echo "      connect:"
    for port in "${NUMBERS[@]}" "$CACHE_PORT"; do
        echo "        - { address: \"127.0.0.1:$port\", tls: required, identity: client, server_auth: ca, server_name: localhost }"
    done
}
CLIENTS=(python)
CAT_CODE=$(measured_code cat)
MEMCACHED_CODE=$(measured_code memcached --with /etc/passwd --with /etc/nsswitch.conf)
configuration >"$T/observed.conf"
NGINX_CODE=$(measured_code nginx --for 2 --observe -- -c "$T/observed.conf" | grep -v -e "$SITE" -e "$T/observed.conf")
export PYTHONPYCACHEPREFIX=$T/pycache
PYTHON_CODE=$(measured_code python3 --with "$T/ask.py" --with "$T/cache.py" --observe -- -B -c 'import encodings.idna, socket, sys')
OUTWARDS=$(outwards)
end_of_session() {
    cat <<END2
images:
  - name: image
    injection_files:
      - { path: /etc/out/ca.key, content: "\$\$SCONE::ca:privatekey:pem\$\$" }
      - { path: /etc/out/server.pem, content: "\$\$SCONE::server:crt:pem\$\$" }
      - { path: /etc/out/server.key, content: "\$\$SCONE::server:privatekey:pem\$\$" }
      - { path: /etc/out/client.pem, content: "\$\$SCONE::client:crt:pem\$\$" }
      - { path: /etc/out/client.key, content: "\$\$SCONE::client:privatekey:pem\$\$" }
      - path: /etc/redoubt/nginx.conf
        permission: 0444
        content: |
$(configuration | sed 's/^/          /')
secrets:
  - { name: ca, kind: x509-ca, common_name: e2e CA, export_public: true }
  - { name: server, kind: x509, issuer: ca, endpoint: server, common_name: the server, san: ["dns:localhost", "ip:127.0.0.1"] }
  - { name: client, kind: x509, issuer: ca, endpoint: client, common_name: the client }
security: { attestation: { tolerate: [simulation] } }
END2
}
{
    printf 'name: e2e/tls\nversion: "0.3"\nservices:\n'
    service out '[cat, "@@1"]' "$CAT_CODE"
    service cache "[memcached, -u, nobody, -l, 127.0.0.1, -p, \"$CACHE_PORT\", -t, \"2\"]" "$MEMCACHED_CODE" "$(inwards "$CACHE_PORT")"
    service web '[nginx, -c, /etc/redoubt/nginx.conf]' "$NGINX_CODE" "$(inwards "$WEB_PORT")" "host: { directories: [$SITE, /var/log/nginx] }"
    service python "[/usr/bin/python3, -B, $T/ask.py, \"@@1\"]" "$PYTHON_CODE" "$OUTWARDS"
    service mutual "[/usr/bin/python3, -B, $T/cache.py, \"$CACHE_PORT\"]" "$PYTHON_CODE" "$OUTWARDS"
    if type -P go >/dev/null; then
        (cd "$T" && as_caller env CGO_ENABLED=0 GO111MODULE=off GOCACHE="$E2E_CACHE/go-build" go build -o ask-go ask.go) || fail "go build"
        service go "[$T/ask-go, \"@@1\"]" "$(measured_code "$T/ask-go")" "$OUTWARDS"
        CLIENTS+=(go)
    fi
    if type -P node >/dev/null; then
        service node "[node, $T/ask.js, \"@@1\"]" "$(measured_code node --with "$T/ask.js" --observe -- -e 'require("net")')" "$OUTWARDS"
        CLIENTS+=(node)
    fi
    end_of_session
} >"$T/session.yml"
{
    printf 'name: e2e/stranger\nversion: "0.3"\nservices:\n'
    service out '[cat, "@@1"]' "$CAT_CODE"
    end_of_session
} >"$T/stranger.yml"
session_up "$T/session.yml"
session_up "$T/stranger.yml"

# --- the identities, out of the sessions, by a program that may have them ---
OUT=$T/out
mkdir "$OUT" "$OUT/other"
identities() {  # SESSION DIRECTORY
    local file
    for file in ca.key server.pem server.key client.pem client.key; do
        attested "$1/out" "/etc/out/$file" </dev/null >"$2/$file" 2>"$T/out.err" || fail "$file of $1: $(<"$T/out.err")"
    done
    "$REDOUBT" session value "$1" ca >"$2/ca.pem"
}
identities e2e/tls "$OUT"
identities e2e/stranger "$OUT/other"
by_hand() {  # NAME AUTHORITY-DIRECTORY EXTENSIONS DAYS
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$OUT/$1.key" -out "$OUT/$1.csr" 2>>"$T/openssl.log"
    openssl x509 -req -in "$OUT/$1.csr" -CA "$2/ca.pem" -CAkey "$2/ca.key" -CAcreateserial -days "$4" -extfile <(printf '%b' "$3") \
        -out "$OUT/$1.pem" 2>>"$T/openssl.log"
}
by_hand other-name "$OUT" 'subjectAltName=DNS:elsewhere.example' 30
by_hand expired "$OUT" 'subjectAltName=DNS:localhost' 0
by_hand foreign "$OUT/other" 'subjectAltName=DNS:localhost' 30
wait_until 5 "the certificate to expire" eval "! openssl x509 -in '$OUT/expired.pem' -checkend 0 -noout >/dev/null"
echo "ok identities of CAS"

# --- outwards: every client against every server ---
setsid python3 "$PROGRAMS/tls_peers.py" "$OUT" "$T/ports" >"$T/peers.out" 2>"$T/peers.err" &
E2E_PIDS+=("$!")
wait_until 10 "the servers outside" grep -qs ready "$T/peers.out"
KINDS=("" wrong-name expired unknown-authority plain-text)
asks() {  # CLIENT PORT: exit status in $STATUS
    STATUS=0
    : >"$STATS"
    timeout -k 5 "$E2E_LIMIT" "$REDOUBT" run -q --stats-output "$STATS" --session "e2e/tls/$1" -- "$2" </dev/null >"$T/asked.out" 2>"$T/asked.err" || STATUS=$?
}
for client in "${CLIENTS[@]}"; do
    asks "$client" "${NUMBERS[0]}"
    [[ $STATUS == 0 && $(<"$T/asked.out") == "good the client a line" ]] || fail "$client: $STATUS: $(cat "$T/asked.out" "$T/asked.err")"
    for i in 1 2 3 4; do
        asks "$client" "${NUMBERS[i]}"
        [[ $STATUS != 0 ]] || fail "$client took the server ${NAMES[i]} for good: $(<"$T/asked.out")"
        grep -q "network: refused the server 127.0.0.1:${NUMBERS[i]} of connect .*: ${KINDS[i]}: " "$T/asked.err" || fail "$client, ${NAMES[i]}: no line: $(<"$T/asked.err")"
        [[ $(grep -c "refused the server" "$T/asked.err") == 1 ]] || fail "$client, ${NAMES[i]}: more than one line: $(<"$T/asked.err")"
        grep -q "\"refused\":{\"${KINDS[i]}\":1}" "$STATS" || fail "$client, ${NAMES[i]}: no count: $(<"$STATS")"
    done
    echo "ok $client outwards: mutual TLS; four servers refused, a line and a count each"
done
[[ $(<"$T/peers.out") == ready ]] || fail "a refused server read a byte: $(<"$T/peers.out")"

# --- inwards: memcached, and a protected client of it ---
capture=0
if type -P tcpdump >/dev/null; then
    tcpdump -i lo --immediate-mode -U -w "$T/wire.pcap" "tcp port $CACHE_PORT" >"$T/tcpdump.out" 2>&1 &
    TCPDUMP=$!
    E2E_PIDS+=("$TCPDUMP")
    wait_until 10 "tcpdump" line_or_death 'listening on lo' "$T/tcpdump.out" "$TCPDUMP"
    if line_in 'listening on lo' "$T/tcpdump.out"; then capture=1; fi
fi
start_attested e2e/tls/cache
wait_for_port "$CACHE_PORT" "$SERVER_PID" 30
CACHE_PID=$SERVER_PID
mkdir "$T/certificates"
cp "$OUT"/{ca.pem,client.pem,client.key} "$T/certificates"
CERTIFICATES=$T/certificates timeout 60 python3 "$PROGRAMS/memcached_tls_client.py" "$CACHE_PORT" >"$T/memcached.out" || fail "memcached: $(tail -n 3 "$T/attested.err")"
grep -q "memcached ok" "$T/memcached.out" || fail "memcached: $(<"$T/memcached.out")"
echo "ok memcached: thirty TLS clients in Python"
asks mutual none
[[ $STATUS == 0 && $(<"$T/asked.out") == "STORED VALUE mutual 0 5 hello END" ]] || fail "protected client and server: $(cat "$T/asked.out" "$T/asked.err")"
echo "ok a protected client and a protected server, both with identities of CAS"
if ((capture)); then
    kill -INT "$TCPDUMP"
    wait_for_exit "$TCPDUMP"
    (($(stat -c %s "$T/wire.pcap") > 1000000)) || fail "the capture is empty, so it proves nothing"
    ! grep -qaE 'STORED|VALUE|mutual|set k' "$T/wire.pcap" || fail "the wire shows what memcached was asked"
    echo "ok nothing on the wire ($(stat -c %s "$T/wire.pcap") bytes captured)"
fi
refused() {  # KIND WHAT OPTION...: of memcached
    local kind=$1 what=$2 lines
    shift 2
    lines=$(grep -c ": $kind: " "$T/attested.err" || true)
    printf 'version\r\n' | timeout 10 openssl s_client -connect "127.0.0.1:$CACHE_PORT" -CAfile "$OUT/ca.pem" -quiet -ign_eof "$@" >"$T/refused.out" 2>&1 || true
    ! grep -q VERSION "$T/refused.out" || fail "$what reached memcached"
    wait_until 10 "a line: $what" eval "(( \$(grep -c ': $kind: ' '$T/attested.err') > $lines ))"
    echo "ok $what: refused"
}
by_hand old-client "$OUT" 'extendedKeyUsage=clientAuth' 0
wait_until 5 "the certificate to expire" eval "! openssl x509 -in '$OUT/old-client.pem' -checkend 0 -noout >/dev/null"
refused no-certificate "no certificate"
refused unknown-authority "a client of another session" -cert "$OUT/other/client.pem" -key "$OUT/other/client.key"
refused expired "an expired client" -cert "$OUT/old-client.pem" -key "$OUT/old-client.key"
refused wrong-use "the server's certificate as a client's" -cert "$OUT/server.pem" -key "$OUT/server.key"
exec 5<>"/dev/tcp/127.0.0.1/$CACHE_PORT"
printf 'version\r\n' >&5
! timeout 10 cat <&5 | grep -q VERSION || fail "plain text reached memcached"
exec 5>&-
wait_until 10 "a line: plain text" line_in ": plain-text: " "$T/attested.err"
echo "ok plain text: refused"
stop_server INT "$CACHE_PID"

# --- nginx: two workers, sendfile, a reload ---
start_attested e2e/tls/web
wait_for_port "$WEB_PORT" "$SERVER_PID" 30
page() { timeout 20 curl -sS --cacert "$OUT/ca.pem" --cert "$OUT/client.pem" --key "$OUT/client.key" "https://localhost:$WEB_PORT/$1"; }
serves() {
    for _ in 1 2 3 4 5; do
        [[ $(page index.html) == "a page" ]] || fail "nginx $1: $(page index.html 2>&1): $(tail -n 3 "$T/attested.err" "$SITE/error.log")"
    done
    page large | cmp - "$SITE/pages/large" || fail "nginx $1: a large file by sendfile"
    printf 'GET /index.html HTTP/1.0\r\n\r\n' | timeout 10 openssl s_client -connect "127.0.0.1:$WEB_PORT" -CAfile "$OUT/ca.pem" -verify_return_error -verify_ip 127.0.0.1 \
        -cert "$OUT/client.pem" -key "$OUT/client.key" -ign_eof >"$T/s_client.out" 2>&1 || true
    { grep -q "a page" "$T/s_client.out" && grep -q TLSv1.3 "$T/s_client.out"; } || fail "nginx $1: openssl s_client: $(tail -n 5 "$T/s_client.out")"
    ! timeout 10 curl -sS "http://127.0.0.1:$WEB_PORT/index.html" 2>/dev/null | grep -q "a page" || fail "nginx $1: plain text was answered"
    echo "ok nginx $1: curl, sendfile, openssl s_client"
}
workers() { ps -o pid= --ppid "$SERVER_PID"; }
two_workers() { [[ $(workers | wc -l) == 2 ]]; }
wait_until 20 "two workers" two_workers
serves "with two workers"
first=$(workers | tr -d '\n')
kill -HUP "$SERVER_PID"
changed() { [[ $(workers | tr -d '\n') != "$first" && $(workers | wc -l) == 2 ]]; }
wait_until 20 "new workers" changed
serves "after a reload"
! grep -q " 400 " "$SITE/access.log" || fail "a refused peer's bytes reached nginx: $(grep ' 400 ' "$SITE/access.log")"
stop_server QUIT "$SERVER_PID"
[[ $SERVER_STATUS == 0 ]] || fail "nginx ended with status $SERVER_STATUS: $(tail -n 3 "$T/attested.err")"
((capture)) || skip "all but the wire was looked at: a capture needs tcpdump"
