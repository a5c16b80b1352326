# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An authority, a server and a client for localhost, and peers that must be refused. Sourced: certificates DIRECTORY.

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
