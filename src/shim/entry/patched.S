/* SPDX-License-Identifier: Apache-2.0
 *
 * The way of a patched call through the shim (patch/README.md). It does what the kernel does for a trap, without the kernel:
 *
 *   slot ──jmp──► redoubt_patched_entry ──► state into the frame ──► redoubt_patched_call (C++) ─┬─ fast ─► restore, jmp ──► program
 *                    selector = ALLOW                                                            └─ slow ─► redoubt_exit_begin (entry.S)
 *
 * The frame is a ucontext at a fixed place near the top of the thread's shim stack, which is the kernel's alternate stack:
 * from the moment %rsp points at it, a signal's frame goes below it. So it can be found again from any instruction, and
 * while the registers of the program are being loaded from it, nothing in it is overwritten.
 *
 *   frame + 0              ucontext
 *   frame + UC_VECTORS     vector state, XSAVEC's compacted format
 *   behind it              vector state, the kernel's format; filled only where somebody asks for it (redoubt_expand_vectors)
 *
 * A signal before the first instruction has taken effect, or at the last jump, finds the program running: the selector says
 * so, the program's stack pointer is loaded, and patch::present() puts %rip back where it belongs. A signal that is captured
 * between redoubt_patched_leave and redoubt_patched_left resumes at redoubt_patched_again, which takes the slow way out.
 */
#include "shim/entry/offsets.h"

/* Vector state. XSAVEC and XRSTOR take two thirds of what all else here does together, so what programs commonly have in use
 * is moved by hand: SSE, and what AVX-512 has beyond the first sixteen registers, which string functions use. It is laid
 * out as XSAVEC would (its image has these components and no others), so XRSTOR and redoubt_expand_vectors() understand it.
 * Anything else in use, or used by the shim meanwhile, goes by XSAVEC and XRSTOR: what the shim leaves in a register never
 * stays there. redoubt_quick_vectors holds these components, as far as the kernel uses them; 0: always XSAVEC.
 *
 * Where no cipher ever runs (redoubt_light_vectors: a run without attestation), nothing of the runtime touches more than SSE, which
 * tools/check-runtime-binary proves of the linked file: then the sixteen are all there is to save, whatever else is in use. */
#define SSE		0x02
#define OPMASKS		0x20
#define HIGH_REGISTERS	0x80
#define MXCSR		(UC_VECTORS + 24)
#define XMM(i)		(UC_VECTORS + 160 + 16 * i)
#define OPMASK(i)	(UC_VECTORS + XSAVE_HEADER + 64 + 8 * i)
#define ZMM(i)		(UC_VECTORS + XSAVE_HEADER + 64 + 64 + 64 * (i - 16))

	.macro save_vectors
	movl redoubt_quick_vectors(%rip), %r12d
	testl %r12d, %r12d
	jz 2f
	xorl %eax, %eax
	cmpb $0, redoubt_light_vectors(%rip)
	jne 0f
	movl $1, %ecx
	xgetbv				/* what is in use */
	andl redoubt_vector_mask(%rip), %eax
	movl %r12d, %edx
	notl %edx
	testl %edx, %eax
	jnz 2f
0:	orl $SSE, %eax
	movl %eax, UC_VECTORS+XSAVE_HEADER(%rbx)
	movl $0, UC_VECTORS+XSAVE_HEADER+4(%rbx)
	movl %r12d, UC_VECTORS+XSAVE_HEADER+8(%rbx)
	movl $0x80000000, UC_VECTORS+XSAVE_HEADER+12(%rbx)
	stmxcsr MXCSR(%rbx)
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movaps %xmm\i, XMM(\i)(%rbx)
	.endr
	testb $OPMASKS, %al
	jz 1f
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7
	kmovq %k\i, OPMASK(\i)(%rbx)
	.endr
1:	testb $HIGH_REGISTERS, %al
	jz 3f
	.irp i, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	vmovdqa64 %zmm\i, ZMM(\i)(%rbx)
	.endr
	jmp 3f
