// SPDX-License-Identifier: Apache-2.0
//
// Follows a path as the kernel does, component by component, and reports every symbolic link on the way. The runtime resolves
// paths in what the session lists, so each of these links has to be in the list: /lib/x.so needs `/lib: link:usr/lib`.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"

namespace redoubt::measure {

enum class Kind : uint8_t { kFile, kDirectory, kOther, kNothing };

struct Walked {
  std::string real;  // without links and dots; of what is not there: as far as it is there, and the rest as it stands
  Kind kind = Kind::kNothing;
};

// Called with the real path of a link and its target.
using OnLink = std::function<void(const std::string& path, const std::string& target)>;

// `path` is absolute. Errors: more than 40 links, a directory that may not be searched.
Result<Walked, Error> walk(const std::string& path, const OnLink& on_link);

}  // namespace redoubt::measure
