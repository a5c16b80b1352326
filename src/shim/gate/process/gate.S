/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate of the `process` platform. Everything between redoubt_gate_begin and redoubt_gate_end may make system calls
 * whatever the selector says (Syscall User Dispatch lets the range through), so this file is kept to what needs it.
 *
 * redoubt_gate_interruptible is a restartable sequence. The nested signal entry (entry/nested.cc) looks at the
 * interrupted instruction:
 *   check .. wait, and %rcx is still 0   the call has not begun        resume at never_began     (-ERESTARTNOINTR)
 *   wait, and %rcx is the return address the kernel rewound the call   resume at cut_short       (-ERESTARTSYS), or at
 *                                                                      never_began if it is one that is always repeated
 * `syscall` puts its return address into %rcx, which tells a call that was rewound from one that never ran.
 */
#include "shim/entry/offsets.h"

	.section .text.gate, "ax", @progbits
	.globl redoubt_gate_begin, redoubt_gate_end
	.hidden redoubt_gate_begin, redoubt_gate_end
redoubt_gate_begin:

/* (number, a0, a1, a2, a3, a4, a5 on the stack) in the C order to the kernel's registers */
	.macro load_arguments
	movq %rdi, %rax
	movq %rsi, %rdi
	movq %rdx, %rsi
	movq %rcx, %rdx
	movq %r8, %r10
	movq %r9, %r8
	movq 8(%rsp), %r9
	.endm

	.globl redoubt_gate_call
	.hidden redoubt_gate_call
	.type redoubt_gate_call, @function
redoubt_gate_call:
	.cfi_startproc
	load_arguments
	syscall
	ret
	.cfi_endproc
	.size redoubt_gate_call, . - redoubt_gate_call

	.globl redoubt_gate_interruptible, redoubt_gate_check, redoubt_gate_wait, redoubt_gate_wait_end
	.globl redoubt_gate_never_began, redoubt_gate_cut_short
	.hidden redoubt_gate_interruptible, redoubt_gate_check, redoubt_gate_wait, redoubt_gate_wait_end
	.hidden redoubt_gate_never_began, redoubt_gate_cut_short
	.type redoubt_gate_interruptible, @function
redoubt_gate_interruptible:
	.cfi_startproc
	load_arguments
	xorl %ecx, %ecx
redoubt_gate_check:
	cmpb $0, %gs:TC_CAPTURED
	jne redoubt_gate_never_began
redoubt_gate_wait:
	syscall
redoubt_gate_wait_end:
	ret
redoubt_gate_never_began:
	movq $-513, %rax
	ret
redoubt_gate_cut_short:
	movq $-512, %rax
	ret
	.cfi_endproc
	.size redoubt_gate_interruptible, . - redoubt_gate_interruptible

/* (flags, stack top, parent_tid, child_tid, argument): see gate::clone_vfork */
	.globl redoubt_gate_clone_vfork
	.hidden redoubt_gate_clone_vfork
	.type redoubt_gate_clone_vfork, @function
redoubt_gate_clone_vfork:
	pushq %r12
	movq %r8, %r12
	movq %rcx, %r10
	xorl %r8d, %r8d
	movl $56, %eax
	syscall
	testq %rax, %rax
	jz 1f
	popq %r12
	ret
1:	xorl %ebp, %ebp
	movq %r12, %rdi
	call redoubt_vfork_child
	hlt
	.size redoubt_gate_clone_vfork, . - redoubt_gate_clone_vfork

/* Patched calls that need nothing of the shim (patch/README.md): entered from a slot on the program's stack and thread
 * pointer, %rax = number, %rcx = return address. Nothing here changes a flag, since `syscall` does not either. A signal here
 * interrupts the program: patch::present() makes the frame say so, from %rip and %rcx as above.
 *
 * There are ways in for calls whose arguments are descriptors: one that is marked goes through the shim. */
#define AT_EMPTY_PATH 0x1000
	.macro unless_marked number, lower_half
	movl \number, %ecx
	bswapl %ecx
	movzwl %cx, %ecx		/* the upper half */
	jecxz 1f
	jmp 2f
1:	movzwl \lower_half, %ecx
	leaq redoubt_descriptor_marks(%rip), %r11
	movzbl (%r11,%rcx), %ecx
	jecxz 3f
