// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/test_platform.h"

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "crypto/hex.h"

namespace redoubt::attest::sgx {
namespace {

using namespace crypto;

void must(bool good) {
  if (!good) std::abort();
}

// --- DER ---

Bytes element(uint8_t tag, const Bytes& content) {
  Bytes out{tag};
  if (content.size() >= 0x100) {
    out.insert(out.end(), {0x82, static_cast<uint8_t>(content.size() >> 8), static_cast<uint8_t>(content.size())});
  } else if (content.size() >= 0x80) {
    out.insert(out.end(), {0x81, static_cast<uint8_t>(content.size())});
  } else {
    out.push_back(static_cast<uint8_t>(content.size()));
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes integer(unsigned value) {
  if (value >= 0x8000) return element(2, {0, static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)});
  if (value >= 0x80) return element(2, {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)});
  return element(2, {static_cast<uint8_t>(value)});
}

// (1.2.840.113741.1.13.1 and these arcs, value)
Bytes pair(std::initializer_list<uint8_t> arcs, const Bytes& value) {
  Bytes oid{0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
  oid.insert(oid.end(), arcs);
  Bytes both = element(6, oid);
  both.insert(both.end(), value.begin(), value.end());
  return element(0x30, both);
}

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

// --- certificates ---

void add_extension(X509* certificate, int kind, const char* value, X509* issuer) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  must(extension && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void add_raw_extension(X509* certificate, const char* oid, bool critical, const Bytes& content) {
  ASN1_OBJECT* object = OBJ_txt2obj(oid, 1);
  ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
  must(ASN1_OCTET_STRING_set(octets, content.data(), static_cast<int>(content.size())) == 1);
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, object, critical, octets);
  must(extension && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(octets);
  ASN1_OBJECT_free(object);
}

X509Pointer make_certificate(const TestCertificate& wanted, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                             const Bytes& pck_extension = {}) {
  X509Pointer made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), wanted.serial);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const uint8_t*>(wanted.name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer ? issuer : made.get()));
  ASN1_TIME_set(X509_getm_notBefore(made.get()), wanted.from);
  ASN1_TIME_set(X509_getm_notAfter(made.get()), wanted.until);
  X509_set_pubkey(made.get(), key);
  X509* signer = issuer ? issuer : made.get();
  const std::string constraints =
      wanted.authority ? "critical,CA:TRUE,pathlen:" + std::to_string(wanted.path_length) : "critical,CA:FALSE";
  add_extension(made.get(), NID_basic_constraints, constraints.c_str(), signer);
  const char* usage = !wanted.authority            ? "critical,digitalSignature"
                      : wanted.omit_key_usage_sign ? "critical,cRLSign"
                                                   : "critical,keyCertSign,cRLSign";
  add_extension(made.get(), NID_key_usage, usage, signer);
  if (wanted.foreign_critical) add_raw_extension(made.get(), "1.2.3.4.5", true, {0x05, 0x00});
  if (!pck_extension.empty()) add_raw_extension(made.get(), "1.2.840.113741.1.13.1", false, pck_extension);
  must(X509_sign(made.get(), issuer_key, EVP_sha256()) > 0);
  return made;
}

std::string make_crl(X509* issuer, EVP_PKEY* key, const std::vector<long>& serials) {
  const CrlPointer crl(X509_CRL_new());
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer));
  ASN1_TIME* time = ASN1_TIME_set(nullptr, kTestIssued);
  X509_CRL_set1_lastUpdate(crl.get(), time);
  ASN1_TIME_set(time, kTestExpires);
  X509_CRL_set1_nextUpdate(crl.get(), time);
  for (const long serial : serials) {
    X509_REVOKED* entry = X509_REVOKED_new();
    ASN1_INTEGER* number = ASN1_INTEGER_new();
    ASN1_INTEGER_set(number, serial);
    X509_REVOKED_set_serialNumber(entry, number);
    ASN1_TIME_set(time, kTestIssued);
    X509_REVOKED_set_revocationDate(entry, time);
    X509_CRL_add0_revoked(crl.get(), entry);
    ASN1_INTEGER_free(number);
  }
  ASN1_TIME_free(time);
  X509_CRL_sort(crl.get());
  must(X509_CRL_sign(crl.get(), key, EVP_sha256()) > 0);
  uint8_t* der = nullptr;
  const int size = i2d_X509_CRL(crl.get(), &der);
  std::string hex = to_hex({der, static_cast<size_t>(size)});
  OPENSSL_free(der);
  return hex;
}

std::string pem_of(X509* certificate) {
  const OpensslPointer<BIO, BIO_free_all> memory(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(memory.get(), certificate) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<size_t>(size)};
}

