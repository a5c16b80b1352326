// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <memory>
#include <utility>
#include <vector>

namespace redoubt::cli {

Action define_subcommands(CLI::App& app, std::span<const Command> subcommands) {
  auto actions = std::make_shared<std::vector<std::pair<CLI::App*, Action>>>();
  app.require_subcommand(1);
  for (const Command& row : subcommands) {
    CLI::App* subcommand = app.add_subcommand(row.name, row.summary);
    actions->emplace_back(subcommand, row.define(*subcommand));
  }
  return [actions]() -> Result<ExitStatus> {
    for (const auto& [subcommand, action] : *actions) {
      if (subcommand->parsed()) return action();
    }
    return fail(ExitStatus::kRedoubtFailed, "a command was accepted that has no action");
  };
}

}  // namespace redoubt::cli
