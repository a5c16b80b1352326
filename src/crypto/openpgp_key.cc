// SPDX-License-Identifier: Apache-2.0
#include "crypto/openpgp_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "crypto/hash.h"
#include "crypto/openpgp_packets.h"
#include "crypto/openssl_pointers.h"
#include "crypto/private_key.h"
#include "crypto/secret_text.h"

namespace redoubt::crypto {
namespace {

using SecretNumber = OpensslPointer<BIGNUM, BN_clear_free>;
using NumberContext = OpensslPointer<BN_CTX, BN_CTX_free>;

// 5.2.1, 5.2.3.1, 9.4: signature types, subpackets, SHA-256.
constexpr uint8_t kCertifiesUser = 0x13;
constexpr uint8_t kBindsSubkey = 0x18;
constexpr uint8_t kSha256 = 8;
constexpr uint8_t kCreationTime = 2, kPreferredCiphers = 11, kIssuerKeyId = 16, kPreferredHashes = 21,
                  kPreferredCompression = 22, kKeyFlags = 27, kFeatures = 30;
constexpr uint8_t kMayCertifyAndSign = 0x03, kMayEncrypt = 0x0C;
constexpr uint8_t kAes256 = 9, kAes128 = 7, kSha512 = 10, kUncompressed = 0, kIntegrityProtected = 1;
constexpr size_t kKeyIdSize = 8;
constexpr std::string_view kPrivateLabel = "PGP PRIVATE KEY BLOCK", kPublicLabel = "PGP PUBLIC KEY BLOCK";

std::unexpected<Error> failed() {
  ERR_clear_error();
  return fail(ErrorCode::kFailed, "an OpenPGP key could not be made");
}

std::unexpected<Error> malformed(const char* found) {
  return fail(ErrorCode::kMalformed, std::string("expected an OpenPGP key in ASCII armor, found ") + found);
}

// A number as OpenPGP writes it (3.2): bits, then the bytes without leading zeros.
SecretBytes mpi_of(const BIGNUM* number) {
  SecretBytes mpi(2 + static_cast<size_t>(BN_num_bytes(number)));
  const auto bits = static_cast<unsigned>(BN_num_bits(number));
  mpi.data()[0] = static_cast<uint8_t>(bits >> 8);
  mpi.data()[1] = static_cast<uint8_t>(bits);
  BN_bn2bin(number, mpi.data() + 2);
  return mpi;
}

SecretNumber number_of(const PrivateKey& key, const char* parameter) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key.openssl(), parameter, &number) != 1) return nullptr;
  return SecretNumber(number);
}

// One RSA key: the body of its public packet, and what a secret packet adds to it (5.5.3), unencrypted.
struct RsaPair {
  PrivateKey key;
  Bytes public_body;
  SecretBytes secret_part;

  Bytes key_id() const {  // the end of the fingerprint, 12.2
    Bytes hashed = {0x99};
    append_number(hashed, static_cast<uint32_t>(public_body.size()), 2);
    append(hashed, public_body);
    ByteArray<SHA_DIGEST_LENGTH> fingerprint;
    SHA1(hashed.data(), hashed.size(), fingerprint.data());
    return {fingerprint.end() - kKeyIdSize, fingerprint.end()};
  }
};

Result<SecretBytes, Error> secret_part_of(const PrivateKey& key) {
  const SecretNumber d = number_of(key, OSSL_PKEY_PARAM_RSA_D);
  SecretNumber p = number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR1);
  SecretNumber q = number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR2);
  const NumberContext context(BN_CTX_secure_new());
  if (!d || !p || !q || !context) return failed();
  if (BN_cmp(p.get(), q.get()) > 0) std::swap(p, q);  // p < q, and u is its inverse modulo q
  BN_set_flags(p.get(), BN_FLG_CONSTTIME);
  const SecretNumber u(BN_mod_inverse(nullptr, p.get(), q.get(), context.get()));
  if (!u) return failed();
  constexpr uint8_t kUnencrypted[] = {0};
  const std::array numbers = {mpi_of(d.get()), mpi_of(p.get()), mpi_of(q.get()), mpi_of(u.get())};
  uint16_t sum = 0;
  for (const SecretBytes& number : numbers) {
    for (const uint8_t byte : number.view()) sum = static_cast<uint16_t>(sum + byte);
  }
  const uint8_t checksum[] = {static_cast<uint8_t>(sum >> 8), static_cast<uint8_t>(sum)};
  return concatenated(
      {kUnencrypted, numbers[0].view(), numbers[1].view(), numbers[2].view(), numbers[3].view(), checksum});
}

