// SPDX-License-Identifier: Apache-2.0
//
// What src/tls costs on one core, beside OpenSSL used directly in the same process (two SSL objects over memory BIOs) and beside
// its cipher alone (EVP). Both ends run here, so that one byte is encrypted and decrypted; CPU time of this thread is measured,
// so other load on the machine counts little.
//
//   tls_endpoint [SECONDS]      of each case; default 1
//
// Cases: bulk data in records of 16 KiB, messages of 100 bytes there and back, handshakes, and the memory of a connection: what
// OpenSSL asked for (in the runtime: sealed memory up to 4 KiB each) and what else was.
#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "tls/context_parts.h"
#include "tls/credentials.h"
#include "tls/test_peers.h"

namespace {

using namespace redoubt;
using namespace redoubt::tls;
using crypto::KeyAlgorithm;

constexpr size_t kRecord = 16384, kMessage = 100;
double seconds = 1;
size_t openssl_bytes = 0, openssl_large = 0;

void* counted_malloc(size_t size, const char*, int) {
    void* block = std::malloc(size);
    openssl_bytes += malloc_usable_size(block);
    if (size > 4096) openssl_large += malloc_usable_size(block);
    return block;
}
void counted_free(void* block, const char*, int) {
    const size_t size = malloc_usable_size(block);
    openssl_bytes -= size;
    if (size > 4096 + 16) openssl_large -= size;
    std::free(block);
}
void* counted_realloc(void* block, size_t size, const char* file, int line) {
    if (size == 0) {
        counted_free(block, file, line);
        return nullptr;
    }
    void* larger = counted_malloc(size, file, line);
    if (block != nullptr) {
        std::memcpy(larger, block, std::min(size, malloc_usable_size(block)));
        counted_free(block, file, line);
    }
    return larger;
}

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "tls_endpoint: %s\n", what);
    std::exit(1);
}

// How often a second: the best of ten parts of the time, since neighbours on the core only ever slow things down.
template <typename Action>
double rate(Action action) {
    constexpr int kParts = 10;
    double best = 0;
    for (int part = 0; part < kParts; ++part) {
        size_t count = 0;
        const double start = cpu_seconds();
        double end = start;
        do {
            for (int batch = 0; batch < 16; ++batch) action();
            count += 16;
            end = cpu_seconds();
        } while (end - start < seconds / kParts);
        best = std::max(best, static_cast<double>(count) / (end - start));
    }
    return best;
}

void print_bulk(const char* name, double per_second) {
    std::printf("%-52s %8.0f MB/s  %7.2f us a record\n", name, per_second * kRecord / 1e6, 1e6 / per_second);
}
void print_rate(const char* name, double per_second) {
    std::printf("%-52s %8.0f /s    %7.2f us\n", name, per_second, 1e6 / per_second);
}

// The cipher alone: each record encrypted and decrypted.
void measure_cipher(const EVP_CIPHER* cipher, const char* name, size_t size) {
    std::vector<uint8_t> plain(size, 'x'), sealed(size);
    std::array<uint8_t, 32> key{};
    std::array<uint8_t, 12> nonce{};
    std::array<uint8_t, 16> tag{};
    std::array<uint8_t, 5> header{};
    EVP_CIPHER_CTX *seal = EVP_CIPHER_CTX_new(), *open = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(seal, cipher, nullptr, key.data(), nonce.data());
    EVP_DecryptInit_ex(open, cipher, nullptr, key.data(), nonce.data());
    const double per_second = rate([&] {
        int done = 0;
        ++nonce[11];
        EVP_EncryptInit_ex(seal, nullptr, nullptr, nullptr, nonce.data());
        EVP_EncryptUpdate(seal, nullptr, &done, header.data(), 5);
        EVP_EncryptUpdate(seal, sealed.data(), &done, plain.data(), static_cast<int>(size));
        EVP_EncryptFinal_ex(seal, nullptr, &done);
        EVP_CIPHER_CTX_ctrl(seal, EVP_CTRL_AEAD_GET_TAG, 16, tag.data());
        EVP_DecryptInit_ex(open, nullptr, nullptr, nullptr, nonce.data());
        EVP_DecryptUpdate(open, nullptr, &done, header.data(), 5);
        EVP_DecryptUpdate(open, plain.data(), &done, sealed.data(), static_cast<int>(size));
        EVP_CIPHER_CTX_ctrl(open, EVP_CTRL_AEAD_SET_TAG, 16, tag.data());
        check(EVP_DecryptFinal_ex(open, nullptr, &done) == 1, "EVP");
    });
    EVP_CIPHER_CTX_free(seal);
    EVP_CIPHER_CTX_free(open);
    size == kRecord ? print_bulk(name, per_second) : print_rate(name, per_second);
}

