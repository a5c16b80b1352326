// SPDX-License-Identifier: Apache-2.0
//
// Where the key at the root of everything that CAS seals comes from. On a platform that can seal (an enclave, a TPM, a
// confidential VM with a derived key) the source asks the platform, so that the data directory alone is worth nothing. The
// first source is a file; it protects copies of the database (a backup without the key), not a stolen data directory.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "base/secret_bytes.h"

namespace redoubt::cas {

inline constexpr size_t kRootKeySize = 32;

class RootKeySource {
 public:
  virtual ~RootKeySource() = default;

  // The key. `first_start`: there is nothing sealed yet, so a new key may be made; otherwise a missing key is an error,
  // since with a new one nothing would open.
  virtual Result<SecretBytes, Error> root_key(bool first_start) = 0;

  // For people, such as "a file, not sealed by the platform".
  virtual std::string describe() const = 0;
};

// DIRECTORY/root.key: 32 random bytes, mode 0600.
std::unique_ptr<RootKeySource> root_key_in_file(std::string path);  // file_root_key.cc

}  // namespace redoubt::cas
