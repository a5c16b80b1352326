#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Certificates for crypto_provider_test, made by the openssl command: an authority of every kind, and below each of them an end
# entity of every kind. Usage: crypto_provider_test.sh DIRECTORY
set -eu
cd "$1"

make_key() { # name, kind
  case "$2" in
    p256 | p384) openssl genpkey -quiet -algorithm EC -pkeyopt "ec_paramgen_curve:P-${2#p}" -out "$1.key" ;;
    ed25519) openssl genpkey -quiet -algorithm ED25519 -out "$1.key" ;;
    rsa | pss) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key" ;;
    rsa3072) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$1.key" ;;
  esac
}
signature_options() { # authority
  if [ "$1" = pss ]; then echo "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1"; fi
}

printf 'subjectAltName=DNS:example.test,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >extensions
for leaf in p256 p384 ed25519 rsa rsa3072; do make_key "$leaf" "$leaf"; done
openssl ec -in p256.key -out sec1.key 2>/dev/null
openssl rsa -in rsa.key -traditional -out pkcs1.key 2>/dev/null
for authority in p256 p384 ed25519 rsa pss; do
  make_key "ca-$authority" "$authority"
  # shellcheck disable=SC2046 # options
  openssl req -new -x509 -key "ca-$authority.key" -subj "/CN=$authority" -days 2 $(signature_options "$authority") \
    -addext keyUsage=critical,keyCertSign -out "ca-$authority.pem"
  for leaf in p256 p384 ed25519 rsa rsa3072; do
    openssl req -new -key "$leaf.key" -subj "/CN=$leaf" -out "$leaf.csr"
    # shellcheck disable=SC2046
    openssl x509 -req -in "$leaf.csr" -CA "ca-$authority.pem" -CAkey "ca-$authority.key" -days 2 -extfile extensions \
      $(signature_options "$authority") -out "$leaf-by-$authority.pem" 2>/dev/null
  done
done