2:	movl redoubt_vector_mask(%rip), %eax
	movl redoubt_vector_mask+4(%rip), %edx
	xsavec64 UC_VECTORS(%rbx)
3:
	.endm

	.macro restore_vectors
	movl redoubt_quick_vectors(%rip), %r12d
	cmpl %r12d, UC_VECTORS+XSAVE_HEADER+8(%rbx)
	jne 2f
	xorl %eax, %eax
	cmpb $0, redoubt_light_vectors(%rip)
	jne 0f
	movl $1, %ecx
	xgetbv
	andl redoubt_vector_mask(%rip), %eax
0:	movl UC_VECTORS+XSAVE_HEADER(%rbx), %ecx
	movl %ecx, %edx
	notl %edx
	testl %edx, %eax		/* in use only since the shim ran */
	jnz 2f
	ldmxcsr MXCSR(%rbx)
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movaps XMM(\i)(%rbx), %xmm\i
	.endr
	testb $OPMASKS, %cl
	jz 1f
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7
	kmovq OPMASK(\i)(%rbx), %k\i
	.endr
1:	testb $HIGH_REGISTERS, %cl
	jz 3f
	.irp i, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	vmovdqa64 ZMM(\i)(%rbx), %zmm\i
	.endr
	jmp 3f
2:	movl redoubt_vector_mask(%rip), %eax
	movl redoubt_vector_mask+4(%rip), %edx
	xrstor64 UC_VECTORS(%rbx)
3:
	.endm

	.text
	.globl redoubt_patched_entry
	.hidden redoubt_patched_entry
	.type redoubt_patched_entry, @function
redoubt_patched_entry:	/* rax = number, rcx = return address; all else is the program's */
	movb $DISPATCH_ALLOW, %gs:TC_SELECTOR
	movq %rsp, %gs:TC_APP_RSP
	movq %gs:TC_PATCHED, %rsp
	pushfq
	popq %r11
	movq %r8, UC_R8(%rsp)
	movq %r9, UC_R9(%rsp)
	movq %r10, UC_R10(%rsp)
	movq %r11, UC_R11(%rsp)
	movq %r12, UC_R12(%rsp)
	movq %r13, UC_R13(%rsp)
	movq %r14, UC_R14(%rsp)
	movq %r15, UC_R15(%rsp)
	movq %rdi, UC_RDI(%rsp)
	movq %rsi, UC_RSI(%rsp)
	movq %rbp, UC_RBP(%rsp)
	movq %rbx, UC_RBX(%rsp)
	movq %rdx, UC_RDX(%rsp)
	movq %rax, UC_RAX(%rsp)
	movq %rcx, UC_RCX(%rsp)
	movq %rcx, UC_RIP(%rsp)
	movq %r11, UC_EFLAGS(%rsp)
	movq %gs:TC_APP_RSP, %rax
	movq %rax, UC_RSP(%rsp)
	cld
	testl $EFLAGS_AC, %r11d
	jz 1f
	pushfq
	andl $~EFLAGS_AC, (%rsp)
	popfq
1:
	rdfsbase %rax
	movq %rax, %gs:TC_APP_FS
	movq %gs:TC_SHIM_FS, %rax
	wrfsbase %rax

	/* XRSTOR faults unless the rest of the header is zero, and XSAVEC does not write it. */
	movq %rsp, %rbx
	xorl %eax, %eax
	movq %rax, UC_VECTORS+XSAVE_HEADER+16(%rbx)
	movq %rax, UC_VECTORS+XSAVE_HEADER+24(%rbx)
	movq %rax, UC_VECTORS+XSAVE_HEADER+32(%rbx)
	movq %rax, UC_VECTORS+XSAVE_HEADER+40(%rbx)
	movq %rax, UC_VECTORS+XSAVE_HEADER+48(%rbx)
	movq %rax, UC_VECTORS+XSAVE_HEADER+56(%rbx)
	save_vectors
	/* The control words that C++ expects. x87 needs a reset only when it was in use. */
	ldmxcsr redoubt_initial_mxcsr(%rip)
	testb $1, UC_VECTORS+XSAVE_HEADER(%rbx)
	jz 1f
	fninit
