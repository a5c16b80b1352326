// SPDX-License-Identifier: Apache-2.0
//
// The forms of keys and certificates that were asked for, kept beside the materials they were made of: OpenSSL takes a millisecond
// to write a private key as PEM, as long as all the rest of a start. Only what is always the same: a jwt has a time in it.
// Thread-safe; bounded; wiped with the materials.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/secret_bytes.h"
#include "cas/secrets/material.h"

namespace redoubt::cas {

class RenderedForms {
 public:
  // `room`: bytes that may be kept.
  explicit RenderedForms(size_t room) : room_(room) {}

  // As render(), which see. `materials` must be the ones these forms are kept for.
  Result<SecretBytes, Error> render(const policy::Secret& secret, const Materials& materials, policy::Form form,
                                    UtcTime now) const;

 private:
  using Key = std::pair<std::string, policy::Form>;

  mutable std::mutex mutex_;
  mutable std::map<Key, SecretBytes> forms_;  // guarded by mutex_
  mutable size_t room_;                       // guarded by mutex_
};

}  // namespace redoubt::cas
