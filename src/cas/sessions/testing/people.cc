// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/testing/people.h"

#include <openssl/pem.h>

#include "cas/sessions/public_keys.h"
#include "policy/board_label.h"

namespace redoubt::cas {
namespace {

using Bio = crypto::OpensslPointer<BIO, BIO_free_all>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

}  // namespace

Client make_client(const std::string& name) {
  const crypto::KeyPointer key(EVP_EC_gen("P-256"));
  const crypto::X509Pointer certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate.get());
  const std::string pem = text_of(bio.get());
  return {key_hash_of_certificate_pem(pem).value(), pem};
}

BoardMember::BoardMember(const std::string& algorithm)
    : key_(algorithm == "ED25519" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519") : EVP_EC_gen(algorithm.c_str())) {}

std::string BoardMember::public_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), key_.get());
  return text_of(bio.get());
}

std::string BoardMember::principal() const {
  std::string text;
  for (const char c : public_pem()) text += c == '\n' ? std::string("\\n") : std::string(1, c);
  return "{signer: \"" + text + "\"}";
}

std::string BoardMember::sign(std::string_view yaml) const {
  return sign_bytes(std::string(policy::kBoardLabel) + std::string(yaml));
}

std::string BoardMember::sign_bytes(std::string_view message) const {
  const crypto::DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* digest = EVP_PKEY_get_id(key_.get()) == EVP_PKEY_ED25519 ? nullptr : EVP_sha384();
  EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get());
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  unsigned char signature[512];
  size_t size = sizeof(signature);
  EVP_DigestSign(context.get(), signature, &size, data, message.size());
  unsigned char text[1024];
  return {reinterpret_cast<char*>(text), static_cast<size_t>(EVP_EncodeBlock(text, signature, static_cast<int>(size)))};
}

}  // namespace redoubt::cas
