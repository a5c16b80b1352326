// SPDX-License-Identifier: Apache-2.0
//
// What stands in the database, schema version 2. Everything but `sealed` and `state` is in the clear, and nothing in the clear is
// believed before something sealed has confirmed it.
#pragma once

#include <cstdint>
#include <string_view>

namespace redoubt::cas {

inline constexpr int64_t kApplicationId = 0x52444254;  // "RDBT", at offset 68 of the file (sqlite.org/fileformat2.html)
// user_version. 1: there is no journal of commits beside the database (commit_journal.h); otherwise as 2.
inline constexpr int64_t kSchemaVersion = 2;
inline constexpr int64_t kSchemaWithoutJournal = 1;
inline constexpr char kNowWithJournal[] = "PRAGMA user_version = 2";

// meta has one row. `state` is the index's sum, sealed at (kind 0, kStateName, version `commits`).
inline constexpr char kCreateTables[] =
    "CREATE TABLE meta("
    "  id INTEGER PRIMARY KEY CHECK(id = 1),"
    "  database_id BLOB NOT NULL,"  // 32 random bytes
    "  key_check BLOB NOT NULL,"    // Sealer::key_check
    "  commits INTEGER NOT NULL,"
    "  state BLOB NOT NULL) STRICT;"
    "CREATE TABLE record("
    "  kind INTEGER NOT NULL,"  // RecordKind
    "  name TEXT NOT NULL,"
    "  version INTEGER NOT NULL,"
    "  sealed BLOB NOT NULL,"  // sealing.h
    "  PRIMARY KEY(kind, name)) STRICT;"
    "PRAGMA application_id = 1380205140;"
    "PRAGMA user_version = 2;";
static_assert(kApplicationId == 1380205140 && kSchemaVersion == 2);

inline constexpr uint8_t kStateKind = 0;
inline constexpr std::string_view kStateName = "state";

}  // namespace redoubt::cas
