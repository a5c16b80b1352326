// SPDX-License-Identifier: Apache-2.0
//
// The options of this run.
#include "shim/process/options.h"

namespace redoubt::shim {

void set_options(const Options& options) { internal::current_options = options; }

}  // namespace redoubt::shim
