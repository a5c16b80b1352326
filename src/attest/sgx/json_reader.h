// SPDX-License-Identifier: Apache-2.0
//
// Members of JSON objects with the type, size and range the format asks for. A member that is missing or wrong is an
// error that names it; members nobody asks for are left alone, as Intel adds some from time to time.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "attest/tcb_status.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/utc_time.h"
#include "crypto/hex.h"

namespace redoubt::attest::sgx {

class JsonObject {
 public:
  // `path` is for messages: "tcbLevels[3]".
  static Result<JsonObject, Error> from(const nlohmann::json& value, std::string path);

  bool has(const char* key) const { return value_->contains(key); }
  Result<uint32_t, Error> number(const char* key, uint32_t maximum) const;
  Result<std::string, Error> text(const char* key) const;
  Result<UtcTime, Error> time(const char* key) const;
  Result<TcbStatus, Error> status(const char* key) const;
  Result<JsonObject, Error> object(const char* key) const;
  // The elements of an array of objects.
  Result<std::vector<JsonObject>, Error> objects(const char* key) const;
  // An array of texts; empty when there is none.
  Result<std::set<std::string>, Error> optional_texts(const char* key) const;

  template <size_t kSize>
  Result<ByteArray<kSize>, Error> hex(const char* key) const {
    const std::string digits = TRY(text(key));
    const auto bytes = crypto::array_from_hex<kSize>(digits);
    if (!bytes) return wrong(key, std::to_string(kSize) + " bytes in hex");
    return *bytes;
  }

  std::unexpected<Error> wrong(const char* key, const std::string& expected) const;

 private:
  JsonObject(const nlohmann::json* value, std::string path) : value_(value), path_(std::move(path)) {}

  Result<const nlohmann::json*, Error> member(const char* key) const;

  const nlohmann::json* value_;
  std::string path_;
};

// The document, without exceptions. It must outlive the objects read from it.
Result<nlohmann::json, Error> parse_json(std::string_view text);

}  // namespace redoubt::attest::sgx
