# shellcheck shell=bash disable=SC2034  # variables are for the scripts that source this
# For scripts that run programs under network rules without CAS (redoubt-run --insecure-network).
#
#   rules LINE...                  writes $RULES; {server} stands for the server's identity, {client} for the client's, {ca} for the
#                                  authority that signed both
#   serve PORT PROGRAM ARGUMENTS   starts it under the rules and waits until somebody listens at the port; $SERVER is its process
#   await_listener PORT NAME       until $SERVER listens there; fails with its standard error if it ends or does not in 30 s
#   stop_server [SIGNAL]
#   under PROGRAM ARGUMENTS...     runs it under the rules; standard error goes to $T/errors
#   expect LABEL TEXT FILE         FILE matches TEXT (extended regular expression)
#   free_port                      $PORT: one that nobody has
# In $CERTIFICATES: ca, server and client; and what must be refused: stranger (another authority), expired, elsewhere (another name), named (an address as a DNS name).
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need python3 openssl ss
RUNTIME=$(dirname "$REDOUBT")/redoubt-run
[[ $E2E_FAKE != 1 ]] || skip "needs the runtime"
CERTIFICATES=$T/certificates
RULES=$T/rules
export CERTIFICATES
mkdir "$CERTIFICATES" "$WORK"
PYTHON=$(realpath "$(command -v python3)")

certificate() { # NAME ISSUER SUBJECT EXTENSIONS [DAYS]
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2>/dev/null
  openssl req -new -key "$1.key" -subj "/CN=$3" -out "$1.csr" 2>/dev/null
  local dates=(-days "${5:-2}")
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -sha256 "${dates[@]}" \
    -extfile <(printf '%b' "$4") -out "$1.pem" 2>/dev/null
}

authority() { # NAME
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2>/dev/null
  openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 2 -sha256 \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$1.pem" 2>/dev/null
}

certificates() {
  (
    cd "$1" || exit 1
    authority ca
    authority other_ca
    local names='subjectAltName=DNS:localhost,IP:127.0.0.1'
    certificate server ca server "$names\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature"
    certificate named ca named 'subjectAltName=DNS:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature'
    certificate client ca client 'extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature'
    certificate stranger other_ca stranger 'extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature'
    certificate elsewhere ca elsewhere 'subjectAltName=DNS:elsewhere.example\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature'
    openssl req -new -key client.key -subj /CN=expired -out expired.csr 2>/dev/null
    cp client.key expired.key
    mkdir -p db && : >db/index && echo 01 >db/serial
    openssl ca -batch -config <(printf '[ca]\ndefault_ca=d\n[d]\ndatabase=db/index\nserial=db/serial\nnew_certs_dir=db\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n') \
      -cert ca.pem -keyfile ca.key -in expired.csr -startdate 20200101000000Z -enddate 20200102000000Z \
      -extfile <(printf 'extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature') -out expired.pem -notext 2>/dev/null
  )
}

certificates "$CERTIFICATES"

rules() {
    local line
    for line in "$@"; do
        line=${line//\{server\}/identity $CERTIFICATES/server.pem $CERTIFICATES/server.key}
        line=${line//\{client\}/identity $CERTIFICATES/client.pem $CERTIFICATES/client.key}
        echo "${line//\{ca\}/$CERTIFICATES/ca.pem}"
    done >"$RULES"
}

# Below the range that the kernel gives to outgoing connections: of those, any test beside this one may take one at any time.
free_ports() {
    python3 -c 'import random, socket, sys
ports = []
while len(ports) < int(sys.argv[1]):
    try:
        ports.append(socket.create_server(("127.0.0.1", random.randrange(10000, 20000))))
    except OSError:
        pass
print(*[port.getsockname()[1] for port in ports])' "$1"
}
free_port() { PORT=$(free_ports 1); }

SERVER=
await_listener() {
    local tries
    for ((tries = 0; tries < 300; ++tries)); do
        [[ -n $(ss -Hltn "sport = :$1") ]] && return
        kill -0 "$SERVER" 2>/dev/null || break
        read -rt 0.1 <> <(:) || true
    done
    cat "$T/server.err" >&2
    fail "$2 does not listen"
}

serve() {
    local port=$1
    shift
    setsid "$RUNTIME" --launch --stats "--stats-output=$STATS" "--insecure-network=$RULES" "--program=$1" -- "$@" \
        >"$T/server.out" 2>"$T/server.err" </dev/null &
    SERVER=$!
    await_listener "$port" "$1"
}

stop_server() {
    [[ -z $SERVER ]] || kill "-${1:-TERM}" -- "-$SERVER" 2>/dev/null || true
    [[ -z $SERVER ]] || wait "$SERVER" 2>/dev/null || true
    SERVER=
}
trap 'stop_server KILL; [[ ${E2E_KEEP:-0} == 1 ]] || rm -rf "$T"' EXIT

under() {
    timeout -k 5 "$E2E_LIMIT" "$RUNTIME" --launch "--insecure-network=$RULES" "--program=$1" -- "$@" 2>"$T/errors"
}

WRONG=0
expect() {
    if grep -qE -- "$2" "$3"; then
        echo "ok $1"
    else
        echo "WRONG $1: expected '$2' in:"
        head -n 20 "$3"
        WRONG=1
    fi
}
