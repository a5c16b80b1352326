// SPDX-License-Identifier: Apache-2.0
//
// The names of Linux's error numbers and what people know them by. The C library's strerror would look for a
// translation and so bring locales into the static runtime.
#pragma once

#include <cerrno>

namespace redoubt::abi {

struct ErrnoName {
  int number;
  const char* name;
  const char* text;
};

// clang-format off
#define REDOUBT_ERRNO(number, text) {number, #number, text}
inline constexpr ErrnoName kErrnoNames[] = {
    REDOUBT_ERRNO(EPERM, "Operation not permitted"),
    REDOUBT_ERRNO(ENOENT, "No such file or directory"),
    REDOUBT_ERRNO(ESRCH, "No such process"),
    REDOUBT_ERRNO(EINTR, "Interrupted system call"),
    REDOUBT_ERRNO(EIO, "Input/output error"),
    REDOUBT_ERRNO(ENXIO, "No such device or address"),
    REDOUBT_ERRNO(E2BIG, "Argument list too long"),
    REDOUBT_ERRNO(ENOEXEC, "Exec format error"),
    REDOUBT_ERRNO(EBADF, "Bad file descriptor"),
    REDOUBT_ERRNO(ECHILD, "No child processes"),
    REDOUBT_ERRNO(EAGAIN, "Resource temporarily unavailable"),
    REDOUBT_ERRNO(ENOMEM, "Cannot allocate memory"),
    REDOUBT_ERRNO(EACCES, "Permission denied"),
    REDOUBT_ERRNO(EFAULT, "Bad address"),
    REDOUBT_ERRNO(ENOTBLK, "Block device required"),
    REDOUBT_ERRNO(EBUSY, "Device or resource busy"),
    REDOUBT_ERRNO(EEXIST, "File exists"),
    REDOUBT_ERRNO(EXDEV, "Invalid cross-device link"),
    REDOUBT_ERRNO(ENODEV, "No such device"),
    REDOUBT_ERRNO(ENOTDIR, "Not a directory"),
    REDOUBT_ERRNO(EISDIR, "Is a directory"),
    REDOUBT_ERRNO(EINVAL, "Invalid argument"),
    REDOUBT_ERRNO(ENFILE, "Too many open files in system"),
    REDOUBT_ERRNO(EMFILE, "Too many open files"),
    REDOUBT_ERRNO(ENOTTY, "Inappropriate ioctl for device"),
    REDOUBT_ERRNO(ETXTBSY, "Text file busy"),
    REDOUBT_ERRNO(EFBIG, "File too large"),
    REDOUBT_ERRNO(ENOSPC, "No space left on device"),
    REDOUBT_ERRNO(ESPIPE, "Illegal seek"),
    REDOUBT_ERRNO(EROFS, "Read-only file system"),
    REDOUBT_ERRNO(EMLINK, "Too many links"),
    REDOUBT_ERRNO(EPIPE, "Broken pipe"),
    REDOUBT_ERRNO(EDOM, "Numerical argument out of domain"),
    REDOUBT_ERRNO(ERANGE, "Numerical result out of range"),
    REDOUBT_ERRNO(EDEADLK, "Resource deadlock avoided"),
    REDOUBT_ERRNO(ENAMETOOLONG, "File name too long"),
    REDOUBT_ERRNO(ENOLCK, "No locks available"),
    REDOUBT_ERRNO(ENOSYS, "Function not implemented"),
    REDOUBT_ERRNO(ENOTEMPTY, "Directory not empty"),
    REDOUBT_ERRNO(ELOOP, "Too many levels of symbolic links"),
    REDOUBT_ERRNO(ENOMSG, "No message of desired type"),
    REDOUBT_ERRNO(EIDRM, "Identifier removed"),
    REDOUBT_ERRNO(ECHRNG, "Channel number out of range"),
    REDOUBT_ERRNO(EL2NSYNC, "Level 2 not synchronized"),
    REDOUBT_ERRNO(EL3HLT, "Level 3 halted"),
    REDOUBT_ERRNO(EL3RST, "Level 3 reset"),
    REDOUBT_ERRNO(ELNRNG, "Link number out of range"),
    REDOUBT_ERRNO(EUNATCH, "Protocol driver not attached"),
    REDOUBT_ERRNO(ENOCSI, "No CSI structure available"),
    REDOUBT_ERRNO(EL2HLT, "Level 2 halted"),
    REDOUBT_ERRNO(EBADE, "Invalid exchange"),
    REDOUBT_ERRNO(EBADR, "Invalid request descriptor"),
    REDOUBT_ERRNO(EXFULL, "Exchange full"),
    REDOUBT_ERRNO(ENOANO, "No anode"),
    REDOUBT_ERRNO(EBADRQC, "Invalid request code"),
    REDOUBT_ERRNO(EBADSLT, "Invalid slot"),
    REDOUBT_ERRNO(EBFONT, "Bad font file format"),
    REDOUBT_ERRNO(ENOSTR, "Device not a stream"),
    REDOUBT_ERRNO(ENODATA, "No data available"),
    REDOUBT_ERRNO(ETIME, "Timer expired"),
    REDOUBT_ERRNO(ENOSR, "Out of streams resources"),
    REDOUBT_ERRNO(ENONET, "Machine is not on the network"),
    REDOUBT_ERRNO(ENOPKG, "Package not installed"),
    REDOUBT_ERRNO(EREMOTE, "Object is remote"),
    REDOUBT_ERRNO(ENOLINK, "Link has been severed"),
    REDOUBT_ERRNO(EADV, "Advertise error"),
    REDOUBT_ERRNO(ESRMNT, "Srmount error"),
    REDOUBT_ERRNO(ECOMM, "Communication error on send"),
    REDOUBT_ERRNO(EPROTO, "Protocol error"),
    REDOUBT_ERRNO(EMULTIHOP, "Multihop attempted"),
    REDOUBT_ERRNO(EDOTDOT, "RFS specific error"),
    REDOUBT_ERRNO(EBADMSG, "Bad message"),
    REDOUBT_ERRNO(EOVERFLOW, "Value too large for defined data type"),
    REDOUBT_ERRNO(ENOTUNIQ, "Name not unique on network"),
    REDOUBT_ERRNO(EBADFD, "File descriptor in bad state"),
    REDOUBT_ERRNO(EREMCHG, "Remote address changed"),
    REDOUBT_ERRNO(ELIBACC, "Can not access a needed shared library"),
    REDOUBT_ERRNO(ELIBBAD, "Accessing a corrupted shared library"),
    REDOUBT_ERRNO(ELIBSCN, ".lib section in a.out corrupted"),
    REDOUBT_ERRNO(ELIBMAX, "Attempting to link in too many shared libraries"),
    REDOUBT_ERRNO(ELIBEXEC, "Cannot exec a shared library directly"),
    REDOUBT_ERRNO(EILSEQ, "Invalid or incomplete multibyte or wide character"),
    REDOUBT_ERRNO(ERESTART, "Interrupted system call should be restarted"),
    REDOUBT_ERRNO(ESTRPIPE, "Streams pipe error"),
    REDOUBT_ERRNO(EUSERS, "Too many users"),
    REDOUBT_ERRNO(ENOTSOCK, "Socket operation on non-socket"),
    REDOUBT_ERRNO(EDESTADDRREQ, "Destination address required"),
    REDOUBT_ERRNO(EMSGSIZE, "Message too long"),
    REDOUBT_ERRNO(EPROTOTYPE, "Protocol wrong type for socket"),
    REDOUBT_ERRNO(ENOPROTOOPT, "Protocol not available"),
    REDOUBT_ERRNO(EPROTONOSUPPORT, "Protocol not supported"),
    REDOUBT_ERRNO(ESOCKTNOSUPPORT, "Socket type not supported"),
    REDOUBT_ERRNO(EOPNOTSUPP, "Operation not supported"),
    REDOUBT_ERRNO(EPFNOSUPPORT, "Protocol family not supported"),
    REDOUBT_ERRNO(EAFNOSUPPORT, "Address family not supported by protocol"),
    REDOUBT_ERRNO(EADDRINUSE, "Address already in use"),
    REDOUBT_ERRNO(EADDRNOTAVAIL, "Cannot assign requested address"),
    REDOUBT_ERRNO(ENETDOWN, "Network is down"),
    REDOUBT_ERRNO(ENETUNREACH, "Network is unreachable"),
    REDOUBT_ERRNO(ENETRESET, "Network dropped connection on reset"),
    REDOUBT_ERRNO(ECONNABORTED, "Software caused connection abort"),
    REDOUBT_ERRNO(ECONNRESET, "Connection reset by peer"),
    REDOUBT_ERRNO(ENOBUFS, "No buffer space available"),
    REDOUBT_ERRNO(EISCONN, "Transport endpoint is already connected"),
    REDOUBT_ERRNO(ENOTCONN, "Transport endpoint is not connected"),
    REDOUBT_ERRNO(ESHUTDOWN, "Cannot send after transport endpoint shutdown"),
    REDOUBT_ERRNO(ETOOMANYREFS, "Too many references: cannot splice"),
    REDOUBT_ERRNO(ETIMEDOUT, "Connection timed out"),
    REDOUBT_ERRNO(ECONNREFUSED, "Connection refused"),
    REDOUBT_ERRNO(EHOSTDOWN, "Host is down"),
    REDOUBT_ERRNO(EHOSTUNREACH, "No route to host"),
    REDOUBT_ERRNO(EALREADY, "Operation already in progress"),
    REDOUBT_ERRNO(EINPROGRESS, "Operation now in progress"),
    REDOUBT_ERRNO(ESTALE, "Stale file handle"),
    REDOUBT_ERRNO(EUCLEAN, "Structure needs cleaning"),
    REDOUBT_ERRNO(ENOTNAM, "Not a XENIX named type file"),
    REDOUBT_ERRNO(ENAVAIL, "No XENIX semaphores available"),
    REDOUBT_ERRNO(EISNAM, "Is a named type file"),
    REDOUBT_ERRNO(EREMOTEIO, "Remote I/O error"),
    REDOUBT_ERRNO(EDQUOT, "Disk quota exceeded"),
    REDOUBT_ERRNO(ENOMEDIUM, "No medium found"),
    REDOUBT_ERRNO(EMEDIUMTYPE, "Wrong medium type"),
    REDOUBT_ERRNO(ECANCELED, "Operation canceled"),
    REDOUBT_ERRNO(ENOKEY, "Required key not available"),
    REDOUBT_ERRNO(EKEYEXPIRED, "Key has expired"),
    REDOUBT_ERRNO(EKEYREVOKED, "Key has been revoked"),
    REDOUBT_ERRNO(EKEYREJECTED, "Key was rejected by service"),
    REDOUBT_ERRNO(EOWNERDEAD, "Owner died"),
    REDOUBT_ERRNO(ENOTRECOVERABLE, "State not recoverable"),
    REDOUBT_ERRNO(ERFKILL, "Operation not possible due to RF-kill"),
    REDOUBT_ERRNO(EHWPOISON, "Memory page has hardware error"),
};
#undef REDOUBT_ERRNO
// clang-format on

// Nullptr for a number that Linux does not use.
constexpr const ErrnoName* find_errno(int number) {
  for (const ErrnoName& entry : kErrnoNames) {
    if (entry.number == number) return &entry;
  }
  return nullptr;
}

}  // namespace redoubt::abi
