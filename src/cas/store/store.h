// SPDX-License-Identifier: Apache-2.0
//
// What CAS keeps, as named records. The only place that knows a database; SQL lives in this folder only. Every record is sealed
// (AES-256-GCM under the key hierarchy of sealing.h) and bound to its place: kind, name and version are authenticated with
// it, so a record that was moved, swapped or put back to an older version under another's place does not open.
//
// Versions count from 1. A change names the version it replaces, so two writers (threads, or several CAS on one database)
// cannot lose each other's update: the later one gets a conflict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret_bytes.h"

namespace redoubt::cas {

enum class RecordKind : uint8_t {
  kSession = 1,    // name: of the session. sessions/stored_session.h
  kMaterials = 2,  // name: of the session. What its secrets are
  kPassword = 3,   // name: session/service. The last time step of a one-time password that was used
  kService = 4,    // of CAS itself: its TLS key, its audit key
  kVolume = 5,  // name: session#volume, and session#volume#id of those that were forgotten. sessions/volume_records.h
  kVolumeState = 6,  // name: id of a volume, hexadecimal
};

struct Record {
  uint64_t version;
  SecretBytes bytes;
};

struct Change {
  RecordKind kind;
  std::string name;
  uint64_t replaces;  // the version that is there; 0: none is
  SecretBytes bytes;  // the new content
};

enum class CommitOutcome : uint8_t { kCommitted, kConflict };

class Store {
 public:
  virtual ~Store() = default;

  // nullopt: there is none. kUnauthentic: it does not open. Thread-safe, as everything here.
  virtual Result<std::optional<Record>, Error> get(RecordKind kind, const std::string& name) const = 0;

  // The version that is there, 0: none is. Cheap, for caches of what a version holds; a store that can answers from memory.
  virtual Result<uint64_t, Error> version(RecordKind kind, const std::string& name) const {
    const auto record = get(kind, name);
    if (!record) return std::unexpected(record.error());
    const std::optional<Record>& found = *record;
    return found ? found->version : 0;
  }

  // All changes or none; durable against power loss when it returns kCommitted. kConflict: a version was not as named.
  virtual Result<CommitOutcome, Error> commit(std::vector<Change> changes) = 0;

  // Names that begin with `prefix`, in the order of their bytes, after `after`, at most `limit`.
  virtual Result<std::vector<std::string>, Error> names(RecordKind kind, const std::string& prefix,
                                                        const std::string& after, size_t limit) const = 0;
};

}  // namespace redoubt::cas
