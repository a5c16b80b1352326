// SPDX-License-Identifier: Apache-2.0
//
// The opcode maps of the SDM's appendix A, cut down to what decides about lengths.
#include "shim/patch/instruction.h"

namespace redoubt::shim::patch {
namespace {

constexpr size_t kLongest = 15;

// What follows an opcode.
enum Form : uint8_t {
  kPlain,       // nothing
  kModrm,       // ModRM and what it demands
  kModrmByte,   // the same and an 8-bit immediate
  kModrmWord,   // the same and a 16- or 32-bit immediate
  kGroup3Byte,  // F6: the immediate only for /0 and /1
  kGroup3Word,  // F7
  kByte,        // an 8-bit immediate
  kWord,        // 16 bits after 66, else 32
  kLongWord,    // the same, 64 bits after REX.W
  kTwoBytes,    // RET n
  kThreeBytes,  // ENTER
  kAddress,     // MOV between memory and the accumulator: 64 bits, 32 after 67
  kShortJump,   // 8-bit displacement
  kNearJump,    // 32-bit displacement
  kUnknown,
};

constexpr Form one_byte_form(uint8_t opcode) {
  if (opcode < 0x40) {
    switch (opcode & 7) {
      case 4: return kByte;
      case 5: return kWord;
      case 6:
      case 7: return kUnknown;
      default: return kModrm;
    }
  }
  if (opcode < 0x50) return kUnknown;  // REX is taken before
  if (opcode < 0x60) return kPlain;
  if (opcode >= 0x70 && opcode < 0x80) return kShortJump;
  if (opcode >= 0xb0 && opcode < 0xb8) return kByte;
  if (opcode >= 0xb8 && opcode < 0xc0) return kLongWord;
  if (opcode >= 0xd8 && opcode < 0xe0) return kModrm;
  switch (opcode) {
    case 0x60:
    case 0x61:
    case 0x62:
    case 0x82:
    case 0x9a:
    case 0xce:
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xea: return kUnknown;
    case 0x63: return kModrm;
    case 0x68: return kWord;
    case 0x69: return kModrmWord;
    case 0x6a: return kByte;
    case 0x6b:
    case 0x80:
    case 0x83: return kModrmByte;
    case 0x81: return kModrmWord;
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa3: return kAddress;
    case 0xa8: return kByte;
    case 0xa9: return kWord;
    case 0xc0:
    case 0xc1:
    case 0xc6: return kModrmByte;
    case 0xc2:
    case 0xca: return kTwoBytes;
    case 0xc7: return kModrmWord;
    case 0xc8: return kThreeBytes;
    case 0xcd:
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7: return kByte;
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
    case 0xfe:
    case 0xff: return kModrm;
    case 0xe0:
    case 0xe1:
    case 0xe2:
    case 0xe3:
    case 0xeb: return kShortJump;
    case 0xe8:
    case 0xe9: return kNearJump;
    case 0xf6: return kGroup3Byte;
    case 0xf7: return kGroup3Word;
    default: break;
  }
  return opcode >= 0x84 && opcode < 0x90 ? kModrm : kPlain;
}

// Map 0F.
constexpr Form two_byte_form(uint8_t opcode) {
  if (opcode >= 0x80 && opcode < 0x90) return kNearJump;
  if (opcode >= 0xc8 && opcode < 0xd0) return kPlain;
  if (opcode >= 0x30 && opcode < 0x38) return opcode == 0x36 ? kUnknown : kPlain;
  if (opcode >= 0x39 && opcode < 0x40) return kUnknown;
  if (opcode >= 0x24 && opcode < 0x28) return kUnknown;
  switch (opcode) {
    case 0x04:
    case 0x0a:
    case 0x0c:
    case 0x78:  // EXTRQ has two immediates, VMREAD none
    case 0x7a:
    case 0x7b:
    case 0xa6:
    case 0xa7: return kUnknown;
    case 0x05:
    case 0x06:
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0b:
    case 0x0e:
    case 0x77:
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa8:
    case 0xa9:
    case 0xaa: return kPlain;
    case 0x0f:
    case 0x70:
    case 0x71:
    case 0x72:
    case 0x73:
    case 0xa4:
    case 0xac:
    case 0xba:
    case 0xc2:
    case 0xc4:
    case 0xc5:
    case 0xc6: return kModrmByte;
    default: return kModrm;
  }
}

// VEX and EVEX, by their map field: 1 is 0F, 2 is 0F38, 3 is 0F3A.
constexpr Form vector_form(uint8_t map, uint8_t opcode, bool is_evex) {
  switch (map) {
    case 1: {
      if (opcode == 0x77) return is_evex ? kUnknown : kPlain;
      if ((opcode >= 0x70 && opcode < 0x74) || opcode == 0xc2 || (opcode >= 0xc4 && opcode < 0xc7)) return kModrmByte;
      return kModrm;
    }
    case 2: return kModrm;
    case 3: return kModrmByte;
    case 5:
    case 6: return is_evex ? kModrm : kUnknown;  // AVX512-FP16
    default: return kUnknown;
  }
}

// Takes bytes off the front; an answer beyond the end makes the whole decoding fail.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> code) : code_(code) {}
  uint8_t take() {
    const uint8_t value = peek();
    skip(1);
    return value;
  }
  uint8_t peek(size_t ahead = 0) const { return at_ + ahead < code_.size() ? code_[at_ + ahead] : uint8_t{0}; }
  void skip(size_t count) { at_ += count; }
  bool is_good() const { return at_ <= code_.size() && at_ <= kLongest; }
  size_t position() const { return at_; }

