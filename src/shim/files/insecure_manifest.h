// SPDX-License-Identifier: Apache-2.0
//
// A namespace without attestation: `redoubt-run --launch --insecure-manifest=FILE`. For trying out a session's `code:` section and
// for tests. It gives a program nothing that an ordinary unattested run would not give it, only less; standard error says so.
#pragma once

#include <string>
#include <vector>

namespace redoubt::shim::file_namespace {

struct InsecureManifest {
  std::string file;                     // a wire::CodeManifest, encoded
  std::vector<std::string> injections;  // "PATH=FILE": the file's content appears at PATH, mode 0600
  // "HOSTDIR=KEY": a volume at HOSTDIR, its ciphertext in the host's directory of that path; KEY 64 hexadecimal digits. Made when the
  // directory is empty. A directory with a seal is a volume with authenticated files. "HOSTDIR=KEY:TAG" is always one, rollback
  // protected: TAG has 80 digits, as `redoubt session volumes` shows it.
  std::vector<std::string> volumes;
};

// Starts the namespace. What is wrong: a line for people; empty when all is well.
std::string start_insecure(const InsecureManifest& manifest);

}  // namespace redoubt::shim::file_namespace
