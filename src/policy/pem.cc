// SPDX-License-Identifier: Apache-2.0
#include "policy/pem.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace redoubt::policy {
namespace {

template <auto kFree>
struct Freed {
  void operator()(auto* object) const { kFree(object); }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;

// Without OpenSSL's configuration file, which the host could have chosen.
Bio open_text(std::string_view text) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int no_pass_phrase(char*, int, int, void*) { return -1; }

struct TypeName {
  const char* algorithm;
  std::string_view curve;  // elliptic curves: the group
  int bits;                // RSA: the modulus
  KeyType type;
};
constexpr TypeName kTypes[] = {
    {"EC", "prime256v1", 0, KeyType::kP256}, {"EC", "secp384r1", 0, KeyType::kP384},
    {"ED25519", "", 0, KeyType::kEd25519},   {"RSA", "", 2048, KeyType::kRsa2048},
    {"RSA", "", 3072, KeyType::kRsa3072},
};

bool is_of_type(const EVP_PKEY* key, const TypeName& row) {
  if (EVP_PKEY_is_a(key, row.algorithm) == 0 || (row.bits != 0 && EVP_PKEY_get_bits(key) != row.bits)) return false;
  char curve[64] = "";
  size_t size = 0;
  return row.curve.empty() || (EVP_PKEY_get_group_name(key, curve, sizeof(curve), &size) == 1 && row.curve == curve);
}

Key read_private(std::string_view text) {
  const Bio bio = open_text(text);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  ERR_clear_error();
  return key;
}

Certificate first_certificate(std::string_view text) {
  const Bio bio = open_text(text);
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr));
  ERR_clear_error();
  return certificate;
}

std::optional<KeyFacts> facts_of(const Key& key) {
  if (!key) return std::nullopt;
  KeyFacts facts;
  for (const TypeName& row : kTypes) {
    if (is_of_type(key.get(), row)) facts.type = row.type;
  }
  return facts;
}

}  // namespace

bool is_certificate_pem(std::string_view text) {
  const Bio bio = open_text(text);
  int count = 0;
  while (Certificate(PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr))) ++count;
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return count > 0 && at_end;
}

bool is_authority_pem(std::string_view text) {
  const Certificate certificate = first_certificate(text);
  return certificate && X509_check_ca(certificate.get()) > 0;
}

bool is_private_key_pem(std::string_view text) { return read_private(text) != nullptr; }

std::optional<KeyFacts> read_private_key(std::string_view text) { return facts_of(read_private(text)); }

std::optional<KeyFacts> read_public_key(std::string_view text) {
  const Bio bio = open_text(text);
  const Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_pass_phrase, nullptr));
  ERR_clear_error();
  return facts_of(key);
}

std::string public_key_der(std::string_view text) {
  const Bio bio = open_text(text);
  const Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_pass_phrase, nullptr));
  ERR_clear_error();
  unsigned char* der = nullptr;
  const int size = key ? i2d_PUBKEY(key.get(), &der) : 0;
  if (size <= 0) return "";
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

bool key_fits_certificate(std::string_view private_key, std::string_view certificate) {
  const Key key = read_private(private_key);
  const Certificate parsed = first_certificate(certificate);
  const bool fits = key && parsed && X509_check_private_key(parsed.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace redoubt::policy