2:	jmp .Lthrough_shim
3:
	.endm

	.globl redoubt_patched_refused
	.hidden redoubt_patched_refused
	.globl redoubt_gate_patched_pid, redoubt_gate_patched_pid_done, redoubt_gate_patched_tid
	.globl redoubt_gate_patched_tid_done
	.hidden redoubt_gate_patched_pid, redoubt_gate_patched_pid_done, redoubt_gate_patched_tid
	.hidden redoubt_gate_patched_tid_done
	.globl redoubt_gate_patched_by_number, redoubt_gate_patched_by_number_end
	.hidden redoubt_gate_patched_by_number, redoubt_gate_patched_by_number_end
	.globl redoubt_gate_patched, redoubt_gate_patched_descriptor, redoubt_gate_patched_call
	.globl redoubt_gate_patched_done, redoubt_gate_patched_end
	.hidden redoubt_gate_patched, redoubt_gate_patched_descriptor, redoubt_gate_patched_call
	.hidden redoubt_gate_patched_done, redoubt_gate_patched_end
	.globl redoubt_gate_patched_and_second, redoubt_gate_patched_and_third, redoubt_gate_patched_stat
	.hidden redoubt_gate_patched_and_second, redoubt_gate_patched_and_third, redoubt_gate_patched_stat
	.globl redoubt_gate_patched_path
	.hidden redoubt_gate_patched_path
redoubt_patched_refused:		/* patched calls are switched off: back to the site's `syscall`, which traps */
	leaq -2(%rcx), %rcx
	jmp *%rcx
/* Answered without the kernel: getpid and gettid. */
redoubt_gate_patched_pid:
	movl %gs:TC_PID, %eax
redoubt_gate_patched_pid_done:
	jmp *%rcx
redoubt_gate_patched_tid:
	movl %gs:TC_TID, %eax
redoubt_gate_patched_tid_done:
	jmp *%rcx
/* For sites that make any call: what redoubt_call_ways has for the number, through the shim for those beyond. */
redoubt_gate_patched_by_number:
	movq %rcx, %gs:TC_RETURN
	movzbl %al, %ecx
	notq %rcx
	leaq 1(%rcx,%rax), %rcx		/* the number without its lowest byte: 0 or 256 for those that have a row */
	jrcxz 1f
	leaq -256(%rcx), %rcx
	jrcxz 1f
	movq %gs:TC_RETURN, %rcx
	jmp redoubt_patched_entry
1:	leaq redoubt_call_ways(%rip), %r11
	movq (%r11,%rax,8), %r11
	movq %gs:TC_RETURN, %rcx
	jmp *%r11
redoubt_gate_patched_by_number_end:
redoubt_gate_patched_descriptor:
	movq %rcx, %gs:TC_RETURN
.Lfirst_descriptor:
	unless_marked %edi, %di
	jmp redoubt_gate_patched_call
redoubt_gate_patched_and_second:	/* sendfile: two descriptors */
	movq %rcx, %gs:TC_RETURN
	unless_marked %esi, %si
	jmp .Lfirst_descriptor
redoubt_gate_patched_and_third:		/* epoll_ctl */
	movq %rcx, %gs:TC_RETURN
	unless_marked %edx, %dx
	jmp .Lfirst_descriptor
redoubt_gate_patched_stat:		/* newfstatat, of an open file if the flags and the path say so */
	movq %rcx, %gs:TC_RETURN
	leal -AT_EMPTY_PATH(%r10), %ecx
	jecxz redoubt_gate_patched_path
	jmp .Lthrough_shim
redoubt_gate_patched_path:		/* may fault: patch::is_own_fault() */
	movzbl (%rsi), %ecx
	jecxz 1f
.Lthrough_shim:
	movq %gs:TC_RETURN, %rcx
	jmp redoubt_patched_entry
1:	jmp .Lfirst_descriptor
redoubt_gate_patched:
	movq %rcx, %gs:TC_RETURN
redoubt_gate_patched_call:
	syscall
redoubt_gate_patched_done:
	movq %gs:TC_RETURN, %rcx
	jmp *%rcx
redoubt_gate_patched_end:

/* %rdi: the ucontext. The kernel finds its frame 8 bytes below %rsp, as after the handler's `ret`. */
	.globl redoubt_gate_resume, redoubt_gate_resume_end
	.hidden redoubt_gate_resume, redoubt_gate_resume_end
	.type redoubt_gate_resume, @function
redoubt_gate_resume:
	movq %rdi, %rsp
	movl $15, %eax
	syscall
redoubt_gate_resume_end:
	hlt
	.size redoubt_gate_resume, . - redoubt_gate_resume

/* The same for a nested signal, at an address of its own: the exit window must not take one for the other. */
	.globl redoubt_gate_resume_nested
	.hidden redoubt_gate_resume_nested
	.type redoubt_gate_resume_nested, @function
redoubt_gate_resume_nested:
	movq %rdi, %rsp
	movl $15, %eax
	syscall
	hlt
	.size redoubt_gate_resume_nested, . - redoubt_gate_resume_nested

/* What sigaction demands as restorer. No handler of ours returns, so nothing arrives here. */
	.globl redoubt_gate_restorer
	.hidden redoubt_gate_restorer
redoubt_gate_restorer:
	hlt
redoubt_gate_end:

	.section .note.GNU-stack, "", @progbits
