// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/pck_extension.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "crypto/der.h"

namespace redoubt::attest::sgx {
namespace {

using crypto::DerReader;
using crypto::DerTag;

// Reads one value and stores it.
using Item = std::function<Result<void, Error>(DerReader&)>;
using Items = std::map<std::string, Item, std::less<>>;

template <size_t kSize>
Result<void, Error> read_octets(DerReader& reader, ByteArray<kSize>& into) {
  const ByteView content = TRY(reader.read(DerTag::kOctetString));
  if (content.size() != kSize) {
    return fail(ErrorCode::kMalformed,
                "expected " + std::to_string(kSize) + " bytes, found " + std::to_string(content.size()));
  }
  std::ranges::copy(content, into.begin());
  return {};
}

template <size_t kSize>
Item octets(ByteArray<kSize>& into) {
  return [&into](DerReader& reader) { return read_octets(reader, into); };
}

template <typename Integer>
Item number(Integer& into, uint32_t maximum, DerTag tag = DerTag::kInteger) {
  return [&into, maximum, tag](DerReader& reader) -> Result<void, Error> {
    into = static_cast<Integer>(TRY(reader.read_unsigned(maximum, tag)));
    return {};
  };
}

Item boolean(std::optional<bool>& into) {
  return [&into](DerReader& reader) -> Result<void, Error> {
    into = TRY(reader.read_boolean());
    return {};
  };
}

// Reads the pairs; each item at most once. What is missing stays in `items`.
Result<void, Error> read_pairs(DerReader sequence, const std::string& prefix, Items& items) {
  while (!sequence.at_end()) {
    DerReader pair = TRY(sequence.read_sequence());
    const std::string oid = TRY(pair.read_object_identifier());
    const auto item = oid.starts_with(prefix) ? items.find(std::string_view(oid).substr(prefix.size())) : items.end();
    if (item == items.end()) return fail(ErrorCode::kMalformed, "unknown or repeated item " + oid);
    Result<void, Error> read = item->second(pair);
    if (read) read = pair.expect_end();
    if (!read) return std::unexpected(std::move(read.error()).in(oid));
    items.erase(item);
  }
  return {};
}

Result<void, Error> nothing_missing(const std::string& prefix, const Items& items) {
  if (items.empty()) return {};
  return fail(ErrorCode::kMalformed, "item " + prefix + items.begin()->first + " is missing");
}

Result<void, Error> read_tcb(DerReader sequence, const std::string& prefix, PckExtension& into) {
  Items items;
  for (size_t index = 0; index < into.component_svns.size(); ++index) {
    items[std::to_string(index + 1)] = number(into.component_svns[index], UINT8_MAX);
  }
  items["17"] = number(into.pce_svn, UINT16_MAX);
  items["18"] = octets(into.cpu_svn);
  TRY_VOID(read_pairs(sequence, prefix, items));
  return nothing_missing(prefix, items);
}

Result<void, Error> read_configuration(DerReader sequence, const std::string& prefix, PckExtension& into) {
  Items items;
  items["1"] = boolean(into.dynamic_platform);
  items["2"] = boolean(into.cached_keys);
  items["3"] = boolean(into.simultaneous_multithreading);
  return read_pairs(sequence, prefix, items);
}

}  // namespace

Result<PckExtension, Error> parse_pck_extension(ByteView der) {
  const std::string prefix = std::string(kPckExtensionOid) + ".";
  PckExtension extension{};
  Items items;
  items["1"] = octets(extension.ppid);
  items["2"] = [&](DerReader& reader) -> Result<void, Error> {
    return read_tcb(TRY(reader.read_sequence()), prefix + "2.", extension);
  };
  items["3"] = octets(extension.pce_id);
  items["4"] = octets(extension.fmspc);
  items["5"] = number(extension.sgx_type, 2, DerTag::kEnumerated);
  items["6"] = [&](DerReader& reader) { return read_octets(reader, extension.platform_instance_id.emplace()); };
  items["7"] = [&](DerReader& reader) -> Result<void, Error> {
    return read_configuration(TRY(reader.read_sequence()), prefix + "7.", extension);
  };
  DerReader reader(der);
  TRY_VOID(read_pairs(TRY(reader.read_sequence()), prefix, items));
  TRY_VOID(reader.expect_end());
  items.erase("6");
  items.erase("7");
  TRY_VOID(nothing_missing(prefix, items));
  return extension;
}

Result<PckExtension, Error> pck_extension_of(const crypto::Certificate& certificate) {
  const std::optional<Bytes> content = TRY(certificate.extension(kPckExtensionOid));
  if (!content) return fail(ErrorCode::kMalformed, std::string("extension ") + kPckExtensionOid + " is missing");
  return parse_pck_extension(*content);
}

}  // namespace redoubt::attest::sgx