1:	xorl %ebp, %ebp
	movq %rbx, %rdi
	call redoubt_patched_call
	testb %al, %al
	jz redoubt_exit_begin

	.globl redoubt_patched_leave, redoubt_patched_left, redoubt_patched_again
	.hidden redoubt_patched_leave, redoubt_patched_left, redoubt_patched_again
redoubt_patched_leave:	/* rbx = rsp = frame */
	cmpb $0, %gs:TC_CAPTURED
	jne redoubt_patched_again
	restore_vectors
	movq %gs:TC_APP_FS, %rax
	wrfsbase %rax
	movq UC_RSP(%rbx), %rax
	movq %rax, %gs:TC_APP_RSP
	movq UC_EFLAGS(%rbx), %r11
	pushq %r11
	movq UC_R8(%rbx), %r8
	movq UC_R9(%rbx), %r9
	movq UC_R10(%rbx), %r10
	movq UC_R12(%rbx), %r12
	movq UC_R13(%rbx), %r13
	movq UC_R14(%rbx), %r14
	movq UC_R15(%rbx), %r15
	movq UC_RDI(%rbx), %rdi
	movq UC_RSI(%rbx), %rsi
	movq UC_RBP(%rbx), %rbp
	movq UC_RDX(%rbx), %rdx
	movq UC_RAX(%rbx), %rax
	movq UC_RIP(%rbx), %rcx
	movq UC_RBX(%rbx), %rbx
	popfq
	movb $DISPATCH_BLOCK, %gs:TC_SELECTOR
	movq %gs:TC_APP_RSP, %rsp
redoubt_patched_left:
	jmp *%rcx

redoubt_patched_again:
	movb $DISPATCH_ALLOW, %gs:TC_SELECTOR
	movq %gs:TC_PATCHED, %rbx
	movq %rbx, %rsp
	movq %gs:TC_SHIM_FS, %rax
	wrfsbase %rax
	pushfq
	andl $~EFLAGS_AC, (%rsp)
	popfq
	cld
	ldmxcsr redoubt_initial_mxcsr(%rip)
	cmpb $0, redoubt_light_vectors(%rip)
	jne 1f
	fninit
1:	movq %rbx, %rdi
	call redoubt_patched_complete
	jmp redoubt_exit_again
	.size redoubt_patched_entry, . - redoubt_patched_entry

/* void redoubt_expand_vectors(const void* compacted, void* standard): the processor knows both formats. The header of
 * `standard` must be zero. */
	.globl redoubt_expand_vectors
	.hidden redoubt_expand_vectors
	.type redoubt_expand_vectors, @function
redoubt_expand_vectors:
	movl redoubt_vector_mask(%rip), %eax
	movl redoubt_vector_mask+4(%rip), %edx
	xrstor64 (%rdi)
	movl redoubt_frame_mask(%rip), %eax
	movl redoubt_frame_mask+4(%rip), %edx
	xsave64 (%rsi)
	ldmxcsr redoubt_initial_mxcsr(%rip)
	fninit
	ret
	.size redoubt_expand_vectors, . - redoubt_expand_vectors

/* void redoubt_capture_vectors(void* standard): what the program has in use, as it is in the processor. */
	.globl redoubt_capture_vectors
	.hidden redoubt_capture_vectors
	.type redoubt_capture_vectors, @function
redoubt_capture_vectors:
	movl redoubt_frame_mask(%rip), %eax
	movl redoubt_frame_mask+4(%rip), %edx
	xsave64 (%rdi)
	ret
	.size redoubt_capture_vectors, . - redoubt_capture_vectors

	.balign 4
	.type redoubt_initial_mxcsr, @object
redoubt_initial_mxcsr:	/* beside the code: a page of constants would be a fault of its own in every child */
	.long 0x1f80
	.size redoubt_initial_mxcsr, . - redoubt_initial_mxcsr

	.section .note.GNU-stack, "", @progbits
