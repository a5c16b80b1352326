// SPDX-License-Identifier: Apache-2.0
//
// Which key each CAS has that this user trusts: the file `known_cas` in the configuration directory, much as ssh keeps
// known_hosts. One line an address, `HOST:PORT KEY`, KEY the SHA-256 of the CAS's SubjectPublicKeyInfo in hex; empty lines
// and lines that begin with # are left alone. A file that cannot be understood is refused as a whole: a pin that silently
// got lost would be a CAS that anybody can replace.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/cas_address.h"
#include "cli/error.h"

namespace redoubt::cli {

class KnownCas {
 public:
  // `text`: the file's content. Errors name the line.
  static Result<KnownCas> parse(std::string_view text);
  // An absent file is an empty one.
  static Result<KnownCas> load(const std::string& path);

  std::optional<std::string> key_of(const CasAddress& address) const;
  // Replaces the line of that address, or adds one.
  void pin(const CasAddress& address, const std::string& key);
  // Writes the file; makes its directory if need be.
  Result<void> save(const std::string& path) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;  // checked; ends in a newline unless it is empty
};

// The path of the file.
Result<std::string> known_cas_file();

// 64 hexadecimal digits, in lower case. Errors: kUsage; `what` says where it came from, such as "--key".
Result<std::string> parse_key_hash(std::string_view text, const std::string& what);

}  // namespace redoubt::cli
