// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/json_reader.h"

namespace redoubt::attest::sgx {

using nlohmann::json;

Result<json, Error> parse_json(std::string_view text) {
  json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return fail(ErrorCode::kMalformed, "expected JSON, found something else");
  return document;
}

Result<JsonObject, Error> JsonObject::from(const json& value, std::string path) {
  if (!value.is_object())
    return fail(ErrorCode::kMalformed, (path.empty() ? "the document" : path) + ": expected an object");
  return JsonObject(&value, std::move(path));
}

std::unexpected<Error> JsonObject::wrong(const char* key, const std::string& expected) const {
  return fail(ErrorCode::kMalformed, (path_.empty() ? "" : path_ + ".") + key + ": expected " + expected);
}

Result<const json*, Error> JsonObject::member(const char* key) const {
  const auto found = value_->find(key);
  if (found == value_->end()) return wrong(key, "a value, found none");
  return &*found;
}

Result<uint32_t, Error> JsonObject::number(const char* key, uint32_t maximum) const {
  const json* value = TRY(member(key));
  if (!value->is_number_unsigned() || value->get<uint64_t>() > maximum) {
    return wrong(key, "a number from 0 to " + std::to_string(maximum));
  }
  return static_cast<uint32_t>(value->get<uint64_t>());
}

Result<std::string, Error> JsonObject::text(const char* key) const {
  const json* value = TRY(member(key));
  if (!value->is_string()) return wrong(key, "a text");
  return value->get<std::string>();
}

Result<UtcTime, Error> JsonObject::time(const char* key) const {
  const std::optional<UtcTime> time = parse_utc_time(TRY(text(key)));
  if (!time) return wrong(key, "a time such as 2025-01-31T23:59:59Z");
  return *time;
}

Result<TcbStatus, Error> JsonObject::status(const char* key) const {
  const std::optional<TcbStatus> status = tcb_status_from_name(TRY(text(key)));
  if (!status) return wrong(key, "a TCB status");
  return *status;
}

Result<JsonObject, Error> JsonObject::object(const char* key) const {
  const json* value = TRY(member(key));
  return from(*value, (path_.empty() ? "" : path_ + ".") + key);
}

Result<std::vector<JsonObject>, Error> JsonObject::objects(const char* key) const {
  const json* value = TRY(member(key));
  if (!value->is_array()) return wrong(key, "an array");
  std::vector<JsonObject> elements;
  elements.reserve(value->size());
  for (const json& element : *value) {
    elements.push_back(TRY(from(element, std::string(key) + "[" + std::to_string(elements.size()) + "]")));
  }
  return elements;
}

Result<std::set<std::string>, Error> JsonObject::optional_texts(const char* key) const {
  const auto found = value_->find(key);
  if (found == value_->end()) return std::set<std::string>{};
  if (!found->is_array()) return wrong(key, "an array of texts");
  std::set<std::string> texts;
  for (const json& element : *found) {
    if (!element.is_string()) return wrong(key, "an array of texts");
    texts.insert(element.get<std::string>());
  }
  return texts;
}

}  // namespace redoubt::attest::sgx
