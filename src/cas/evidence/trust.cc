// SPDX-License-Identifier: Apache-2.0
#include "cas/evidence/trust.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <utility>

#include "attest/sgx/verifier.h"
#include "cas/log.h"
#include "crypto/x509.h"

namespace redoubt::cas {
namespace {

constexpr size_t kLargestFile = size_t{16} << 20;

Result<std::string, Error> read_file(const std::string& path) {
  std::error_code ignored;
  std::ifstream stream(path, std::ios::binary);
  if (!stream || std::filesystem::is_directory(path, ignored)) {
    return fail(ErrorCode::kFailed, "cannot be read; give a readable file");
  }
  std::string text;
  char buffer[65536];
  while (stream.read(buffer, sizeof(buffer)) || stream.gcount() > 0) {
    text.append(buffer, static_cast<size_t>(stream.gcount()));
    if (text.size() > kLargestFile) return fail(ErrorCode::kMalformed, "is longer than 16 MiB");
  }
  return text;
}

Result<attest::TrustAnchor, Error> load_root(const std::string& path, bool simulated) {
  const std::string text = TRY(read_file(path));
  crypto::Certificate certificate = TRY(crypto::Certificate::from_pem_or_der(as_bytes(text)));
  // Roots of `redoubt simulate` say what they are. Under --root they would count as hardware.
  if (!simulated && certificate.subject().common_name.find("simulated") != std::string::npos) {
    return fail(ErrorCode::kUnsupported, "expected the root of real hardware, found \"" +
                                             certificate.subject().common_name + "\"; give it with --simulated-root");
  }
  return attest::TrustAnchor{std::move(certificate), simulated};
}

Result<std::shared_ptr<const attest::sgx::Verifier>, Error> load_collateral(
    const std::string& path, const std::vector<attest::TrustAnchor>& anchors) {
  const std::string text = TRY(read_file(path));
  const attest::CollateralFile file = TRY(attest::parse_collateral_file(text));
  auto verifier = std::make_shared<const attest::sgx::Verifier>(file, anchors);
  if (const auto problem = verifier->collateral_problem()) {
    return fail(ErrorCode::kMalformed, problem->check + ": expected " + problem->expected + ", found " +
                                           problem->actual +
                                           "; give the root it was issued under, or fresh collateral");
  }
  return verifier;
}

}  // namespace

struct Trust::Slot {
  std::string path;
  std::atomic<std::shared_ptr<const attest::sgx::Verifier>> verifier;
};

namespace {

// Asks whatever verifier is in the slot at that moment.
template <typename Slot>
class ReloadingVerifier final : public attest::EvidenceVerifier {
 public:
  explicit ReloadingVerifier(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
  bool recognises(ByteView evidence) const override { return slot_->verifier.load()->recognises(evidence); }
  attest::Appraisal verify(ByteView evidence, UtcTime at) const override {
    return slot_->verifier.load()->verify(evidence, at);
  }

 private:
  std::shared_ptr<Slot> slot_;
};

}  // namespace

Result<std::unique_ptr<Trust>, Error> Trust::load(const TrustFiles& files) {
  auto trust = std::make_unique<Trust>();
  for (const bool simulated : {false, true}) {
    for (const std::string& path : simulated ? files.simulated_roots : files.roots) {
      auto anchor = load_root(path, simulated);
      if (!anchor) return std::unexpected(std::move(anchor.error()).in("the root certificate \"" + path + "\""));
      trust->anchors_.push_back(std::move(*anchor));
    }
  }
  for (const std::string& path : files.collateral) {
    auto verifier = load_collateral(path, trust->anchors_);
    if (!verifier) return std::unexpected(std::move(verifier.error()).in("the collateral \"" + path + "\""));
    auto slot = std::make_shared<Slot>();
    slot->path = path;
    slot->verifier = std::move(*verifier);
    trust->slots_.push_back(std::move(slot));
  }
  return trust;
}

std::vector<std::unique_ptr<attest::EvidenceVerifier>> Trust::verifiers() const {
  std::vector<std::unique_ptr<attest::EvidenceVerifier>> made;
  made.reserve(slots_.size());
  for (const auto& slot : slots_) made.push_back(std::make_unique<ReloadingVerifier<Slot>>(slot));
  return made;
}

void Trust::reload() const {
  for (const auto& slot : slots_) {
    auto verifier = load_collateral(slot->path, anchors_);
    if (!verifier) {
      log(LogLevel::kError,
          "the collateral \"" + slot->path + "\": " + verifier.error().message + "; what was read before stays in use");
      continue;
    }
    slot->verifier = std::move(*verifier);
    log(LogLevel::kInfo, "the collateral \"" + slot->path + "\" was read again");
  }
}

}  // namespace redoubt::cas