 private:
  std::span<const uint8_t> code_;
  size_t at_ = 0;
};

void skip_modrm(Reader& reader) {
  const uint8_t modrm = reader.take();
  const int mod = modrm >> 6;
  if (mod == 3) return;
  int base = modrm & 7;
  const bool has_sib = base == 4;
  if (has_sib) base = reader.take() & 7;
  if (mod == 1) reader.skip(1);
  if (mod == 2 || (mod == 0 && base == 5)) reader.skip(4);
}

int64_t take_signed(Reader& reader, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= static_cast<uint32_t>(reader.take()) << (8 * i);
  return size == 1 ? static_cast<int8_t>(value) : static_cast<int32_t>(value);
}

struct Prefixes {
  bool operand_size = false;  // 66
  bool address_size = false;  // 67
  bool others = false;        // segments, LOCK, repetition
  bool rex_w = false;
  bool any_rex = false;
};

Prefixes take_prefixes(Reader& reader) {
  Prefixes prefixes;
  while (reader.is_good()) {
    const uint8_t byte = reader.peek();
    switch (byte) {
      case 0x66: prefixes.operand_size = true; break;
      case 0x67: prefixes.address_size = true; break;
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e:
      case 0x64:
      case 0x65:
      case 0xf0:
      case 0xf2:
      case 0xf3: prefixes.others = true; break;
      default:
        if ((byte & 0xf0) == 0x40) {  // REX counts directly before the opcode only
          reader.skip(1);
          prefixes.any_rex = true;
          prefixes.rex_w = (byte & 8) != 0;
        }
        return prefixes;
    }
    reader.skip(1);
  }
  return prefixes;
}

struct Opcode {
  Form form = kUnknown;
  uint8_t byte = 0;
  bool is_one_byte = false;
  bool is_two_byte = false;  // map 0F
};

Opcode take_opcode(Reader& reader, const Prefixes& prefixes) {
  const uint8_t first = reader.take();
  switch (first) {
    case 0xc5: {
      if (prefixes.any_rex) return {};
      reader.skip(1);
      const uint8_t opcode = reader.take();
      return {.form = vector_form(1, opcode, false), .byte = opcode};
    }
    case 0xc4: {
      if (prefixes.any_rex) return {};
      const uint8_t map = reader.take() & 0x1f;
      reader.skip(1);
      const uint8_t opcode = reader.take();
      return {.form = vector_form(map, opcode, false), .byte = opcode};
    }
    case 0x62: {
      if (prefixes.any_rex) return {};
      const uint8_t map = reader.take() & 0x07;
      reader.skip(2);
      const uint8_t opcode = reader.take();
      return {.form = vector_form(map, opcode, true), .byte = opcode};
    }
    case 0x8f:  // POP is /0; the rest is XOP
      return {.form = (reader.peek() & 0x38) == 0 ? kModrm : kUnknown, .byte = first, .is_one_byte = true};
    case 0x0f: break;
    default: return {.form = one_byte_form(first), .byte = first, .is_one_byte = true};
  }
  const uint8_t second = reader.take();
  if (second == 0x38) return {.form = kModrm, .byte = reader.take()};
  if (second == 0x3a) return {.form = kModrmByte, .byte = reader.take()};
  return {.form = two_byte_form(second), .byte = second, .is_two_byte = true};
}

// What Instruction::is_movable promises, from the opcode alone.
bool is_plain_work(const Opcode& opcode, uint8_t modrm) {
  const uint8_t byte = opcode.byte;
  const unsigned extension = modrm >> 3 & 7;
  // CMOVcc, MOVZX and MOVSX
  if (opcode.is_two_byte) return byte >> 4 == 0x4 || (byte & 0xf6) == 0xb6;
  if (!opcode.is_one_byte) return false;
  if (byte < 0x40) return (byte & 7) < 6;                                 // ADD, OR, ADC, SBB, AND, SUB, XOR, CMP
  if (byte >= 0x84 && byte <= 0x8b) return byte != 0x86 && byte != 0x87;  // TEST, MOV; not XCHG, which locks
  if (byte >= 0xb0 && byte <= 0xbf) return true;                          // MOV of a constant
  switch (byte) {
    case 0x63:  // MOVSXD
    case 0x80:  // group 1: as below 0x40, with a constant
    case 0x81:
    case 0x83:
    case 0x8d:  // LEA
    case 0xa8:  // TEST
    case 0xa9: return true;
    case 0xc6:  // MOV of a constant
    case 0xc7: return extension == 0;
    case 0xc0:  // shifts
    case 0xc1:
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: return true;
    case 0xf6:
    case 0xf7: return extension < 4;  // TEST, NOT, NEG
    default: return false;
  }
}

bool has_modrm(Form form) {
  return form == kModrm || form == kModrmByte || form == kModrmWord || form == kGroup3Byte || form == kGroup3Word;
}

bool is_movable(const Prefixes& prefixes, const Opcode& opcode, uint8_t modrm) {
  if (prefixes.others || prefixes.address_size || !is_plain_work(opcode, modrm)) return false;
  const bool is_at_rip = has_modrm(opcode.form) && modrm >> 6 == 0 && (modrm & 7) == 5;
  return !is_at_rip;
}

}  // namespace

