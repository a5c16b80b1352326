// SPDX-License-Identifier: Apache-2.0
//
// Programs that read further code by rules of their own. What they will miss is said, not guessed: a list of their files that
// is nearly right would be worse than none.
#pragma once

#include <string>
#include <vector>

namespace redoubt::measure {

// A sentence on what a closure of these programs (paths) lacks; empty: nothing is known to be missing.
std::string hint_for(const std::vector<std::string>& programs);

}  // namespace redoubt::measure
