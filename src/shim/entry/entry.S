/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the kernel enters the shim: the handler of every signal that is ours, the SIGSYS of a trapped system call
 * included. It runs on the thread's alternate stack, which is the shim's stack.
 *
 *   program ──signal──► redoubt_signal_entry ──► redoubt_trap (C++) ──► exit window ──rt_sigreturn──► program
 *                         │ interrupted the shim?                          ▲      │ a signal was captured
 *                         ▼                                                │      ▼
 *                       redoubt_nested_signal: capture, resume             redoubt_deliver_captured
 *
 * "In the shim" means: the selector says so, or the instruction is one of ours (the few around the switch, where
 * selector and thread pointer are being changed). A signal that comes between the last look at `captured` and the
 * rt_sigreturn is not lost: the nested handler finds the interrupted instruction in the exit window and resumes at
 * redoubt_exit_again.
 *
 * Only this file runs on the program's thread pointer (and nested.cc on either); no stack protector, no thread-locals.
 */
#include "shim/entry/offsets.h"

	.text
	.globl redoubt_signal_entry
	.hidden redoubt_signal_entry
	.type redoubt_signal_entry, @function
redoubt_signal_entry:	/* edi = signal, rsi = siginfo, rdx = ucontext; rsp = 8 mod 16 */
	pushfq			/* compiled code is not made for the program's alignment checks */
	andl $~EFLAGS_AC, (%rsp)
	popfq
	subq $8, %rsp
	movq %rdx, %rbx
	cmpb $DISPATCH_ALLOW, %gs:TC_SELECTOR
	je .Lnested
	movq UC_RIP(%rdx), %rax
	leaq __executable_start(%rip), %rcx
	cmpq %rcx, %rax
	jb .Lfrom_program
	leaq etext(%rip), %rcx
	cmpq %rcx, %rax
	jae .Lfrom_program
	/* The instructions that a patched call executes while it still, or again, belongs to the program. */
	leaq redoubt_patched_entry(%rip), %rcx
	cmpq %rcx, %rax
	je .Lfrom_program
	leaq redoubt_patched_left(%rip), %rcx
	cmpq %rcx, %rax
	je .Lfrom_program
	leaq redoubt_patched_refused(%rip), %rcx
	cmpq %rcx, %rax
	jb .Lnested
	leaq redoubt_gate_patched_end(%rip), %rcx
	cmpq %rcx, %rax
	jae .Lnested

.Lfrom_program:
	rdfsbase %rax
	movq %rax, %gs:TC_APP_FS
	movq %gs:TC_SHIM_FS, %rax
	wrfsbase %rax
	movb $DISPATCH_ALLOW, %gs:TC_SELECTOR
	call redoubt_trap

	.globl redoubt_exit_begin, redoubt_exit_end, redoubt_exit_again
	.hidden redoubt_exit_begin, redoubt_exit_end, redoubt_exit_again
redoubt_exit_begin:	/* rbx = ucontext of the program */
	cmpb $0, %gs:TC_CAPTURED
	jne redoubt_exit_again
	movq %gs:TC_APP_FS, %rax
	wrfsbase %rax
	movb $DISPATCH_BLOCK, %gs:TC_SELECTOR
	movq %rbx, %rdi
	jmp redoubt_gate_resume
redoubt_exit_end:
redoubt_exit_again:
	movb $DISPATCH_ALLOW, %gs:TC_SELECTOR
	movq %gs:TC_SHIM_FS, %rax
	wrfsbase %rax
	movq %rbx, %rdi
	call redoubt_deliver_captured
	jmp redoubt_exit_begin

.Lnested:
	call redoubt_nested_signal
	movq %rbx, %rdi
	jmp redoubt_gate_resume_nested
	.size redoubt_signal_entry, . - redoubt_signal_entry

/* void redoubt_enter_program(ucontext*): the first entry of a thread into the program. Never returns. */
	.globl redoubt_enter_program
	.hidden redoubt_enter_program
	.type redoubt_enter_program, @function
redoubt_enter_program:
	movq %rdi, %rbx
	andq $-16, %rsp
	jmp redoubt_exit_begin
	.size redoubt_enter_program, . - redoubt_enter_program

/* bool redoubt_copy(void* to, const void* from, size_t size): true when a fault ended it early. */
	.globl redoubt_copy, redoubt_copy_end, redoubt_copy_fault
	.hidden redoubt_copy, redoubt_copy_end, redoubt_copy_fault
	.type redoubt_copy, @function
redoubt_copy:
	movq %rdx, %rcx
	rep movsb
redoubt_copy_end:
	xorl %eax, %eax
	ret
redoubt_copy_fault:
	movl $1, %eax
	ret
	.size redoubt_copy, . - redoubt_copy

/* void redoubt_call_on_stack(void* top, void (*function)(void*), void* argument): leaves the present stack for good. */
	.globl redoubt_call_on_stack
	.hidden redoubt_call_on_stack
	.type redoubt_call_on_stack, @function
redoubt_call_on_stack:
	movq %rdi, %rsp
	andq $-16, %rsp
	xorl %ebp, %ebp
	movq %rdx, %rdi
	call *%rsi
	hlt
	.size redoubt_call_on_stack, . - redoubt_call_on_stack

/* Saves the callee-saved registers of a thread's start routine in buffer[8], and comes back to it when the thread ends:
 * int redoubt_mark(uint64_t buffer[8]) returns 0, then 1 after redoubt_jump(buffer). */
	.globl redoubt_mark, redoubt_jump
	.hidden redoubt_mark, redoubt_jump
	.type redoubt_mark, @function
redoubt_mark:
	movq %rbx, 0(%rdi)
	movq %rbp, 8(%rdi)
	movq %r12, 16(%rdi)
	movq %r13, 24(%rdi)
	movq %r14, 32(%rdi)
	movq %r15, 40(%rdi)
	leaq 8(%rsp), %rax
	movq %rax, 48(%rdi)
	movq (%rsp), %rax
	movq %rax, 56(%rdi)
	xorl %eax, %eax
	ret
	.size redoubt_mark, . - redoubt_mark
	.type redoubt_jump, @function
redoubt_jump:
	movq 0(%rdi), %rbx
	movq 8(%rdi), %rbp
	movq 16(%rdi), %r12
	movq 24(%rdi), %r13
	movq 32(%rdi), %r14
	movq 40(%rdi), %r15
	movq 48(%rdi), %rsp
	movl $1, %eax
	jmp *56(%rdi)
	.size redoubt_jump, . - redoubt_jump

/* The first instructions of the process: see start.cc. */
	.globl redoubt_start
	.hidden redoubt_start
	.type redoubt_start, @function
redoubt_start:
	movq %rsp, %rdi
	xorl %ebp, %ebp
	andq $-16, %rsp
	call redoubt_hide_environment
	movq %rax, %rsp
	xorl %edx, %edx		/* no dynamic linker's exit function */
	xorl %ebp, %ebp
	jmp _start
	.size redoubt_start, . - redoubt_start

	.section .note.GNU-stack, "", @progbits
