// SPDX-License-Identifier: Apache-2.0
//
// CAS's own log: one line a message on standard error, "2026-01-31T10:00:00Z warning: text", for whoever runs CAS. Unlike
// the audit log it is no record of decisions and may be thrown away; here stands what clients are not told (why the store failed).
// What came from outside is quoted, so that nobody writes lines of his own. Never a secret. Thread-safe.
#pragma once

#include <optional>
#include <string_view>

namespace redoubt::cas {

enum class LogLevel { kError, kWarning, kInfo, kDebug };

// "error", "warning", "info", "debug".
std::optional<LogLevel> log_level_of(std::string_view word);

// Messages of a lower importance are dropped. The first thing that a program sets, before it has threads.
void set_log_level(LogLevel level);

void log(LogLevel level, std::string_view message);

}  // namespace redoubt::cas
