/* SPDX-License-Identifier: Apache-2.0
 *
 * Offsets that the assembly of entry/ and gate/ shares with C++; thread_control.h and context.h assert every one.
 */
#define TC_SHIM_FS     8
#define TC_APP_FS      16
#define TC_SELECTOR    24
#define TC_CAPTURED    25
#define TC_RETURN      32
#define TC_APP_RSP     40
#define TC_PATCHED     48
#define TC_TID         56
#define TC_PID         60
#define UC_R8          40
#define UC_R9          48
#define UC_R10         56
#define UC_R11         64
#define UC_R12         72
#define UC_R13         80
#define UC_R14         88
#define UC_R15         96
#define UC_RDI         104
#define UC_RSI         112
#define UC_RBP         120
#define UC_RBX         128
#define UC_RDX         136
#define UC_RAX         144
#define UC_RCX         152
#define UC_RSP         160
#define UC_RIP         168
#define UC_EFLAGS      176
#define UC_VECTORS     320 /* behind the ucontext, 64-byte aligned as XSAVE demands */
#define XSAVE_HEADER   512
#define EFLAGS_AC      0x40000
#define DISPATCH_ALLOW 0
#define DISPATCH_BLOCK 1
