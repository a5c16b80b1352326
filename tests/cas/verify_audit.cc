// SPDX-License-Identifier: Apache-2.0
//
// verify_audit AUDIT.LOG AUDIT.PUB: prints the last sequence number of a good log; else says the first bad line, status 1. For
// the tests of CAS, which must not depend on the command line tool.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "cas/audit/chain.h"

namespace {

std::string read(const char* path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const auto key = redoubt::cas::AuditPublicKey::from_pem(read(argv[2]));
    if (!key) {
        std::cerr << key.error().message << '\n';
        return 1;
    }
    const auto verdict = redoubt::cas::verify_audit_log(read(argv[1]), *key);
    if (verdict.bad) {
        std::cerr << "line " << verdict.bad->line << ": " << verdict.bad->why << '\n';
        return 1;
    }
    std::cout << verdict.head.sequence << '\n';
    return 0;
}
