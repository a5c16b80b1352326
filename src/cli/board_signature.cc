// SPDX-License-Identifier: Apache-2.0
#include "cli/board_signature.h"

#include <openssl/pem.h>

#include "base/bytes.h"
#include "base/secret_bytes.h"
#include "cli/files.h"
#include "crypto/openssl_pointers.h"
#include "policy/board_label.h"

namespace redoubt::cli {
namespace {

constexpr size_t kLargestKeyFile = size_t{64} * 1024;
constexpr size_t kLargestSignatureFile = 1024;

using BioPointer = crypto::OpensslPointer<BIO, BIO_free_all>;

int no_passphrase(char*, int, int, void*) { return -1; }

struct SigningKey {
  crypto::KeyPointer key;
  const EVP_MD* digest;  // null: the algorithm has its own
};

Result<SigningKey> read_signing_key(const std::string& file) {
  std::string pem = TRY(read_file(file, "a private key", kLargestKeyFile));
  const BioPointer reader(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  crypto::KeyPointer key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_passphrase, nullptr));
  wipe(pem);
  if (key && EVP_PKEY_get_id(key.get()) == EVP_PKEY_ED25519) return SigningKey{std::move(key), nullptr};
  char group[32] = "";
  if (key && EVP_PKEY_get_id(key.get()) == EVP_PKEY_EC &&
      EVP_PKEY_get_group_name(key.get(), group, sizeof(group), nullptr) == 1 &&
      std::string_view(group) == "secp384r1") {
    return SigningKey{std::move(key), EVP_sha384()};
  }
  return fail(ExitStatus::kUsage, "expected a private key in PEM, Ed25519 or P-384, without passphrase, found " +
                                      std::string(key ? "a key of another kind" : "no such key") + " in \"" + file +
                                      "\"; make one: openssl genpkey -algorithm ED25519 -out key.pem");
}

std::string base64(ByteView bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

}  // namespace

Result<std::string> sign_session(std::string_view text, const std::string& key_file) {
  const SigningKey signer = TRY(read_signing_key(key_file));
  const crypto::DigestContext context(EVP_MD_CTX_new());
  const std::string labelled = std::string(policy::kBoardLabel).append(text);
  const ByteView message = as_bytes(labelled);
  size_t size = 0;
  Bytes signature;
  bool done = context && EVP_DigestSignInit(context.get(), nullptr, signer.digest, nullptr, signer.key.get()) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) == 1;
  signature.resize(size);
  done = done && EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1;
  if (!done) return fail(ExitStatus::kRedoubtFailed, "OpenSSL cannot sign with the key in \"" + key_file + "\"");
  signature.resize(size);
  return base64(signature);
}

Result<std::string> read_signature(const std::string& file) {
  std::string text = TRY(read_file(file, "a signature", kLargestSignatureFile));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const bool base64_only =
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == std::string::npos;
  if (!text.empty() && base64_only) return text;
  return fail(
      ExitStatus::kUsage,
      "expected a signature in base64, as `redoubt session sign` prints it, found something else in \"" + file + "\"");
}

}  // namespace redoubt::cli
