// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL and fork. OpenSSL has locks of its own, and its objects lie in the pool (pool.h), which fork copies: no thread may be
// inside OpenSSL then, or the child would have half a change and a lock that nobody gives back. Whoever calls OpenSSL while the
// program runs does so within an OpensslUse; fork waits until there is none, and new ones wait until fork is over.
//
// An OpensslUse is held for computing only, never while waiting for a peer: fork would wait as long. It is the innermost lock of
// the shim: the holder takes no other one but the pool's and malloc's.
//
// A child that shares its parent's memory (vfork, CLONE_VM without CLONE_THREAD) shares OpenSSL and its locks. It may compute
// (a tag for a volume needs it), but a connection of the parent's is not its to read or write: net refuses that, tag_keeper.cc
// makes a connection for one tag. Killed while it computes, it leaves the count raised, as with any lock of any program.
#pragma once

#include "base/result.h"
#include "crypto/cipher_scope.h"

namespace redoubt::shim::attested {

class OpensslUse {
 public:
  OpensslUse();
  ~OpensslUse();
  OpensslUse(const OpensslUse&) = delete;
  OpensslUse& operator=(const OpensslUse&) = delete;

 private:
  const crypto::CipherScope scope_;
};

// Of the forking thread (attested/fork.h): waits until nobody is inside and copies the pool. ENOMEM: no sealed memory for the
// copy, and the other function is not called.
Result<void> suspend_openssl_for_fork();
// `pid` as fork returned it. False in a child that did not get its copy: it cannot go on.
[[nodiscard]] bool resume_openssl_after_fork(int pid);

}  // namespace redoubt::shim::attested
