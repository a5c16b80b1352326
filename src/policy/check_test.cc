// SPDX-License-Identifier: Apache-2.0
//
// Every kind of mistake: a session, and the line that is said about it. Each row stands alone, so a row that says more than
// one thing would fail; that all mistakes come at once has a test of its own.
#include "policy/check.h"

#include <gtest/gtest.h>

#include <string>

namespace redoubt::policy {
namespace {

#define CODE ", code: {/a: " M1 "}"
#define M1   "2c4de8cbe6725f7e11f2f5240bc7e0b7fe0651f2997a48c87ca38918574ef076"

// A service with a network section on line 4.
#define IDENTITY(rules, secrets, complaint) \
  { "services: [{name: s, mrenclaves: [" M1 "]" CODE ",\n network: {" rules "}}]\nsecrets: [" secrets "]", complaint }
#define LISTEN(address, hint)                                                                                         \
  {                                                                                                                   \
    "services: [{name: s, mrenclaves: [" M1 "]" CODE ",\n network: {listen: [{address: \"" address                    \
    "\", identity: a}]}}]\nsecrets: [{name: a, kind: x509}]",                                                         \
        "4:31: error: services[0].network.listen[0].address: expected an address IP:PORT or *:PORT, found \"" address \
        "\"; " hint                                                                                                   \
  }
#define CONNECT(address, hint)                                                                                       \
  {                                                                                                                  \
    "services: [{name: s, mrenclaves: [" M1 "]" CODE ",\n network: {connect: [{address: \"" address                  \
    "\", server_auth: a}]}}]\nsecrets: [{name: a, kind: x509-ca}]",                                                  \
        "4:32: error: services[0].network.connect[0].address: expected an address HOST:PORT, where HOST is a name, " \
        "an "                                                                                                        \
        "IP, a CIDR or * and PORT may be *, found \"" address "\"; " hint                                            \
  }

struct Row {
  const char* body;       // after the lines `name` and `version`, so it begins on line 3
  const char* complaint;  // the beginning of the only complaint
};

constexpr Row kRows[] = {
    // Keys
    {"secretz: []",
     "3:1: error: expected a key among name, version, predecessor, namespace_hash, salt, services, images, "
     "volumes, secrets, access_policy or security, found \"secretz\"; did you mean \"secrets\"?"},
    {"digest: create", "3:1: error: expected a key among"},
    {"salt: 00112233445566778899aabbccddeeff\nsalt: 00112233445566778899aabbccddeeff",
     "4:1: error: expected each key once, found \"salt\" again (first on line 3)"},
    {"secrets: [{name: a}]", "3:11: error: secrets[0]: expected the key \"kind\", found none; add kind: ..."},
    {"secrets: [{kind: ascii}]", "3:11: error: secrets[0]: expected the key \"name\", found none"},
    // Types
    {"secrets: 5", "3:10: error: secrets: expected a list, found \"5\""},
    {"secrets: [5]", "3:11: error: secrets[0]: expected a map with keys among name, kind"},
    {"secrets: [{name: a, kind: ascii, size: big}]",
     "3:40: error: secrets[0].size: expected a number from 1 to 65536, found \"big\""},
    {"secrets: [{name: a, kind: ascii, size: \"8\"}]",
     "3:40: error: secrets[0].size: expected a number from 1 to 65536, found \"8\"; write it without quotes"},
    {"secrets: [{name: a, kind: ascii, size: 0}]", "3:40: error: secrets[0].size: expected a number from 1 to 65536"},
    {"secrets: [{name: a, kind: ascii, export_public: yes}]",
     "3:49: error: secrets[0].export_public: expected true or false, found \"yes\"; write true or false"},
    {"predecessor: 0011",
     "3:14: error: predecessor: expected 32 bytes as 64 hexadecimal digits, found \"0011\"; it has 4 digits"},
    {"predecessor: $OLD_HASH",
     "3:14: error: predecessor: expected 32 bytes as 64 hexadecimal digits, found \"$OLD_HASH\"; "
     "fill in the variables of the file first (envsubst)"},
    {"security: {service_access_token: !secret x}", "3:34: error: expected a value without a YAML tag"},
    // Names
    {"secrets: [{name: a, kind: ascii}, {name: a, kind: ascii}]",
     "3:42: error: secrets[1]: expected each name once, found \"a\" again (first on line 3); rename one of them"},
    {"secrets: [{name: a b, kind: ascii}]",
     "3:18: error: secrets[0].name: expected a name of letters, digits, - . _ ~"},
    // Secrets
    {"secrets: [{name: a, kind: asci}]",
     "3:27: error: secrets[0].kind: expected ascii, binary, private-key, public-key, x509-ca, x509, jwt, pgp-key, "
     "config-fragment or vault, found \"asci\"; did you mean \"ascii\"?"},
    {"secrets: [{name: a, kind: ascii, key_type: P-256}]",
     "3:34: error: secrets[0]: expected a key of kind ascii: size, found \"key_type\"; remove it, or change the kind"},
    {"secrets: [{name: a, kind: binary, value: xyz}]",
     "3:42: error: secrets[0].value: expected bytes as an even number of hexadecimal digits, found text of 3 bytes"},
    {"secrets: [{name: a, kind: ascii, value: abc, size: 4}]",
     "3:52: error: secrets[0]: expected the size of the value, 3, found 4; remove size"},
    {"secrets: [{name: a, kind: private-key, value: secret-text}]",
     "3:47: error: secrets[0].value: expected a private key in PEM, without pass phrase, found text of 11 bytes"},
    {"secrets: [{name: a, kind: x509, value: $CERT}]",
     "3:40: error: secrets[0].value: expected a certificate in PEM, or a chain of them, found text of 5 bytes"},
    {"secrets: [{name: a, kind: x509, import: {session: s, secret: x}, endpoint: server}]",
     "3:76: error: secrets[0]: expected no endpoint beside import"},
    {"secrets: [{name: a, kind: public-key}]", "3:11: error: secrets[0]: expected the key \"private_key\", found none"},
    {"secrets: [{name: a, kind: x509, private_key: k}]",
     "3:46: error: secrets[0].private_key: expected a secret of this session as the private key, found \"k\"; define "
     "it under secrets"},
    {"secrets: [{name: a, kind: x509, issuer: b}, {name: b, kind: x509}]",
     "3:41: error: secrets[0].issuer: expected a secret of kind x509-ca as the issuer, found \"b\" of kind x509"},
    {"secrets: [{name: a, kind: x509-ca, issuer: a}]",
     "3:44: error: secrets[0].issuer: expected a chain of issuers that ends, found a circle over \"a\""},
    {"secrets: [{name: a, kind: x509, san: [www.example.org]}]",
     "3:39: error: secrets[0].san[0]: expected dns:NAME or ip:ADDRESS, found \"www.example.org\""},
    {"secrets: [{name: a, kind: x509, valid_for: forever}]",
     "3:44: error: secrets[0].valid_for: expected a time such as 90d, up to 100 years, found \"forever\""},
    {"secrets: [{name: a, kind: jwt, value: x, signer: b, payload: {}}, {name: b, kind: private-key, "
     "key_type: P-384}]",
     "3:39: error: secrets[0]: expected no value for kind jwt, found one"},
    {"secrets: [{name: a, kind: ascii, export: [{}]}]",
     "3:43: error: secrets[0].export[0]: expected either session or namespace, found neither"},
    {"secrets: [{name: a, kind: ascii, export: other}]",
     "3:42: warning: secrets[0].export: the export to \"other\" trusts a name alone; add session_hash"},
    {"secrets: [{name: a, kind: ascii, export_public: true}]",
     "3:49: warning: secrets[0]: insecure: export_public lets everybody read this secret"},
    // Variables
    {"images: [{name: i, injection_files: [{path: /f, content: \"$$SCONE::a$$\"}]}]",
     "3:58: error: images[0].injection_files[0].content: expected a secret of this session as the variable "
     "$$SCONE::a$$, found \"a\"; define it under secrets"},
    {"images: [{name: i, injection_files: [{path: /f, content: \"$$SCONE::a\"}]}]",
     "3:58: error: images[0].injection_files[0].content: expected $$ at the end of a variable, found \"$$SCONE::a\""},
    {"images: [{name: i, injection_files: [{path: /f, content: \"$$SCONE::a|escape(xml)$$\"}]}]",
     "3:58: error: images[0].injection_files[0].content: expected |escape(json) or nothing"},
    {"images: [{name: i, injection_files: [{path: /f, content: \"$$SCONE::a:hexx$$\"}]}]\nsecrets: [{name: a, kind: "
     "binary}]",
     "3:58: error: images[0].injection_files[0].content: expected a form of kind binary: (none), bin, hex, base64, "
     "base64url, base32 or base32nopad, found \"$$SCONE::a:hexx$$\"; did you mean \"hex\"?"},
    {"images: [{name: i, injection_files: [{path: /f, content: \"$$SCONE::a$$\"}]}]\nsecrets: [{name: a, kind: x509}]",
     "3:58: error: images[0].injection_files[0].content: expected a form of kind x509: crt"},
    // Config fragments: checked where they are written, as if that were where they are used
    {"secrets: [{name: f, kind: config-fragment, value: [{mrenclav: " M1 "}]}]\n"
     "services: [{name: s, attestation: $$SCONE::f$$, code: {/a: " M1 "}}]",
     "3:53: error: services[0].attestation[0]: expected a key among mrenclave, signer, tdx, snp or nitro, found "
     "\"mrenclav\"; did you mean \"mrenclave\"?"},
    {"access_policy: {read: [\"$$SCONE::f$$\"]}\nsecrets: [{name: f, kind: config-fragment, value: [creator]}]",
     "4:52: error: access_policy.read[0]: expected CREATOR, ANY, NONE"},
    {"access_policy: {read: [\"$$SCONE::f$$\"]}\nsecrets: [{name: f, kind: config-fragment, value: []}]",
     "3:23: error: access_policy.read: expected at least one entry"},
    {"access_policy: $$SCONE::f$$\nsecrets: [{name: f, kind: config-fragment, value: {read: $$SCONE::g$$}}, {name: g, "
     "kind: config-fragment, value: [ANY]}]",
     "3:16: error: access_policy: expected a fragment that names no other fragment, found \"$$SCONE::f$$\""},
    {"access_policy: {read: [\"$$SCONE::f:json$$\"]}\nsecrets: [{name: f, kind: config-fragment, value: [CREATOR]}]",
     "3:24: error: access_policy.read[0]: expected text or bytes where \"$$SCONE::f:json$$\" stands, found a "
     "config-fragment; it can be a whole value in attestation"},
    {"images: [{name: i, injection_files: [{path: /f, content: $$SCONE::f$$}]}]\nsecrets: [{name: f, kind: "
     "config-fragment, value: x}]",
     "3:58: error: images[0].injection_files[0].content: expected text or bytes where"},
    {"access_policy: {read: $$SCONE::f$$}\nsecrets: [{name: f, kind: config-fragment, import: {session: o, secret: "
     "p}}]",
     "3:23: warning: access_policy.read: what $$SCONE::f$$ says is known to session \"o\" only"},
    // Images and volumes
    {"images: [{name: i, injection_files: [etc/passwd]}]",
     "3:38: error: images[0].injection_files[0]: expected an absolute path without empty, . or .. parts, found "
     "\"etc/passwd\""},
    {"images: [{name: i, injection_files: [/a, {path: /a}]}]",
     "3:42: error: images[0].injection_files: expected each path once, found \"/a\" again"},
    {"images: [{name: i, injection_files: [{path: /a, permission: 644}]}]",
     "3:61: error: images[0].injection_files[0].permission: expected a file mode in octal from 0o000 to 0o777, found "
     "\"644\""},
    {"images: [{name: i, volumes: [{name: dta, path: /d}]}]\nvolumes: [{name: data}]",
     "3:37: error: images[0].volumes[0].name: expected a volume of this session as the mounted volume, found \"dta\"; "
     "did you mean \"data\"?"},
    {"images: [{name: i, volumes: [{name: a, path: /d}, {name: b, path: /d}]}]\nvolumes: [{name: a}, {name: b}]",
     "3:51: error: images[0].volumes: expected each path once, found \"/d\" again; remove one of them"},
    {"images: [{name: i, volumes: [{name: a, path: /d/in}, {name: b, path: /d}]}]\nvolumes: [{name: a}, {name: b}]",
     "3:30: error: images[0].volumes: expected no mount inside the mount at \"/d\", found \"/d/in\"; mount them "
     "beside"},
    {"images: [{name: i, volumes: [{name: a, path: /d}, {name: a, path: /e}]}]\nvolumes: [{name: a}]",
     "3:51: error: images[0].volumes: expected each volume at one path of an image, found \"a\" again; define another"},
    {"images: [{name: i, volumes: [{name: a, path: /}]}]\nvolumes: [{name: a}]",
     "3:30: error: images[0].volumes: expected a directory below /, found \"/\""},
    {"images: [{name: i, volumes: [{name: a, path: /proc/x}]}]\nvolumes: [{name: a}]",
     "3:30: error: images[0].volumes: expected a directory outside /proc, which is the kernel's, found \"/proc/x\""},
    {"images: [{name: i, volumes: [{name: a, path: /d/e}], injection_files: [/d]}]\nvolumes: [{name: a}]",
     "3:72: error: images[0]: expected no file where the volume \"a\" is mounted, or above, found \"/d\""},
    {"services: [{name: s, mrenclaves: [" M1 "], image_name: i, code: {/d/a: " M1 "}}]\nimages: [{name: i, volumes: "
     "[{name: v, path: /d}]}]\nvolumes: [{name: v}]",
     "3:12: error: services[0].code: expected no code in the directory of the volume \"v\", found \"/d/a\"; mount the"},
    {"services: [{name: s, mrenclaves: [" M1 "], image_name: i, host: {directories: [/d/tmp]}" CODE
     "}]\nimages: [{name: i, volumes: [{name: v, path: /d}]}]\nvolumes: [{name: v}]",
     "3:12: error: services[0].host.directories: expected no directory of the host in that of the volume \"v\", found "
     "\"/d/tmp\""},
    {"volumes: [{name: v, fspf_key: " M1 ", fspf_tag: 0011}]",
     "3:107: error: volumes[0].fspf_tag: expected 40 bytes as 80 hexadecimal digits, found \"0011\"; it has 4 digits"},
    {"volumes: [{name: v, fspf_key: " M1 ", fspf_tag: 00112233445566778899aabbccddeeff}]",
     "3:107: warning: volumes[0].fspf_tag: CAS refuses fspf_tag of 16 bytes: it belongs to a volume of SCONE"},
    {"volumes: [{name: v, fspf_tag: 0000000000000001" M1 "}]",
     "3:31: error: volumes[0]: expected fspf_key beside fspf_tag"},
    {"volumes: [{name: v, files: authenticated-only}]",
     "3:28: error: volumes[0]: expected fspf_key beside files: authenticated-only, found none; add fspf_key: a "
     "binary "},
    {"volumes: [{name: v, fspf_key: topsecret}]",
     "3:31: error: volumes[0].fspf_key: expected 32 bytes as 64 hexadecimal digits, found text of 9 bytes"},
    {"volumes: [{name: v, fspf_key: $$SCONE::k$$}]\nsecrets: [{name: k, kind: binary}]",
     "3:31: error: volumes[0].fspf_key: expected a binary secret of 32 bytes as key, found 20 bytes"},
    {"volumes: [{name: v, fspf_key: " M1 "}, {name: w, fspf_key: " M1 "}]",
     "3:118: error: volumes[1].fspf_key: expected a key that no other volume has, found the key of \"v\"; give each "
     "volume a key of its own"},
    {"volumes: [{name: v, fspf_key: $$SCONE::k$$}, {name: w, fspf_key: $$SCONE::k$$}]\nsecrets: [{name: k, kind: "
     "binary, size: 32}]",
     "3:66: error: volumes[1].fspf_key: expected a key that no other volume has, found the key of \"v\"; give each "},
    // Services
    {"services: [{name: s}]",
     "3:12: error: services[0]: expected attestation, since security.attestation.mode is hardware"},
    {"services: [{name: s, attestation: []}]", "3:12: error: services[0]: expected attestation"},
    {"services: [{name: s, attestation: [{}]" CODE "}]",
     "3:36: error: services[0].attestation[0]: expected at least one factor"},
    {"services: [{name: s, mrenclaves: [" M1 "], command: \"sh -c 'x\"" CODE "}]",
     "3:111: error: services[0].command: expected a command whose quotes are closed, found an open '"},
    {"services: [{name: s, mrenclaves: [" M1 "], command: [a, \"@@0\"]" CODE "}]",
     "3:115: error: services[0].command[1]: expected the number of a host argument, from 1 to 4096, found \"@@0\""},
    {"services: [{name: s, mrenclaves: [" M1 "], command: [a, \"@@1\", \"@@1\"]" CODE "}]",
     "3:122: error: services[0].command[2]: expected each host argument once, found @@1 again"},
    {"services: [{name: s, mrenclaves: [" M1 "], environment: {\"@@A\": x}" CODE "}]",
     "3:123: error: services[0].environment.@@A: expected \"\" as the value, which the host gives, found \"x\""},
    {"services: [{name: s, mrenclaves: [" M1 "], environment: {A: x, \"@@A\": \"\"}" CODE "}]",
     "3:122: error: services[0].environment.@@A: expected each variable once"},
    {"services: [{name: s, mrenclaves: [" M1 "], environment: {A: \"$$SCONE::b:bin$$\"}" CODE
     "}]\nsecrets: [{name: b, kind: binary}]",
     "3:119: error: services[0].environment.A: expected a form of kind binary"},
    {"services: [{name: s, mrenclaves: [" M1 "], image_name: web" CODE "}]",
     "3:114: error: services[0].image_name: expected an image of this session as the image, found \"web\""},
    {"services: [{name: s, attestation: {signer: {mrsigner: " M1 ", isvsvn_min: 5, isvsvn_max: 4}}" CODE "}]",
     "3:44: error: services[0].attestation.signer: expected isvsvn_min not above isvsvn_max, found 5 and 4"},
    {"services: [{name: s, mrenclaves: [" M1 "], network: {listen: [{address: \"0.0.0.0:80\"}]}" CODE "}]",
     "3:121: error: services[0].network.listen[0]: expected the key \"identity\" where TLS is required"},
    LISTEN("redis:6379", "write the IP address that the program binds to, or *"),
    LISTEN("::1:6379", "an IPv6 address stands in brackets"),
    LISTEN("[10.0.0.1]:80", "brackets are for IPv6 addresses"),
    LISTEN("[::1]", "add the port"),
    LISTEN("10.0.0.1", "add the port"),
    LISTEN("10.0.0.256:80", "an IPv4 address has four numbers up to 255"),
    LISTEN("10.0.0.0/8:80", "a program binds to one address, or to *"),
    LISTEN("10.0.0.1:0", "a port is a number from 1 to 65535, or *"),
    LISTEN("10.0.0.1:65536", "a port is a number from 1 to 65535, or *"),
    CONNECT("db:internal:3306", "an IPv6 address stands in brackets"),
    CONNECT("300.1.1.1:80", "an IPv4 address has four numbers up to 255"),
    CONNECT("10.0.0.0/33:80", "a CIDR is such as 10.0.0.0/8:443 or [fd00::/8]:443"),
    CONNECT("-db-:80", "a name has letters, digits and hyphens between dots"),
    CONNECT("db.internal:http", "a port is a number from 1 to 65535, or *"),
    IDENTITY(
        "listen: [{address: \"*:80\", identity: nothing}]", "{name: a, kind: x509}",
        "4:49: error: services[0].network.listen[0].identity: expected a secret of this session as the identity, found "
        "\"nothing\"; define it under secrets"),
    IDENTITY(
        "listen: [{address: \"*:80\", identity: a}]", "{name: a, kind: x509-ca}",
        "4:49: error: services[0].network.listen[0].identity: expected a secret of kind x509 as the identity, found "
        "\"a\" of kind x509-ca"),
    IDENTITY(
        "listen: [{address: \"*:80\", identity: a, client_auth: a}]", "{name: a, kind: x509}",
        "4:65: error: services[0].network.listen[0].client_auth: expected a secret of kind x509-ca as the authority of "
        "clients, found \"a\" of kind x509"),
    IDENTITY("connect: [{address: \"db:80\", server_auth: a}]", "{name: a, kind: ascii}",
             "4:54: error: services[0].network.connect[0].server_auth: expected a secret of kind x509-ca as the "
             "authority of "
             "servers, found \"a\" of kind ascii"),
    IDENTITY("listen: [{address: \"*:80\", identity: a}]", "{name: a, kind: x509, endpoint: client}",
             "3:12: error: services[0].network.listen: expected an identity with endpoint: server, found \"a\" with "
             "endpoint: client"),
    IDENTITY("connect: [{address: \"db:80\", identity: a, server_auth: c}]",
             "{name: a, kind: x509, endpoint: server}, {name: c, kind: x509-ca}",
             "3:12: error: services[0].network.connect: expected an identity with endpoint: client, found \"a\" with "
             "endpoint: server"),
    IDENTITY(
        "connect: [{address: \"10.0.0.0/8:80\", server_auth: c}]", "{name: c, kind: x509-ca}",
        "4:22: warning: services[0].network.connect[0]: without server_name any server of that authority is trusted"),
    // What the runtime refuses
    {"services: [{name: s, mrenclaves: [" M1 "], memory: {sealed: true}" CODE "}]",
     "3:110: warning: services[0].memory: today's runtime refuses to start a service with memory: {sealed: true}; "
     "remove"},
    {"services: [{name: s, mrenclaves: [" M1 "], stdio: volume" CODE "}]",
     "3:109: warning: services[0].stdio: today's runtime refuses to start a service with stdio: volume; use stdio: "
     "discard"},
    {"services: [{name: s, mrenclaves: [" M1 "], network: {default: unprotected}" CODE "}]",
     "3:121: warning: services[0].network.default: insecure: default: unprotected"},
    {"services: [{name: s, mrenclaves: [" M1 "]}]",
     "3:12: warning: services[0]: without code an attested run can load no program; add code: ... (redoubt measure"},
    // Code
    {"services: [{name: s, mrenclaves: [" M1 "], code: {}}]",
     "3:108: error: services[0].code: expected a map of paths and SHA-256 hashes, or {volume: NAME}"},
    {"services: [{name: s, mrenclaves: [" M1 "], code: {/a: abc}}]",
     "3:113: error: services[0].code[/a]: expected a SHA-256 as 64 hexadecimal digits, or link:TARGET"},
    {"services: [{name: s, mrenclaves: [" M1 "], code: {/a: lnk:x}}]",
     "3:113: error: services[0].code[/a]: expected a SHA-256 as 64 hexadecimal digits, or link:TARGET"},
    {"services: [{name: s, mrenclaves: [" M1 "], code: {/a: \"link:\"}}]",
     "3:113: error: services[0].code[/a]: expected a target of 1 to 4095 bytes after link:, found 0 bytes"},
    {"services: [{name: s, mrenclaves: [" M1 "], code: {a: " M1 "}}]",
     "3:109: error: services[0].code[a]: expected an absolute path"},
    {"services: [{name: s, mrenclaves: [" M1 "], code: {/a/../b: " M1 "}}]",
     "3:109: error: services[0].code[/a/../b]: expected an absolute path"},
    {"services: [{name: s, mrenclaves: [" M1 "], code: {/: \"link:a\"}}]",
     "3:109: error: services[0].code[/]: expected an absolute path"},
    {"services: [{name: s, mrenclaves: [" M1 "], code: {/a/b: " M1 ", /a: " M1 "}}]",
     "3:109: error: services[0].code: expected no path below the file \"/a\", found \"/a/b\"; remove one of them"},
    {"services: [{name: s, mrenclaves: [" M1 "], code: {/a: \"link:usr/a\", /a/b/c: " M1 "}}]",
     "3:127: error: services[0].code: expected no path below the link \"/a\", found \"/a/b/c\"; write the path that"},
    {"services: [{name: s, mrenclaves: [" M1 "], code: {volume: v, /a: " M1 "}}]\nvolumes: [{name: v}]",
     "3:109: error: services[0].code[volume]: expected either a volume or files by hash, found both"},
    {"services: [{name: s, mrenclaves: [" M1
     "], image_name: i, code: {volume: v}}]\nimages: [{name: i, volumes: [{name: "
     "v, path: /v}]}]\nvolumes: [{name: v}]",
     "3:12: error: services[0].code: expected files: authenticated-only of the volume of code, found files: "
     "encrypted; "},
    {"services: [{name: s, mrenclaves: [" M1 "], code: {volume: v}}]\nvolumes: [{name: v, files: authenticated-only, "
     "fspf_key: " M1 "}]",
     "3:12: warning: services[0].code: its image does not mount the volume of code, so no program can be loaded; "
     "mount"},
    // Access and security
    {"access_policy: {read: [NONE, CREATOR]}",
     "3:23: error: access_policy.read: expected NONE alone, found NONE beside others"},
    {"access_policy: {update: [ANY]}", "3:25: warning: access_policy.update: insecure: ANY"},
    {"access_policy: {read: [creator]}", "3:24: error: access_policy.read[0]: expected CREATOR, ANY, NONE"},
    {"access_policy: {read: [{require-all: [CREATOR]}]}",
     "3:25: error: access_policy.read[0].require-all: expected a board only in update"},
    {"security: {attestation: {tolerate: [debugmode]}}",
     "3:37: error: security.attestation.tolerate[0]: expected debug-mode, hyperthreading"},
    {"security: {attestation: {mode: none}}",
     "3:32: error: security.attestation: expected tolerate: [no-attestation] beside mode: none"},
    {"security: {attestation: {ignore_advisories: [\"*\"]}}",
     "3:46: error: security.attestation.ignore_advisories[0]: expected an advisory such as INTEL-SA-00334, found "
     "\"*\"; "
     "to ignore all of them write ignore_advisories: \"*\", not a list"},
    {"namespace_hash: " M1,
     "3:17: error: namespace_hash: expected a session below another, such as parent/s, found \"s\""},
};

TEST(Check, SaysWhatIsWrongAndWhere) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.body);
    const CheckedSession checked = check_session(std::string("name: s\nversion: \"0.3\"\n") + row.body + "\n");
    EXPECT_EQ(checked.mistakes.size(), 1u) << (checked.mistakes.size() > 1 ? describe(checked.mistakes[1]) : "");
    if (checked.mistakes.empty()) continue;
    const std::string said = describe(checked.mistakes[0]);
    EXPECT_TRUE(said.starts_with(row.complaint)) << said << "\n" << row.complaint;
    EXPECT_EQ(checked.session.has_value(), checked.mistakes[0].severity == Severity::kWarning);
  }
}