Result<RsaPair, Error> make_pair(UtcTime created) {
  PrivateKey key = TRY(PrivateKey::generate(KeyAlgorithm::kRsa3072));
  const SecretNumber n = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  const SecretNumber e = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  if (!n || !e) return failed();
  Bytes body = {kPgpVersion};
  append_number(body, static_cast<uint32_t>(created.time_since_epoch().count()), 4);
  body.push_back(kPgpRsa);
  append(body, mpi_of(n.get()).view());
  append(body, mpi_of(e.get()).view());
  SecretBytes secret_part = TRY(secret_part_of(key));
  return RsaPair{std::move(key), std::move(body), std::move(secret_part)};
}

void add_subpacket(Bytes& to, uint8_t type, ByteView content) {
  to.push_back(static_cast<uint8_t>(content.size() + 1));
  to.push_back(type);
  append(to, content);
}

Bytes hashed_subpackets(uint8_t flags, UtcTime created) {
  Bytes time, all;
  append_number(time, static_cast<uint32_t>(created.time_since_epoch().count()), 4);
  add_subpacket(all, kCreationTime, time);
  add_subpacket(all, kKeyFlags, Bytes{flags});
  if (flags == kMayEncrypt) return all;
  add_subpacket(all, kPreferredCiphers, Bytes{kAes256, kAes128});
  add_subpacket(all, kPreferredHashes, Bytes{kSha512, kSha256});
  add_subpacket(all, kPreferredCompression, Bytes{kUncompressed});
  add_subpacket(all, kFeatures, Bytes{kIntegrityProtected});
  return all;
}

// A version 4 signature (5.2.3) by `signer` over `what`.
Result<Bytes, Error> signature(const RsaPair& signer, uint8_t type, ByteView what, uint8_t flags, UtcTime created) {
  const Bytes subpackets = hashed_subpackets(flags, created);
  Bytes body = {kPgpVersion, type, kPgpRsa, kSha256};
  append_number(body, static_cast<uint32_t>(subpackets.size()), 2);
  append(body, subpackets);

  Bytes hashed(what.begin(), what.end());
  append(hashed, body);
  append(hashed, Bytes{kPgpVersion, 0xFF});  // 5.2.4
  append_number(hashed, static_cast<uint32_t>(body.size()), 4);
  const Sha256Digest digest = sha256(hashed);
  const DigestContext context(EVP_MD_CTX_new());
  Bytes raw(static_cast<size_t>(EVP_PKEY_get_size(signer.key.openssl())));
  size_t size = raw.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, signer.key.openssl()) != 1 ||
      EVP_DigestSign(context.get(), raw.data(), &size, hashed.data(), hashed.size()) != 1) {
    return failed();
  }
  const BigNumber number(BN_bin2bn(raw.data(), static_cast<int>(size), nullptr));
  if (!number) return failed();

  Bytes unhashed;
  add_subpacket(unhashed, kIssuerKeyId, signer.key_id());
  append_number(body, static_cast<uint32_t>(unhashed.size()), 2);
  append(body, unhashed);
  append(body, ByteView(digest).first(2));
  append(body, mpi_of(number.get()).view());
  return pgp_packet(PgpTag::kSignature, body);
}

Bytes hashed_key(const RsaPair& pair) {
  Bytes hashed = {0x99};
  append_number(hashed, static_cast<uint32_t>(pair.public_body.size()), 2);
  append(hashed, pair.public_body);
  return hashed;
}

struct Unarmored {
  SecretBytes packets;
  bool secret;
};

