// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
namespace redoubt::cli {
Action define_audit(CLI::App&) {
  return [] { return ExitStatus::kUsage; };
}
}  // namespace redoubt::cli
