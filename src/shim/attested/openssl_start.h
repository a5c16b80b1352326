// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL in the runtime. An attested start needs it; the program's run only where the session has a network section or volumes
// whose tags CAS keeps: then it stays, and the image after an exec starts it anew when it is first needed. It reads no
// configuration, loads nothing, registers nothing for the end of the process, takes its random numbers from the host
// (attested/crypto_provider.h has its algorithms) and its memory
//
//   while it comes up      from the ordinary heap: tables of algorithms, before there is any key
//   then                   from the pool of sealed memory (pool.h), whatever it is for
//   for record buffers     from the ordinary heap once the program runs: 16 KiB each, and in them ciphertext and what the
//                          program itself reads and writes, which lies in the program's ordinary memory too. Before that they
//                          carry CAS's answers, and are sealed.
//
// Calls while the program runs: openssl_use.h.
#pragma once

namespace redoubt::shim::attested {

// Once a process, before anything else of OpenSSL. False: no sealed memory is left.
bool start_openssl();

// Starts it if nobody did; any thread. False: no sealed memory is left, or it was stopped.
bool ensure_openssl();

// Frees its state, which ends the use of OpenSSL in this process. The pool may end after it.
void stop_openssl();

// The program is about to run, and OpenSSL stays.
void keep_openssl();

// A line on standard error, once, that says what to do when sealed memory has run out while the program runs.
void report_no_sealed_memory();

// Lets OpenSSL's block functions (SHA256_Update) use what the processor has. A part of start_openssl().
// Before the program runs only: the first rewritten call site is made for whether it was called (process/cipher_guard.h).
void use_processor_features();
bool uses_processor_features();

}  // namespace redoubt::shim::attested
