/* SPDX-License-Identifier: Apache-2.0
 *
 * Offsets that the assembly of entry/ and gate/ shares with C++; thread_control.h and context.h assert every one.
 */
#define TC_SHIM_FS     8
#define TC_APP_FS      16
#define TC_SELECTOR    24
#define TC_CAPTURED    25
#define UC_RIP         168
#define DISPATCH_ALLOW 0
#define DISPATCH_BLOCK 1
