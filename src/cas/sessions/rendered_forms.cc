// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/rendered_forms.h"

#include <algorithm>

namespace redoubt::cas {
namespace {

constexpr policy::SecretKind kKept[] = {policy::SecretKind::kPrivateKey, policy::SecretKind::kPublicKey,
                                        policy::SecretKind::kX509, policy::SecretKind::kX509Ca,
                                        policy::SecretKind::kPgpKey};

}  // namespace

Result<SecretBytes, Error> RenderedForms::render(const policy::Secret& secret, const Materials& materials,
                                                 policy::Form form, UtcTime now) const {
  if (std::ranges::find(kKept, secret.kind) == std::end(kKept)) return cas::render(secret, materials, form, now);
  Key key(secret.name, form);
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = forms_.find(key); found != forms_.end()) return found->second.copy();
  }
  SecretBytes made = TRY(cas::render(secret, materials, form, now));
  const std::scoped_lock lock(mutex_);
  if (made.size() <= room_ && forms_.emplace(std::move(key), made.copy()).second) room_ -= made.size();
  return made;
}

}  // namespace redoubt::cas