Result<Unarmored, Error> read_armor(std::string_view text) {
  for (const bool secret : {true, false}) {
    const std::string label(secret ? kPrivateLabel : kPublicLabel);
    const std::string begin = "-----BEGIN " + label + "-----", end = "-----END " + label + "-----";
    const size_t start = text.find(begin);
    if (start == std::string_view::npos) continue;
    text.remove_prefix(start + begin.size());
    const size_t stop = text.find(end);
    if (stop == std::string_view::npos) return malformed("no end of it");
    text = text.substr(0, stop);
    // Headers end at an empty line; the checksum is a line that begins with "=".
    const size_t empty = std::min(text.find("\n\n"), text.find("\n\r\n"));
    if (empty == std::string_view::npos) return malformed("no empty line before the data");
    text.remove_prefix(empty + 1);
    const size_t checksum_at = text.find("\n=");
    const std::string_view data = text.substr(0, checksum_at);
    std::optional<SecretBytes> packets = secret_from_base64(data);
    if (!packets) return malformed("data that is not base64");
    if (checksum_at != std::string_view::npos) {
      const std::optional<SecretBytes> checksum = secret_from_base64(text.substr(checksum_at + 2));
      Bytes expected;
      append_number(expected, pgp_checksum(packets->view()), 3);
      if (!checksum || !std::ranges::equal(checksum->view(), expected)) return malformed("a wrong checksum");
    }
    return Unarmored{std::move(*packets), secret};
  }
  return malformed("no line that begins one");
}

}  // namespace

Result<OpenPgpKey, Error> generate_openpgp_key(const std::string& user_id, UtcTime created) {
  const RsaPair primary = TRY(make_pair(created));
  const RsaPair subkey = TRY(make_pair(created));

  Bytes certified = hashed_key(primary);
  certified.push_back(0xB4);
  append_number(certified, static_cast<uint32_t>(user_id.size()), 4);
  append(certified, as_bytes(user_id));
  Bytes bound = hashed_key(primary);
  append(bound, hashed_key(subkey));
  const Bytes certification = TRY(signature(primary, kCertifiesUser, certified, kMayCertifyAndSign, created));
  const Bytes binding = TRY(signature(primary, kBindsSubkey, bound, kMayEncrypt, created));
  const Bytes user = pgp_packet(PgpTag::kUserId, as_bytes(user_id));

  OpenPgpKey key;
  append(key.open, pgp_packet(PgpTag::kPublicKey, primary.public_body));
  append(key.open, user);
  append(key.open, certification);
  append(key.open, pgp_packet(PgpTag::kPublicSubkey, subkey.public_body));
  append(key.open, binding);
  const Bytes primary_header = pgp_header(PgpTag::kSecretKey, primary.public_body.size() + primary.secret_part.size());
  const Bytes subkey_header = pgp_header(PgpTag::kSecretSubkey, subkey.public_body.size() + subkey.secret_part.size());
  key.secret = concatenated({primary_header, primary.public_body, primary.secret_part.view(), user, certification,
                             subkey_header, subkey.public_body, subkey.secret_part.view(), binding});
  return key;
}

Result<OpenPgpKey, Error> read_openpgp_key(std::string_view armored) {
  Unarmored armor = TRY(read_armor(armored));
  const std::vector<PgpPacket> packets = TRY(read_pgp_packets(armor.packets.view()));
  const PgpTag first = armor.secret ? PgpTag::kSecretKey : PgpTag::kPublicKey;
  if (packets.empty() || packets.front().tag != first) return malformed("packets that begin with no such key");
  OpenPgpKey key;
  for (const PgpPacket& packet : packets) {
    const bool secret = packet.tag == PgpTag::kSecretKey || packet.tag == PgpTag::kSecretSubkey;
    if (!secret) {
      append(key.open, pgp_packet(packet.tag, packet.body));
      continue;
    }
    const std::optional<ByteView> part = pgp_public_part(packet.body);
    if (!armor.secret || !part) return malformed("a key of an unknown version or algorithm");
    append(key.open, pgp_packet(packet.tag == PgpTag::kSecretKey ? PgpTag::kPublicKey : PgpTag::kPublicSubkey, *part));
  }
  if (armor.secret) key.secret = std::move(armor.packets);
  return key;
}

SecretBytes openpgp_armor(ByteView packets, std::string_view label) {
  Bytes checksum;
  append_number(checksum, pgp_checksum(packets), 3);
  const SecretBytes last = to_text(checksum, TextEncoding::kBase64);
  // PEM's lines, with an empty one for the armor's headers and the checksum before the end.
  const SecretBytes pem = to_pem(packets, label);
  const size_t first_line = pem.text().find('\n') + 1;
  const size_t last_line = pem.text().rfind("-----END");
  return concatenated({pem.view().first(first_line), as_bytes("\n"),
                       pem.view().subspan(first_line, last_line - first_line), as_bytes("="), last.view(),
                       as_bytes("\n"), pem.view().subspan(last_line)});
}

}  // namespace redoubt::crypto
