// SPDX-License-Identifier: Apache-2.0
//
// How fast one core seals and opens blocks of a volume and records of a connection (docs/performance.md): each path of
// crypto/aead_paths.cc that this processor can run, and OpenSSL's AES-256-GCM with the key schedule made once.
//
//   aead [SECONDS]     for each line; 0.3 by default
//
// Prints one line a case. CPU time of this thread is measured, so other load on the machine counts little.
#include <intel-ipsec-mb.h>
#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "crypto/aead.h"
#include "crypto/aead_paths.h"

namespace {

using namespace redoubt;

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

template <typename Action>
void measure(const std::string& name, size_t size, double seconds, Action action) {
    size_t count = 0;
    const double start = cpu_seconds();
    double end = start;
    do {
        for (int i = 0; i < 100; ++i) action();
        count += 100;
        end = cpu_seconds();
    } while (end - start < seconds);
    std::printf("%-24s %6zu bytes %8.2f GB/s\n", name.c_str(), size,
                static_cast<double>(count * size) / (end - start) * 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? std::atof(argv[1]) : 0.3;
    const ByteArray<32> key = {1};
    ByteArray<12> nonce = {2};
    ByteArray<16> tag{};
    const Bytes associated(32);
    for (const size_t size : {4096, 16384}) {
        Bytes from(size), to(size);
        for (const crypto::AeadPath& path : crypto::aead_paths()) {
            alignas(64) gcm_key_data schedule;
            gcm_context_data context;
            path.expand_key(key.data(), schedule.expanded_keys);
            path.precompute(&schedule);
            const auto run = [&](crypto::AeadPath::Run* function) {
                ++nonce[0];
                function(&schedule, &context, to.data(), from.data(), size, nonce.data(), associated.data(),
                         associated.size(), tag.data(), tag.size());
            };
            measure(std::string(path.name) + " seal", size, seconds, [&] { run(path.encrypt); });
            measure(std::string(path.name) + " open", size, seconds, [&] { run(path.decrypt); });
        }
        EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
        EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, key.data(), nonce.data());
        measure("OpenSSL seal", size, seconds, [&] {
            int done = 0;
            ++nonce[0];
            EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data());
            EVP_EncryptUpdate(context, nullptr, &done, associated.data(), static_cast<int>(associated.size()));
            EVP_EncryptUpdate(context, to.data(), &done, from.data(), static_cast<int>(size));
            EVP_EncryptFinal_ex(context, to.data(), &done);
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag.data());
        });
        EVP_CIPHER_CTX_free(context);
    }
}
