// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of `redoubt session`, for its table in session.cc: what works at the desk, and what asks CAS.
#pragma once

#include "cli/command.h"

namespace redoubt::cli {

Action define_session_check(CLI::App& app);
Action define_session_hash(CLI::App& app);
Action define_session_sign(CLI::App& app);

Action define_session_create(CLI::App& app);
Action define_session_update(CLI::App& app);
Action define_session_read(CLI::App& app);
Action define_session_list(CLI::App& app);
Action define_session_value(CLI::App& app);
Action define_session_volumes(CLI::App& app);
Action define_session_forget_volume(CLI::App& app);

}  // namespace redoubt::cli
