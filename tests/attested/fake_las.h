// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace redoubt::fake {

// Answers on the listening socket until accept fails. Its evidence is the report data and the debug flag.
void serve_las(int listener);

}  // namespace redoubt::fake