TEST(Check, FindsEverythingAtOnceInTheOrderOfTheText) {
  const CheckedSession checked = check_session(
      "name: a//b\nversion: 1\nsalt: x\nsecrets:\n  - {name: a, kind: foo}\n  - {nam: b}\nservices:\n  - {name: s, "
      "command: {}}\n");
  std::vector<int> lines;
  for (const Mistake& one : checked.mistakes) lines.push_back(one.at.line);
  EXPECT_EQ(lines, (std::vector<int>{1, 2, 3, 5, 6, 6, 6, 8, 8}));
}

TEST(Check, NeverQuotesTheValueOfASecret) {
  const CheckedSession checked = check_session(
      "name: s\nversion: \"0.3\"\nsecrets: [{name: a, kind: binary, value: hunter2}, {name: b, kind: x509, value: "
      "hunter2}]\n"
      "security: {service_access_token: [hunter2]}\nvolumes: [{name: v, fspf_key: hunter2}]\n");
  EXPECT_EQ(checked.mistakes.size(), 4u);
  EXPECT_EQ(as_json(checked.mistakes).find("hunter2"), std::string::npos);
}

TEST(Check, WhatIsNoSession) {
  constexpr Row kNoSessions[] = {
      {"", "1:1: error: expected a session, found an empty file"},
      {"a: [", "2:1: error: expected YAML, found a syntax error"},
      {"[]", "1:1: error: expected a map with keys among name, version"},
      {"name: \xff\n", "1:7: error: expected text in UTF-8, found other bytes"},
      {"name: s\nversion: \"0.3\"\n? [a]\n: b\n", "3:3: error: expected a word as key"},
      {"a: &x [*x]\n", "1:8: error: expected an alias to something complete"},
  };
  for (const Row& row : kNoSessions) {
    const CheckedSession checked = check_session(std::string(row.body) + (row.body == std::string("a: [") ? "\n" : ""));
    ASSERT_FALSE(checked.mistakes.empty()) << row.body;
    EXPECT_FALSE(checked.session);
    const std::string said = describe(checked.mistakes[0]);
    EXPECT_TRUE(said.starts_with(row.complaint)) << said;
  }
}

}  // namespace
}  // namespace redoubt::policy
