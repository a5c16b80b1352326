// SPDX-License-Identifier: Apache-2.0
//
// Bits of CPUID and XCR0: Intel SDM volume 2A "CPUID", volume 1 chapter 13. An operating system that does not save the wide
// registers leaves them out of XCR0, and code that uses them anyway would corrupt other threads.
#include "crypto/aead_paths.h"

#include <cpuid.h>
#include <intel-ipsec-mb.h>

#include <atomic>

extern "C" {
// Not in the library's header, in which only its manager knows this one.
void aes_gcm_precomp_256_vaes_avx512(gcm_key_data*);
redoubt::crypto::AeadPath::Run aes_gcm_enc_256_vaes_avx512, aes_gcm_dec_256_vaes_avx512;

// Where the functions say that an argument was null or too large. The library's own object with these two brings texts of errors,
// and with them the C library's locale. Nobody reads them: the arguments are aead.cc's.
extern int imb_errno;
extern const int imb_errno_types[IMB_ERR_MAX - IMB_ERR_MIN];
int imb_errno;
const int imb_errno_types[IMB_ERR_MAX - IMB_ERR_MIN] = {};
}

namespace redoubt::crypto {
namespace {

// Two are enough: the one that the library has for AVX2 is faster than the narrow one by a quarter at 4 KiB and by nothing at 16,
// and weighs 200 KB.
constexpr AeadPath kPaths[] = {
    {"VAES, AVX-512", aes_keyexp_256_enc_avx512, aes_gcm_precomp_256_vaes_avx512, aes_gcm_enc_256_vaes_avx512,
     aes_gcm_dec_256_vaes_avx512},
    {"AES-NI", aes_keyexp_256_enc_sse, aes_gcm_precomp_256_sse, aes_gcm_enc_256_sse, aes_gcm_dec_256_sse},
};
constexpr size_t kWide = 0, kNarrow = 1, kNone = 2;

constexpr bool has(uint32_t word, uint32_t bits) { return (word & bits) == bits; }
constexpr uint32_t bit(unsigned number) { return uint32_t{1} << number; }

uint64_t enabled_state() {  // XCR0
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low | static_cast<uint64_t>(high) << 32;
}

// The index in kPaths of the best one.
size_t look() {
  constexpr uint32_t kAesNi = bit(1) | bit(9) | bit(19) | bit(25);     // ECX of 1: PCLMULQDQ, SSSE3, SSE4.1, AES
  constexpr uint32_t kXsave = bit(27);                                 // ECX of 1: OSXSAVE
  constexpr uint32_t kBmi2 = bit(8);                                   // EBX of 7
  constexpr uint32_t kAvx512 = bit(16) | bit(17) | bit(30) | bit(31);  // EBX of 7: F, DQ, BW, VL
  constexpr uint32_t kVaes = bit(9) | bit(10);                         // ECX of 7: VAES, VPCLMULQDQ
  constexpr uint64_t kZmmState = 0xE6;                                 // SSE, AVX, and the three of AVX-512
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  __cpuid(1, eax, ebx, ecx, edx);
  if (!has(ecx, kAesNi)) return kNone;
  if (!has(ecx, kXsave) || (enabled_state() & kZmmState) != kZmmState) return kNarrow;
  __cpuid_count(7, 0, eax, ebx, ecx, edx);  // is there: a processor with XSAVE has leaf 13
  return has(ebx, kBmi2 | kAvx512) && has(ecx, kVaes) ? kWide : kNarrow;
}

}  // namespace

std::span<const AeadPath> aead_paths() {
  static constinit std::atomic<uint8_t> found = UINT8_MAX;
  uint8_t first = found.load(std::memory_order_relaxed);
  if (first == UINT8_MAX) {  // several threads may look: they see the same
    first = static_cast<uint8_t>(look());
    found.store(first, std::memory_order_relaxed);
  }
  return std::span(kPaths).subspan(first);
}

}  // namespace redoubt::crypto
