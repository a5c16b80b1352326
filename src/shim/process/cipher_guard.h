// SPDX-License-Identifier: Apache-2.0
//
// Signals and keys. A signal that interrupts a cipher makes the kernel write the processor's vector registers, and round keys in them, onto
// the thread's ordinary stack, where root finds them. So no signal comes while a cipher runs (crypto::CipherScope), the ones that are never
// blocked elsewhere included, and the registers are empty when the next one may.
#pragma once

extern "C" {
// No cipher runs in this process: of vector registers patched calls save SSE alone, since nothing uses the others but the program
// (entry/patched.S). A cipher that runs all the same ends the process.
__attribute__((visibility("hidden"))) inline constinit bool redoubt_light_vectors = false;
}

namespace redoubt::shim {

// Once, in main(), before any key.
void start_cipher_guard();

// A vfork child that was killed inside a cipher shared this thread's count.
void reset_cipher_guard();

}  // namespace redoubt::shim