ByteArray<64> sign(EVP_PKEY* key, ByteView message) {
  const DigestContext context(EVP_MD_CTX_new());
  uint8_t der[128];
  size_t size = sizeof(der);
  must(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1);
  must(EVP_DigestSign(context.get(), der, &size, message.data(), message.size()) == 1);
  const uint8_t* position = der;
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &position, static_cast<long>(size)));
  ByteArray<64> raw;
  must(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), 32) == 32);
  must(BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + 32, 32) == 32);
  return raw;
}

template <typename T>
void append_raw(Bytes& out, const T& value) {
  const auto* start = reinterpret_cast<const uint8_t*>(&value);
  out.insert(out.end(), start, start + sizeof(value));
}

}  // namespace

Bytes make_pck_extension(const ByteArray<16>& component_svns, uint16_t pce_svn, bool smt) {
  Bytes tcb;
  for (size_t index = 0; index < component_svns.size(); ++index) {
    append(tcb, pair({2, static_cast<uint8_t>(index + 1)}, integer(component_svns[index])));
  }
  append(tcb, pair({2, 17}, integer(pce_svn)));
  append(tcb, pair({2, 18}, element(4, Bytes(16, 9))));
  Bytes all = pair({1}, element(4, Bytes(16, 0xAA)));
  append(all, pair({2}, element(0x30, tcb)));
  append(all, pair({3}, element(4, {0, 0})));
  append(all, pair({4}, element(4, {10, 11, 12, 13, 14, 15})));
  append(all, pair({5}, element(0x0A, {1})));
  append(all, pair({6}, element(4, Bytes(16, 0xBB))));
  const Bytes yes = element(1, {0xFF}), no = element(1, {0});
  Bytes configuration = pair({7, 1}, yes);
  append(configuration, pair({7, 2}, no));
  append(configuration, pair({7, 3}, smt ? yes : no));
  append(all, pair({7}, element(0x30, configuration)));
  return element(0x30, all);
}

TestPlatform::TestPlatform(TestOptions options)
    : options_(std::move(options)),
      root_key_(EVP_EC_gen("P-256")),
      pck_ca_key_(EVP_EC_gen("P-256")),
      pck_key_(EVP_EC_gen("P-256")),
      tcb_signing_key_(EVP_EC_gen("P-256")),
      attestation_key_(EVP_EC_gen("P-256")) {
  if (options_.pck_extension.empty()) {
    options_.pck_extension = make_pck_extension(options_.component_svns, options_.pce_svn, options_.smt);
  }
  root_ = make_certificate(options_.root, root_key_.get(), nullptr, root_key_.get());
  pck_ca_ = make_certificate(options_.pck_ca, pck_ca_key_.get(), root_.get(), root_key_.get());
  pck_ = make_certificate(options_.pck, pck_key_.get(), pck_ca_.get(), pck_ca_key_.get(), options_.pck_extension);
  tcb_signing_ = make_certificate(options_.tcb_signing, tcb_signing_key_.get(), root_.get(), root_key_.get());
}

TrustAnchor TestPlatform::anchor(bool simulated) const {
  return {*Certificate::from_pem_or_der(as_bytes(pem_of(root_.get()))), simulated};
}

std::string TestPlatform::pck_chain() const {
  return pem_of(pck_.get()) + pem_of(pck_ca_.get()) + (options_.chain_without_root ? "" : pem_of(root_.get()));
}

std::string TestPlatform::sign_text(const std::string& text) const {
  return to_hex(sign(tcb_signing_key_.get(), as_bytes(text)));
}

CollateralFile TestPlatform::collateral() const {
  const std::string root_pem = options_.chain_without_root ? "" : pem_of(root_.get());
  const std::string signing_chain = pem_of(tcb_signing_.get()) + root_pem;
  CollateralFile file;
  file.tcb_info = options_.tcb_info_text;
  if (file.tcb_info->empty()) {
    file.tcb_info = tcb_info_text(tcb_level(5, 11, "UpToDate") + "," +
                                  tcb_level(3, 9, "OutOfDate", R"("INTEL-SA-00001","INTEL-SA-00002")"));
  }
  file.tcb_info_signature = sign_text(*file.tcb_info);
  file.tcb_info_issuer_chain = signing_chain;
  file.qe_identity = options_.qe_identity_text;
  if (file.qe_identity->empty())
    file.qe_identity = qe_identity_text(qe_level(8, "UpToDate") + "," + qe_level(6, "OutOfDate"));
  file.qe_identity_signature = sign_text(*file.qe_identity);
  file.qe_identity_issuer_chain = signing_chain;
  file.root_ca_crl = make_crl(root_.get(), root_key_.get(), options_.revoked_by_root);
  file.pck_crl = make_crl(pck_ca_.get(), pck_ca_key_.get(), options_.revoked_by_pck_ca);
  file.pck_crl_issuer_chain = pem_of(pck_ca_.get()) + root_pem;
  return file;
}

