// SPDX-License-Identifier: Apache-2.0
//
// The options of this run.
#include "shim/process/options.h"

namespace redoubt::shim {
namespace {
Options current;
}

const Options& options() { return current; }
void set_options(const Options& options) { current = options; }

}  // namespace redoubt::shim