// OpenSSL as its manual has it, with the same contexts. It hands its ciphertext from end to end in one memory BIO; an Endpoint's
// is copied once more, from output() to input_room(), as the network would.
class Plain {
   public:
    Plain(const Context& server, const Context& client)
        : server_(SSL_new(server.parts().openssl.get())), client_(SSL_new(client.parts().openssl.get())) {
        BIO *up = memory(), *down = memory();
        BIO_up_ref(up);
        BIO_up_ref(down);
        SSL_set_bio(server_.get(), up, down);
        SSL_set_bio(client_.get(), down, up);
        for (SSL* ssl : {server_.get(), client_.get()}) {
            SSL_set_verify(ssl, SSL_get_verify_mode(ssl), nullptr);
            X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), test::kNow);
        }
        SSL_set_accept_state(server_.get());
        SSL_set_connect_state(client_.get());
        for (int round = 0; round < 3; ++round) {
            SSL_do_handshake(client_.get());
            SSL_do_handshake(server_.get());
        }
        check(SSL_is_init_finished(server_.get()) == 1, "plain handshake");
    }
    static void pass(SSL* from, SSL* to, size_t size) {
        static uint8_t buffer[kRecord];
        size_t done = 0;
        check(SSL_write_ex(from, buffer, size, &done) == 1, "SSL_write_ex");
        check(SSL_read_ex(to, buffer, sizeof(buffer), &done) == 1 && done == size, "SSL_read_ex");
    }
    SSL* server() { return server_.get(); }
    SSL* client() { return client_.get(); }

   private:
    static BIO* memory() {
        BIO* bio = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(bio, -1);
        return bio;
    }
    crypto::OpensslPointer<SSL, SSL_free> server_, client_;
};

struct Ours {
    Ours(const std::shared_ptr<Context>& with_server, const std::shared_ptr<Context>& with_client)
        : server(std::move(*Endpoint::accept(with_server))),
          client(std::move(*Endpoint::connect(with_client, "server.test"))) {
        test::talk(server, client);
        check(server.state() == State::kOpen && client.state() == State::kOpen, "handshake");
    }
    static void pass(Endpoint& from, Endpoint& to, size_t size) {
        static uint8_t buffer[kRecord];
        check(from.write({buffer, size}) == size, "write");
        test::move(from, to);
        check(to.read(buffer) == size, "read");
        to.input_added(0);
    }
    Endpoint server, client;
};

struct Contexts {
    std::shared_ptr<Context> server, client;
};

void measure_data(const char* name, const Contexts& contexts) {
    const std::string title(name);
    Plain plain(*contexts.server, *contexts.client);
    Ours ours(contexts.server, contexts.client);
    print_bulk((title + ": OpenSSL directly, 16 KiB").c_str(),
               rate([&] { Plain::pass(plain.client(), plain.server(), kRecord); }));
    print_bulk((title + ": Endpoint, 16 KiB").c_str(), rate([&] { Ours::pass(ours.client, ours.server, kRecord); }));
    print_rate((title + ": OpenSSL directly, 100 bytes and back").c_str(), rate([&] {
                   Plain::pass(plain.client(), plain.server(), kMessage);
                   Plain::pass(plain.server(), plain.client(), kMessage);
               }));
    print_rate((title + ": Endpoint, 100 bytes and back").c_str(), rate([&] {
                   Ours::pass(ours.client, ours.server, kMessage);
                   Ours::pass(ours.server, ours.client, kMessage);
               }));
}

void measure_handshakes(const char* name, const Contexts& contexts) {
    const std::string title(name);
    print_rate((title + ": OpenSSL directly").c_str(), rate([&] { Plain(*contexts.server, *contexts.client); }));
    print_rate((title + ": Endpoint").c_str(), rate([&] { Ours(contexts.server, contexts.client); }));
}

