// SPDX-License-Identifier: Apache-2.0
#include "cli/client_identity.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/secret_bytes.h"
#include "cli/files.h"
#include "crypto/hash.h"
#include "crypto/hex.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::cli {
namespace {

constexpr size_t kLargestFile = size_t{64} * 1024;

using BioPointer = crypto::OpensslPointer<BIO, BIO_free_all>;

std::unexpected<Error> openssl_failure(const char* what) {
  return fail(ExitStatus::kRedoubtFailed, std::string("OpenSSL cannot ") + what);
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<size_t>(size)};
}

// A file with a passphrase is refused, not asked about: a script would hang.
int no_passphrase(char*, int, int, void*) { return -1; }

// Self-signed, for as long as dates go (RFC 5280, 4.1.2.5): trust in it ends when it is taken out of the sessions.
crypto::X509Pointer certificate_for(EVP_PKEY* key) {
  crypto::X509Pointer certificate(X509_new());
  unsigned char serial[16];
  if (!certificate || RAND_bytes(serial, sizeof(serial)) != 1) return nullptr;
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);
  const crypto::BigNumber number(BN_bin2bn(serial, sizeof(serial), nullptr));
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const bool made =
      number && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr &&
      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -24 * 60 * 60) != nullptr &&
      ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), "99991231235959Z") == 1 &&
      X509_set_pubkey(certificate.get(), key) == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("redoubt client"), -1,
                                 -1, 0) == 1 &&
      X509_set_issuer_name(certificate.get(), name) == 1 && X509_sign(certificate.get(), key, EVP_sha256()) > 0;
  return made ? std::move(certificate) : nullptr;
}

// Whether the file is the user's own and nobody else's to read.
Result<void> check_private(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return fail(ExitStatus::kUsage, "expected an identity, a PEM file with key and certificate, found \"" + path +
                                        "\": " + std::strerror(errno));
  }
  if (S_ISREG(status.st_mode) && status.st_uid == geteuid() && (status.st_mode & 077) == 0) return {};
  return fail(ExitStatus::kUsage, "expected an identity that only you can read, found \"" + path +
                                      "\"; it holds a private key: chown it to yourself and chmod 600");
}

}  // namespace

std::string key_hash_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  std::string hash = crypto::to_hex(crypto::sha256(ByteView(der, static_cast<size_t>(size))));
  OPENSSL_free(der);
  return hash;
}

Result<std::string> ClientIdentity::generate() {
  const crypto::KeyPointer key(EVP_EC_gen("P-256"));
  if (!key) return openssl_failure("make a P-256 key");
  const crypto::X509Pointer certificate = certificate_for(key.get());
  const BioPointer pem(BIO_new(BIO_s_secmem()));
  if (!certificate || !pem ||
      PEM_write_bio_PKCS8PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(pem.get(), certificate.get()) != 1) {
    return openssl_failure("make a certificate");
  }
  return text_of(pem.get());
}

Result<ClientIdentity> ClientIdentity::from_pem(const std::string& pem) {
  const auto reader = [&] { return BioPointer(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); };
  const BioPointer key_text = reader();
  const BioPointer certificate_text = reader();
  crypto::KeyPointer key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_passphrase, nullptr));
  crypto::X509Pointer certificate(PEM_read_bio_X509(certificate_text.get(), nullptr, no_passphrase, nullptr));
  if (!key || !certificate || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return fail(ExitStatus::kUsage,
                "expected an identity: one private key without passphrase and its certificate, both in PEM, found " +
                    std::string(!key           ? "no such key"
                                : !certificate ? "no certificate"
                                               : "a certificate of another key"));
  }
  ClientIdentity identity;
  identity.key_hash_ = key_hash_of(certificate.get());
  const BioPointer out(BIO_new(BIO_s_mem()));
  if (identity.key_hash_.empty() || !out || PEM_write_bio_X509(out.get(), certificate.get()) != 1) {
    return openssl_failure("encode the certificate");
  }
  identity.certificate_pem_ = text_of(out.get());
  identity.key_ = std::move(key);
  identity.certificate_ = std::move(certificate);
  return identity;
}

Result<ClientIdentity> ClientIdentity::load(const std::string& path, bool create) {
  if (create && access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    TRY_VOID(make_private_directory(std::filesystem::path(path).parent_path().string()));
    std::string pem = TRY(generate());
    const Result<bool> created = create_private_file(path, pem);
    wipe(pem);
    if (!created) return std::unexpected(created.error());
  }
  TRY_VOID(check_private(path));
  std::string pem = TRY(read_file(path, "an identity", kLargestFile));
  Result<ClientIdentity> identity = from_pem(pem);
  wipe(pem);
  if (!identity) return fail(identity.error().status, "\"" + path + "\": " + identity.error().message);
  return identity;
}

Result<std::string> client_identity_file(const std::string& option) {
  if (!option.empty()) return option;
  if (const char* variable = std::getenv("REDOUBT_IDENTITY"); variable != nullptr && *variable != '\0') return variable;
  const std::string directory = TRY(config_directory());
  return directory + "/identity.pem";
}

Result<ClientIdentity> client_identity(const std::string& option) {
  const char* variable = std::getenv("REDOUBT_IDENTITY");
  const bool own = option.empty() && (variable == nullptr || *variable == '\0');
  const std::string path = TRY(client_identity_file(option));
  return ClientIdentity::load(path, own);
}

}  // namespace redoubt::cli
