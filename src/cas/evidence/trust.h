// SPDX-License-Identifier: Apache-2.0
//
// Whom CAS believes about platforms: root certificates and collateral files from the command line. Nothing is built in. A root
// given as simulated marks whatever is verified under it. Collateral expires: the files are read again on SIGHUP, and a file
// that is not genuine then is not taken, so that a failed renewal leaves what was there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "attest/evidence_verifier.h"
#include "base/error.h"

namespace redoubt::cas {

struct TrustFiles {
  std::vector<std::string> roots;
  std::vector<std::string> simulated_roots;
  std::vector<std::string> collateral;
};

class Trust {
 public:
  // Errors name the file.
  static Result<std::unique_ptr<Trust>, Error> load(const TrustFiles& files);

  const std::vector<attest::TrustAnchor>& anchors() const { return anchors_; }
  // One a collateral file. They share what reload() replaces and may outlive the Trust.
  std::vector<std::unique_ptr<attest::EvidenceVerifier>> verifiers() const;
  // Reads the collateral files again; logs what was taken and what was not. Thread-safe.
  void reload() const;

 private:
  struct Slot;  // one collateral file and the verifier made of it
  std::vector<attest::TrustAnchor> anchors_;
  std::vector<std::shared_ptr<Slot>> slots_;
};

}  // namespace redoubt::cas
