// SPDX-License-Identifier: Apache-2.0
#include "crypto/openpgp_packets.h"

#include <algorithm>
#include <iterator>

namespace redoubt::crypto {
namespace {

constexpr size_t kFirstNumber = 6;  // version, time of creation, algorithm

// What follows the algorithm in a public key: an OID, so many numbers (MPIs), parameters of key derivation.
struct AlgorithmRow {
  uint8_t algorithm;
  bool curve;
  unsigned number_count;
  bool derivation;
};
constexpr AlgorithmRow kAlgorithms[] = {
    {kPgpRsa, false, 2, false}, {2, false, 2, false},  {3, false, 2, false},  // RSA
    {16, false, 3, false},      {17, false, 4, false},                        // Elgamal, DSA
    {18, true, 1, true},        {19, true, 1, false},  {22, true, 1, false},  // ECDH, ECDSA (RFC 6637), EdDSA
};

// Moves over what has a length in front; false when it does not fit.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : bytes_(bytes) {}

  bool at_end() const { return at_ == bytes_.size(); }
  size_t position() const { return at_; }
  bool skip(size_t size) {
    if (size > bytes_.size() - at_) return false;
    at_ += size;
    return true;
  }
  bool number(unsigned size, uint32_t& value) {
    const size_t from = at_;
    if (!skip(size)) return false;
    value = 0;
    for (size_t index = from; index < at_; ++index) value = value << 8 | bytes_[index];
    return true;
  }
  bool skip_short() {
    uint32_t size;
    return number(1, size) && skip(size);
  }
  bool skip_mpi() {
    uint32_t bits;
    return number(2, bits) && skip((bits + 7) / 8);
  }
  bool take(size_t size, ByteView& bytes) {
    const size_t from = at_;
    if (!skip(size)) return false;
    bytes = bytes_.subspan(from, size);
    return true;
  }

 private:
  ByteView bytes_;
  size_t at_ = 0;
};

bool read_new_length(Cursor& cursor, uint32_t& size) {
  uint32_t second;
  if (!cursor.number(1, size)) return false;
  if (size < 192) return true;
  if (size == 255) return cursor.number(4, size);
  if (size >= 224 || !cursor.number(1, second)) return false;  // 224 on: a part only
  size = ((size - 192) << 8) + second + 192;
  return true;
}

bool read_packet(Cursor& cursor, PgpPacket& packet) {
  uint32_t header, size;
  if (!cursor.number(1, header) || (header & 0x80) == 0) return false;
  if ((header & 0x40) != 0) {
    packet.tag = static_cast<PgpTag>(header & 0x3F);
    if (!read_new_length(cursor, size)) return false;
  } else {
    packet.tag = static_cast<PgpTag>(header >> 2 & 0x0F);
    const unsigned kind = header & 3;
    if (kind == 3 || !cursor.number(1U << kind, size)) return false;
  }
  return cursor.take(size, packet.body);
}

}  // namespace

void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

void append_number(Bytes& to, uint32_t value, unsigned size) {
  for (unsigned index = size; index-- > 0;) to.push_back(static_cast<uint8_t>(value >> (8 * index)));
}

Bytes pgp_header(PgpTag tag, size_t size) {
  Bytes header = {static_cast<uint8_t>(0xC0 | static_cast<uint8_t>(tag)), 255};
  append_number(header, static_cast<uint32_t>(size), 4);
  return header;
}

Bytes pgp_packet(PgpTag tag, ByteView body) {
  Bytes packet = pgp_header(tag, body.size());
  append(packet, body);
  return packet;
}

Result<std::vector<PgpPacket>, Error> read_pgp_packets(ByteView bytes) {
  Cursor cursor(bytes);
  std::vector<PgpPacket> packets;
  while (!cursor.at_end()) {
    if (!read_packet(cursor, packets.emplace_back())) {
      return fail(ErrorCode::kMalformed, "not a sequence of whole OpenPGP packets");
    }
  }
  return packets;
}

std::optional<ByteView> pgp_public_part(ByteView key_body) {
  if (key_body.size() < kFirstNumber || key_body[0] != kPgpVersion) return std::nullopt;
  const auto* row = std::ranges::find(kAlgorithms, key_body[kFirstNumber - 1], &AlgorithmRow::algorithm);
  if (row == std::end(kAlgorithms)) return std::nullopt;
  Cursor cursor(key_body);
  bool fits = cursor.skip(kFirstNumber) && (!row->curve || cursor.skip_short());
  for (unsigned index = 0; fits && index < row->number_count; ++index) fits = cursor.skip_mpi();
  if (!fits || (row->derivation && !cursor.skip_short())) return std::nullopt;
  return key_body.first(cursor.position());
}

uint32_t pgp_checksum(ByteView bytes) {
  uint32_t checksum = 0xB704CE;
  for (const uint8_t byte : bytes) {
    checksum ^= static_cast<uint32_t>(byte) << 16;
    for (int bit = 0; bit < 8; ++bit) {
      checksum <<= 1;
      if ((checksum & 0x1000000) != 0) checksum ^= 0x1864CFB;
    }
  }
  return checksum & 0xFFFFFF;
}

}  // namespace redoubt::crypto
