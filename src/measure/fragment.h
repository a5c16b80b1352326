// SPDX-License-Identifier: Apache-2.0
//
// A measured closure in the forms in which it goes on: YAML to paste into a session, JSON for scripts, and the manifest that CAS
// would send to the runtime. All are sorted by path, so that the same files give the same bytes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "measure/host_file.h"

namespace redoubt::measure {

struct MeasuredFile {
  FileHash hash;
  std::string why;
};

struct Measurement {
  std::string program;                        // as it was found
  std::string command_line;                   // of redoubt measure, for the comment
  std::map<std::string, MeasuredFile> files;  // by path
  std::map<std::string, std::string> links;   // path to target
  std::vector<std::string> host_directories;  // for the manifest and a whole service; not part of `code:`
  std::vector<std::string> notes;
};

// `service` empty: a `code:` block to be pasted below a service; else a whole service of that name.
std::string as_yaml(const Measurement& measurement, const std::string& service);
std::string as_json(const Measurement& measurement);
Bytes as_manifest(const Measurement& measurement);  // wire::CodeManifest

// What a session cannot hold: paths that are not UTF-8 or hold control characters. Empty: nothing.
std::vector<std::string> unwritable_paths(const Measurement& measurement);

// "3.4 MB"
std::string size_text(uint64_t bytes);

}  // namespace redoubt::measure
