// SPDX-License-Identifier: Apache-2.0
//
// Without a C library: clone makes a thread that writes a word and exits; CLONE_CHILD_CLEARTID wakes the
// waiter; then a signal handler with its own restorer runs; exit_group(0). Exit codes above 0 name the step
// that failed. clone(2).
#define SYS_rt_sigaction 13
#define SYS_rt_sigreturn 15
#define SYS_getpid 39
#define SYS_clone 56
#define SYS_exit 60
#define SYS_kill 62
#define SYS_gettid 186
#define SYS_futex 202
#define SYS_exit_group 231
#define THREAD_FLAGS 0x250f00  /* VM FS FILES SIGHAND THREAD SYSVSEM CHILD_CLEARTID */

        .text
        .globl _start
_start:
        lea     stack_top(%rip), %rsi
        lea     alive(%rip), %r10
        mov     $THREAD_FLAGS, %edi
        xor     %edx, %edx
        xor     %r8d, %r8d
        mov     $SYS_clone, %eax
        syscall
        test    %rax, %rax
        js      fail_1
        jz      child
        mov     %rax, %r12                      // the child's id
wait:   lea     alive(%rip), %rdi
        mov     (%rdi), %edx
        test    %edx, %edx
        jz      joined
        xor     %esi, %esi                      // FUTEX_WAIT
        xor     %r10d, %r10d
        mov     $SYS_futex, %eax
        syscall
        jmp     wait
joined: cmp     child_id(%rip), %r12d
        jne     fail_2

        lea     action(%rip), %rsi
        mov     $10, %edi                       // SIGUSR1
        xor     %edx, %edx
        mov     $8, %r10d
        mov     $SYS_rt_sigaction, %eax
        syscall
        test    %rax, %rax
        jnz     fail_3
        mov     $SYS_getpid, %eax
        syscall
        mov     %eax, %edi
        mov     $10, %esi
        mov     $0x1234567, %rbx
        mov     $SYS_kill, %eax
        syscall
        cmpl    $1, handled(%rip)
        jne     fail_4
        cmp     $0x1234567, %rbx
        jne     fail_5
        xor     %edi, %edi
        mov     $SYS_exit_group, %eax
        syscall

child:  mov     $SYS_gettid, %eax
        syscall
        mov     %eax, child_id(%rip)
        xor     %edi, %edi
        mov     $SYS_exit, %eax
        syscall

handler:
        xor     %ebx, %ebx
        cmp     $10, %edi
        jne     fail_6
        incl    handled(%rip)
        ret
restorer:
        mov     $SYS_rt_sigreturn, %eax
        syscall

fail_6: mov     $6, %edi
        jmp     fail
fail_5: mov     $5, %edi
        jmp     fail
fail_4: mov     $4, %edi
        jmp     fail
fail_3: mov     $3, %edi
        jmp     fail
fail_2: mov     $2, %edi
        jmp     fail
fail_1: mov     $1, %edi
fail:   mov     $SYS_exit_group, %eax
        syscall

        .data
        .balign 16
alive:  .long   1
child_id: .long 0
handled: .long  0
        .balign 8
action: .quad   handler, 0x04000000, restorer, 0   // SA_RESTORER
        .bss
        .balign 16
        .skip   16384
stack_top:
        .section .note.GNU-stack, "", @progbits