Bytes TestPlatform::quote() const {
  SignedPartV3 signed_part{};
  signed_part.header.version = kQuoteVersion3;
  signed_part.header.attestation_key_type = kEcdsaP256;
  signed_part.header.qe_svn = 8;
  signed_part.header.qe_vendor_id = kIntelQeVendorId;
  signed_part.body.attributes.flags = 5;  // INIT, MODE64BIT
  signed_part.body.attributes.xfrm = 7;
  signed_part.body.mrenclave.fill(0xE1);
  signed_part.body.mrsigner.fill(0x51);
  signed_part.body.report_data.fill(0xDA);
  options_.change_report(signed_part);

  const Bytes qe_auth_data(32, 0x77);
  AuthDataV3 auth{};
  auth.attestation_key = P256PublicKey::from_openssl(attestation_key_.get())->coordinates();
  auth.qe_report.attributes.flags = 0x15;
  auth.qe_report.attributes.xfrm = 7;
  auth.qe_report.mrsigner.fill(0x8C);
  auth.qe_report.isv_prod_id = 1;
  auth.qe_report.isv_svn = 8;
  std::ranges::copy(sha256({auth.attestation_key, qe_auth_data}), auth.qe_report.report_data.begin());
  options_.change_qe_report(auth.qe_report);
  Bytes report;
  append_raw(report, auth.qe_report);
  auth.qe_report_signature = sign(pck_key_.get(), report);

  Bytes quote;
  append_raw(quote, signed_part);
  auth.quote_signature = sign(attestation_key_.get(), quote);
  Bytes rest;
  append_raw(rest, auth);
  append_raw(rest, U16Le(static_cast<uint16_t>(qe_auth_data.size())));
  append(rest, qe_auth_data);
  append_raw(rest, U16Le(options_.certification_type));
  const std::string chain = options_.certification_type == 5   ? pck_chain()
                            : options_.certification_type == 4 ? pem_of(pck_.get())
                                                               : std::string(404, '\0');
  append_raw(rest, U32Le(static_cast<uint32_t>(chain.size())));
  rest.insert(rest.end(), chain.begin(), chain.end());
  append_raw(quote, U32Le(static_cast<uint32_t>(rest.size())));
  append(quote, rest);
  options_.change_signed_quote(quote);
  return quote;
}

std::string TestPlatform::tcb_info_text(const std::string& levels) {
  return R"({"id":"SGX","version":3,"issueDate":")" + to_string(utc_time_from_unix(kTestIssued)) +
         R"(","nextUpdate":")" + to_string(utc_time_from_unix(kTestExpires)) +
         R"(","fmspc":"0A0B0C0D0E0F","pceId":"0000","tcbType":0,"tcbEvaluationDataNumber":17,"tcbLevels":[)" + levels +
         "]}";
}

std::string TestPlatform::tcb_level(int first_svn, int pce_svn, const std::string& status,
                                    const std::string& advisories) {
  std::string components = R"({"svn":)" + std::to_string(first_svn) + "}";
  for (int index = 1; index < 16; ++index) components += R"(,{"svn":0})";
  return R"({"tcb":{"sgxtcbcomponents":[)" + components + R"(],"pcesvn":)" + std::to_string(pce_svn) +
         R"(},"tcbDate":"2025-01-01T00:00:00Z","tcbStatus":")" + status + R"(","advisoryIDs":[)" + advisories + "]}";
}

std::string TestPlatform::qe_identity_text(const std::string& levels) {
  std::string signer;
  for (int index = 0; index < 32; ++index) signer += "8C";
  return R"({"id":"QE","version":2,"issueDate":")" + to_string(utc_time_from_unix(kTestIssued)) +
         R"(","nextUpdate":")" + to_string(utc_time_from_unix(kTestExpires)) +
         R"(","tcbEvaluationDataNumber":17,"miscselect":"00000000","miscselectMask":"FFFFFFFF",)"
         R"("attributes":"11000000000000000000000000000000","attributesMask":"FBFFFFFFFFFFFFFF0000000000000000","mrsigner":")" +
         signer + R"(","isvprodid":1,"tcbLevels":[)" + levels + "]}";
}

std::string TestPlatform::qe_level(int isv_svn, const std::string& status) {
  return R"({"tcb":{"isvsvn":)" + std::to_string(isv_svn) + R"(},"tcbDate":"2025-01-01T00:00:00Z","tcbStatus":")" +
         status + R"("})";
}

}  // namespace redoubt::attest::sgx
