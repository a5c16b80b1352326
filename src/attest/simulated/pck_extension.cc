// SPDX-License-Identifier: Apache-2.0
#include "attest/simulated/pck_extension.h"

#include <string>

#include "crypto/der_writer.h"

namespace redoubt::attest::simulated {
namespace {

using crypto::DerTag;

// (OID of the extension and these arcs, value)
Bytes pair(const std::string& arcs, const Bytes& value) {
  return crypto::der_sequence({crypto::der_object_identifier(std::string(sgx::kPckExtensionOid) + "." + arcs), value});
}

Bytes octets(ByteView content) { return crypto::der_element(DerTag::kOctetString, content); }

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

Bytes tcb(const sgx::PckExtension& extension) {
  Bytes content;
  for (size_t index = 0; index < extension.component_svns.size(); ++index) {
    append(content, pair("2." + std::to_string(index + 1), crypto::der_integer(extension.component_svns[index])));
  }
  append(content, pair("2.17", crypto::der_integer(extension.pce_svn)));
  append(content, pair("2.18", octets(extension.cpu_svn)));
  return crypto::der_element(DerTag::kSequence, content);
}

Bytes configuration(const sgx::PckExtension& extension) {
  Bytes content;
  if (extension.dynamic_platform) append(content, pair("7.1", crypto::der_boolean(*extension.dynamic_platform)));
  if (extension.cached_keys) append(content, pair("7.2", crypto::der_boolean(*extension.cached_keys)));
  if (extension.simultaneous_multithreading) {
    append(content, pair("7.3", crypto::der_boolean(*extension.simultaneous_multithreading)));
  }
  return content;
}

}  // namespace

Bytes make_pck_extension(const sgx::PckExtension& extension) {
  Bytes content = pair("1", octets(extension.ppid));
  append(content, pair("2", tcb(extension)));
  append(content, pair("3", octets(extension.pce_id)));
  append(content, pair("4", octets(extension.fmspc)));
  append(content, pair("5", crypto::der_enumerated(static_cast<uint8_t>(extension.sgx_type))));
  if (extension.platform_instance_id) append(content, pair("6", octets(*extension.platform_instance_id)));
  const Bytes last = configuration(extension);
  if (!last.empty()) append(content, pair("7", crypto::der_element(DerTag::kSequence, last)));
  return crypto::der_element(DerTag::kSequence, content);
}

}  // namespace redoubt::attest::simulated
