// SPDX-License-Identifier: Apache-2.0
#include <openssl/rand.h>

#include <utility>

#include "cas/store/private_files.h"
#include "cas/store/root_key.h"

namespace redoubt::cas {
namespace {

class FileRootKey final : public RootKeySource {
 public:
  explicit FileRootKey(std::string path) : path_(std::move(path)) {}

  Result<SecretBytes, Error> root_key(bool first_start) override {
    std::optional<SecretBytes> present = TRY(read_private_file(path_, kRootKeySize));
    if (present && present->size() != kRootKeySize) {
      return fail(ErrorCode::kMalformed, "the root key \"" + path_ + "\": expected 32 bytes, found " +
                                             std::to_string(present->size()) + "; restore it from its backup");
    }
    if (present) return std::move(*present);
    if (!first_start) {
      return fail(ErrorCode::kFailed, "there is a database, but not its root key \"" + path_ +
                                          "\"; restore it from its backup: without it nothing in the database opens");
    }
    SecretBytes key(kRootKeySize);
    if (RAND_priv_bytes(key.data(), kRootKeySize) != 1) return fail(ErrorCode::kFailed, "no random numbers");
    TRY_VOID(write_private_file(path_, key.view()));
    return key;
  }

  std::string describe() const override { return "a file beside the database, not sealed by the platform"; }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<RootKeySource> root_key_in_file(std::string path) {
  return std::make_unique<FileRootKey>(std::move(path));
}

}  // namespace redoubt::cas
