// SPDX-License-Identifier: Apache-2.0
#include "cli/known_cas.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>

#include "cli/files.h"
#include "crypto/hex.h"
#include "policy/mistake.h"

namespace redoubt::cli {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;

struct Line {
  std::string_view whole;  // with its newline
  std::string_view address;
  std::string_view key;
};

std::string_view without_space(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
}

Line split(std::string_view whole) {
  const std::string_view line = without_space(whole);
  if (line.empty() || line.front() == '#') return {whole, {}, {}};
  const size_t gap = line.find_first_of(" \t");
  return {whole, line.substr(0, gap), gap == std::string_view::npos ? "" : without_space(line.substr(gap))};
}

template <typename Each>
void for_each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const size_t size = end == std::string_view::npos ? text.size() : end + 1;
    each(split(text.substr(0, size)));
    text.remove_prefix(size);
  }
}

}  // namespace

Result<std::string> parse_key_hash(std::string_view text, const std::string& what) {
  const auto key = crypto::array_from_hex<32>(text);
  if (key) return crypto::to_hex(*key);
  return fail(ExitStatus::kUsage,
              what + ": expected the SHA-256 of a public key, 64 hexadecimal digits, found " + policy::quoted(text));
}

Result<KnownCas> KnownCas::parse(std::string_view text) {
  int number = 0;
  std::set<std::string> seen;
  Result<void> checked;
  for_each_line(text, [&](const Line& line) {
    ++number;
    if (line.address.empty() || !checked) return;
    const std::string where = "line " + std::to_string(number);
    const Result<CasAddress> address = parse_cas_address(line.address);
    const Result<std::string> key = parse_key_hash(line.key, where);
    if (!address) {
      checked = fail(ExitStatus::kUsage, where + ": " + address.error().message);
    } else if (!key) {
      checked = std::unexpected(key.error());
    } else if (!seen.insert(address->text()).second) {
      checked =
          fail(ExitStatus::kUsage, where + ": expected one line an address, found a second one of " + address->text());
    }
  });
  if (!checked) return std::unexpected(checked.error());
  KnownCas known;
  known.text_ = text;
  if (!text.empty() && text.back() != '\n') known.text_ += '\n';
  return known;
}

Result<KnownCas> KnownCas::load(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) return KnownCas();
  const std::string text = TRY(read_file(path, "a list of known CAS", kLargestFile));
  Result<KnownCas> known = parse(text);
  if (!known) return fail(known.error().status, path + ", " + known.error().message + "; correct or remove the line");
  return known;
}

std::optional<std::string> KnownCas::key_of(const CasAddress& address) const {
  std::optional<std::string> found;
  for_each_line(text_, [&](const Line& line) {
    if (line.address.empty() || *parse_cas_address(line.address) != address) return;
    found = *parse_key_hash(line.key, "");
  });
  return found;
}

void KnownCas::pin(const CasAddress& address, const std::string& key) {
  const std::string pinned = address.text() + " " + key + "\n";
  std::string changed;
  bool replaced = false;
  for_each_line(text_, [&](const Line& line) {
    const bool same = !line.address.empty() && *parse_cas_address(line.address) == address;
    changed += same ? std::string_view(pinned) : line.whole;
    replaced = replaced || same;
  });
  text_ = replaced ? changed : changed + pinned;
}

Result<void> KnownCas::save(const std::string& path) const {
  TRY_VOID(make_private_directory(std::filesystem::path(path).parent_path().string()));
  return replace_private_file(path, text_);
}

Result<std::string> known_cas_file() {
  const std::string directory = TRY(config_directory());
  return directory + "/known_cas";
}

}  // namespace redoubt::cli