std::optional<Instruction> decode(std::span<const uint8_t> code) {
  Reader reader(code);
  const Prefixes prefixes = take_prefixes(reader);
  const Opcode opcode = take_opcode(reader, prefixes);
  const size_t word = prefixes.operand_size && !prefixes.rex_w ? 2 : 4;
  const uint8_t modrm = reader.peek();
  Instruction instruction;
  switch (opcode.form) {
    case kPlain: break;
    case kModrm: skip_modrm(reader); break;
    case kModrmByte:
      skip_modrm(reader);
      reader.skip(1);
      break;
    case kModrmWord:
      if (opcode.is_one_byte && opcode.byte == 0xc7 && (modrm & 0x38) != 0) return std::nullopt;  // XBEGIN branches
      skip_modrm(reader);
      reader.skip(word);
      break;
    case kGroup3Byte:
      skip_modrm(reader);
      if ((modrm & 0x30) == 0) reader.skip(1);
      break;
    case kGroup3Word:
      skip_modrm(reader);
      if ((modrm & 0x30) == 0) reader.skip(word);
      break;
    case kByte: reader.skip(1); break;
    case kWord: reader.skip(word); break;
    case kLongWord: reader.skip(prefixes.rex_w ? 8 : word); break;
    case kTwoBytes: reader.skip(2); break;
    case kThreeBytes: reader.skip(3); break;
    case kAddress: reader.skip(prefixes.address_size ? 4 : 8); break;
    case kShortJump: instruction.branch = take_signed(reader, 1); break;
    case kNearJump:
      // After 66 Intel's processors take 32 bits, AMD's 16.
      if (prefixes.operand_size && !prefixes.rex_w) return std::nullopt;
      instruction.branch = take_signed(reader, 4);
      break;
    case kUnknown: return std::nullopt;
  }
  if (!reader.is_good()) return std::nullopt;
  instruction.length = reader.position();
  instruction.is_movable = is_movable(prefixes, opcode, modrm);
  return instruction;
}

}  // namespace redoubt::shim::patch
