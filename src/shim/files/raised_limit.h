// SPDX-License-Identifier: Apache-2.0
//
// What the program may limit and the shim still needs: RLIMIT_FSIZE counts memory files too, RLIMIT_NOFILE the few
// descriptors that exec takes for a moment. While one of these lives, the soft limit is as high as wanted, or as the hard
// one where the process lacks CAP_SYS_RESOURCE. Other threads have the same limit meanwhile.
#pragma once

#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>

#include "base/result.h"
#include "shim/gate/gate.h"

namespace redoubt::shim {

class RaisedSoftLimit {
 public:
  // `more` on top of the present limit; RLIM_INFINITY for none at all.
  RaisedSoftLimit(int resource, rlim_t more) : resource_(static_cast<uint64_t>(resource)) {
    if (is_error(gate::call(SYS_prlimit64, 0, resource_, 0, gate::address_of(&before_)))) return;
    if (before_.rlim_cur == RLIM_INFINITY) return;
    const rlim_t wanted = more == RLIM_INFINITY ? more : before_.rlim_cur + more;
    changed_ = set({.rlim_cur = wanted, .rlim_max = std::max(wanted, before_.rlim_max)}) ||
               set({.rlim_cur = before_.rlim_max, .rlim_max = before_.rlim_max});
  }
  ~RaisedSoftLimit() {
    if (changed_) set(before_);
  }
  RaisedSoftLimit(const RaisedSoftLimit&) = delete;
  RaisedSoftLimit& operator=(const RaisedSoftLimit&) = delete;

 private:
  bool set(const rlimit& limit) const {
    return !is_error(gate::call(SYS_prlimit64, 0, resource_, gate::address_of(&limit), 0));
  }

  uint64_t resource_;
  rlimit before_{};
  bool changed_ = false;
};

}  // namespace redoubt::shim