// Of one server end: the client's is counted apart.
void measure_memory(const Contexts& contexts) {
    constexpr size_t kConnections = 100;
    const auto print = [](const char* state, size_t openssl, size_t large, size_t all) {
        std::printf(
            "memory of a server's connection, %-28s %6zu bytes: OpenSSL's %6zu (%6zu of them above 4 KiB), ours %6zu\n",
            state, all, openssl, large, all - openssl);
    };
    std::vector<Endpoint> servers, clients;
    servers.reserve(kConnections);
    clients.reserve(kConnections);
    for (size_t index = 0; index < kConnections; ++index) {
        clients.push_back(std::move(*Endpoint::connect(contexts.client, "server.test")));
    }
    const auto count = [&](const char* state, auto step) {
        static size_t start_openssl, start_large, start_all;
        if (servers.empty()) {
            start_openssl = openssl_bytes;
            start_large = openssl_large;
            start_all = mallinfo2().uordblks;
        }
        step();
        print(state, (openssl_bytes - start_openssl) / kConnections, (openssl_large - start_large) / kConnections,
              (mallinfo2().uordblks - start_all) / kConnections);
    };
    count("accepted", [&] {
        for (size_t index = 0; index < kConnections; ++index) {
            servers.push_back(std::move(*Endpoint::accept(contexts.server)));
        }
    });
    // A client's own memory changes in its handshake as well: its answers are taken, so that only the servers' is seen.
    std::vector<Bytes> answers(kConnections);
    std::vector<Endpoint> more;
    for (size_t index = 0; index < kConnections; ++index) test::talk(servers[index], clients[index]);
    clients.clear();
    const size_t openssl = openssl_bytes, large = openssl_large, all = mallinfo2().uordblks;
    for (Endpoint& server : servers) check(server.state() == State::kOpen, "handshake");
    servers.clear();
    print("open, idle", (openssl - openssl_bytes) / kConnections, (large - openssl_large) / kConnections,
          (all - mallinfo2().uordblks) / kConnections);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) seconds = std::atof(argv[1]);
    check(CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) == 1, "CRYPTO_set_mem_functions");
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    const auto authority = test::make_authority("an authority");
    const auto contexts_for = [&](KeyAlgorithm kind, bool client_auth) {
        const auto server = test::make_server(authority, kind), client = test::make_client(authority, kind);
        Contexts made{*Context::server(identity(server), client_auth ? authority.certificate : "", test::clock),
                      *Context::client(identity(client), authority.certificate, test::clock)};
        return made;
    };
    const Contexts contexts = contexts_for(KeyAlgorithm::kP256, true);

    measure_cipher(EVP_aes_128_gcm(), "AES-128-GCM alone, 16 KiB", kRecord);
    measure_cipher(EVP_aes_256_gcm(), "AES-256-GCM alone, 16 KiB", kRecord);
    measure_cipher(EVP_aes_128_gcm(), "AES-128-GCM alone, 100 bytes", kMessage);
    measure_data("AES-256-GCM", contexts);
    const Contexts with_aes128 = contexts_for(KeyAlgorithm::kP256, true);
    SSL_CTX_set_ciphersuites(with_aes128.client->parts().openssl.get(), "TLS_AES_128_GCM_SHA256");
    measure_data("AES-128-GCM", with_aes128);
    for (const auto& [name, kind] : {std::pair{"P-256", KeyAlgorithm::kP256},
                                     {"Ed25519", KeyAlgorithm::kEd25519},
                                     {"RSA-2048", KeyAlgorithm::kRsa2048}}) {
        measure_handshakes((std::string("handshake, ") + name).c_str(), contexts_for(kind, false));
        measure_handshakes((std::string("handshake, ") + name + ", both ends").c_str(), contexts_for(kind, true));
    }
    measure_memory(contexts);

    std::printf("-- what was chosen by measurement --\n");
    for (SSL_CTX* each : {contexts.server->parts().openssl.get(), contexts.client->parts().openssl.get()}) {
        SSL_CTX_clear_mode(each, SSL_MODE_RELEASE_BUFFERS);
    }
    measure_data("record buffers kept", contexts);
    measure_memory(contexts);
    for (SSL_CTX* each : {contexts.server->parts().openssl.get(), contexts.client->parts().openssl.get()}) {
        SSL_CTX_set_mode(each, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_options(each, SSL_OP_CLEANSE_PLAINTEXT);
    }
    measure_data("plaintext cleansed", contexts);
}
