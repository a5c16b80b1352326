// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509_fields.h"

#include <openssl/err.h>
#include <openssl/objects.h>

#include <ctime>

namespace redoubt::crypto {
namespace {

std::string common_name_of(const X509_NAME* name) {
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, index) >= 0) return {};
  uint8_t* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
  if (size < 0) return {};
  std::string copy(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
  OPENSSL_free(text);
  return copy;
}

std::string object_text(const ASN1_OBJECT* object) {
  char text[128] = {};
  OBJ_obj2txt(text, sizeof(text), object, 1);
  return text;
}

}  // namespace

Name name_of(std::shared_ptr<const void> owner, const X509_NAME* name) {
  return {std::shared_ptr<const X509_NAME>(std::move(owner), name), common_name_of(name)};
}

Result<UtcTime, Error> time_of(const ASN1_TIME* time) {
  std::tm fields{};
  const bool good = time != nullptr && ASN1_TIME_to_tm(time, &fields) == 1;
  ERR_clear_error();
  if (!good) return fail(ErrorCode::kMalformed, "a time that is no ASN.1 time");
  return utc_time_from_unix(timegm(&fields));
}

Result<Bytes, Error> serial_of(const ASN1_INTEGER* serial) {
  if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER) return fail(ErrorCode::kMalformed, "a negative serial number");
  const uint8_t* start = ASN1_STRING_get0_data(serial);
  const uint8_t* end = start + ASN1_STRING_length(serial);
  while (start != end && *start == 0) ++start;  // so that equal numbers are equal bytes
  return Bytes(start, end);
}

std::optional<std::string> unknown_critical_extension(const STACK_OF(X509_EXTENSION) * extensions) {
  for (int index = 0; index < sk_X509_EXTENSION_num(extensions); ++index) {
    X509_EXTENSION* extension = sk_X509_EXTENSION_value(extensions, index);
    const ASN1_OBJECT* object = X509_EXTENSION_get_object(extension);
    const int kind = OBJ_obj2nid(object);
    if (X509_EXTENSION_get_critical(extension) == 0 || kind == NID_basic_constraints || kind == NID_key_usage) continue;
    return object_text(object);
  }
  return std::nullopt;
}

}  // namespace redoubt::crypto
