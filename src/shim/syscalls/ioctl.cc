// SPDX-License-Identifier: Apache-2.0
//
// ioctl(2) by command: a list of what is known to be harmless, and ENOTTY, Linux's answer to a command that a file does
// not have, for everything else. A driver's command can do anything, from typing into a terminal to handing the kernel
// a list of buffers, so the length of this list is the length of what somebody has looked at.
#include <asm/ioctls.h>
#include <asm/sockios.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/nsfs.h>
#include <linux/random.h>
#include <linux/sockios.h>

#include <cerrno>

#include "shim/files/window.h"
#include "shim/memory/app_memory.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/command.h"
#include "shim/syscalls/names/files.h"

namespace redoubt::shim {
namespace {

using namespace arg;
using commands::handled;
using commands::passed;
using commands::refused;

constexpr char kTerminal[] = "state of a terminal, not its bytes";
constexpr char kJobControl[] = "numbers only: which process group a terminal belongs to";
constexpr char kPty[] = "numbers only: which pseudo-terminal this is";
constexpr char kQueue[] = "counts bytes that wait";
constexpr char kDescriptorFlag[] = "flags of the descriptor";
constexpr char kInode[] = "flags of the file, not its bytes";
constexpr char kClone[] = "in the clear: makes one host file share another's bytes";
constexpr char kInterface[] = "describes the host's network interfaces";
constexpr char kOwner[] = "numbers only: who is told when the socket is ready";
constexpr char kStamp[] = "numbers only: when the last packet came";
constexpr char kBusyPoll[] = "numbers only: how long an epoll instance polls network cards before it sleeps";
constexpr char kDevice[] = "describes the host's block device";
constexpr char kNamespace[] = "describes the host's namespaces";
constexpr char kDescribedWithin[] =
    "holds its own length, so it cannot be described here; answers as many file systems do";

constexpr uint32_t kTermiosSize = 36;
constexpr uint32_t kTermios2Size = 44;
constexpr uint32_t kTermioSize = 18;
constexpr uint32_t kWinsizeSize = 8;
constexpr uint32_t kFsxattrSize = 28;
constexpr uint32_t kIfreqSize = 40;
constexpr uint32_t kEpollParamsSize = 8;

constexpr Arg int_out(const char* name) { return out(name, 4, Shape::kInt32); }
constexpr Arg int_in(const char* name) { return in(name, 4, Shape::kInt32); }

// SIOCGIFCONF fills a buffer that its structure names, so the structure is looked at before the host writes there.
// Without a buffer it only asks for the length needed, whatever the length field holds (the JDK leaves it unset).
int64_t list_interfaces(Call& call) {
  struct {
    int32_t length;
    int32_t padding;
    uint64_t buffer;
  } request;
  if (!read_app(request, call.args[2])) return -EFAULT;
  if (request.buffer != 0 && request.length < 0) return -EINVAL;
  return pass(call);
}

// The source is a descriptor that its structure names.
int64_t clone_range(Call& call) {
  file_clone_range range;
  if (!read_app(range, call.args[2])) return -EFAULT;
  if (window::contains(static_cast<int>(range.src_fd))) return -EBADF;
  return pass(call);
}

// clang-format off
constexpr Command kCommands[] = {
    // ---- terminals ----
    passed(TCGETS, "TCGETS", kTerminal, out("termios", kTermiosSize)),
    passed(TCSETS, "TCSETS", kTerminal, in("termios", kTermiosSize)),
    passed(TCSETSW, "TCSETSW", kTerminal, in("termios", kTermiosSize)),
    passed(TCSETSF, "TCSETSF", kTerminal, in("termios", kTermiosSize)),
    passed(0x802c542a, "TCGETS2", kTerminal, out("termios", kTermios2Size)),
    passed(0x402c542b, "TCSETS2", kTerminal, in("termios", kTermios2Size)),
    passed(0x402c542c, "TCSETSW2", kTerminal, in("termios", kTermios2Size)),
    passed(0x402c542d, "TCSETSF2", kTerminal, in("termios", kTermios2Size)),
    passed(TCGETA, "TCGETA", kTerminal, out("termio", kTermioSize)),
    passed(TCSETA, "TCSETA", kTerminal, in("termio", kTermioSize)),
    passed(TCSETAW, "TCSETAW", kTerminal, in("termio", kTermioSize)),
    passed(TCSETAF, "TCSETAF", kTerminal, in("termio", kTermioSize)),
    passed(TIOCGLCKTRMIOS, "TIOCGLCKTRMIOS", kTerminal, out("termios", kTermiosSize)),
    passed(TCSBRK, "TCSBRK", kTerminal, integer("arg")),
    passed(TCSBRKP, "TCSBRKP", kTerminal, integer("arg")),
    passed(TIOCSBRK, "TIOCSBRK", kTerminal),
    passed(TIOCCBRK, "TIOCCBRK", kTerminal),
    passed(TCXONC, "TCXONC", kTerminal, integer("arg")),
    passed(TCFLSH, "TCFLSH", kTerminal, integer("arg")),
    passed(TIOCGWINSZ, "TIOCGWINSZ", kTerminal, out("winsize", kWinsizeSize)),
    passed(TIOCSWINSZ, "TIOCSWINSZ", kTerminal, in("winsize", kWinsizeSize)),
    passed(TIOCMGET, "TIOCMGET", kTerminal, int_out("bits")),
    passed(TIOCMSET, "TIOCMSET", kTerminal, int_in("bits")),
    passed(TIOCMBIS, "TIOCMBIS", kTerminal, int_in("bits")),
    passed(TIOCMBIC, "TIOCMBIC", kTerminal, int_in("bits")),
    passed(TIOCGSOFTCAR, "TIOCGSOFTCAR", kTerminal, int_out("on")),
    passed(TIOCSSOFTCAR, "TIOCSSOFTCAR", kTerminal, int_in("on")),
    passed(TIOCGETD, "TIOCGETD", kTerminal, int_out("discipline")),
    passed(TIOCEXCL, "TIOCEXCL", kTerminal),
    passed(TIOCNXCL, "TIOCNXCL", kTerminal),
    passed(TIOCGEXCL, "TIOCGEXCL", kTerminal, int_out("exclusive")),
    passed(TIOCPKT, "TIOCPKT", kTerminal, int_in("on")),
    passed(TIOCGPKT, "TIOCGPKT", kTerminal, int_out("on")),
    passed(TIOCOUTQ, "TIOCOUTQ", kQueue, int_out("bytes")),
    refused(TIOCSTI, "TIOCSTI", EPERM, "types into a terminal as if a person had"),
    refused(TIOCLINUX, "TIOCLINUX", EPERM, "reads the console's screen and pastes into it"),
    refused(TIOCCONS, "TIOCCONS", EPERM, "takes over the host's console"),
    refused(TIOCSETD, "TIOCSETD", EPERM, "loads a line discipline, which is a kernel module"),
    refused(TIOCVHANGUP, "TIOCVHANGUP", EPERM, "takes the terminal away from every process"),

    // ---- job control ----
    passed(TIOCGPGRP, "TIOCGPGRP", kJobControl, int_out("pgrp")),
    passed(TIOCSPGRP, "TIOCSPGRP", kJobControl, int_in("pgrp")),
    passed(TIOCGSID, "TIOCGSID", kJobControl, int_out("sid")),
    passed(TIOCSCTTY, "TIOCSCTTY", kJobControl, integer("steal")),
    passed(TIOCNOTTY, "TIOCNOTTY", kJobControl),
    passed(TIOCSIG, "TIOCSIG", kJobControl, signal("sig")),

    // ---- pseudo-terminals ----
    passed(TIOCGPTN, "TIOCGPTN", kPty, int_out("number")),
    passed(TIOCSPTLCK, "TIOCSPTLCK", kPty, int_in("lock")),
    passed(TIOCGPTLCK, "TIOCGPTLCK", kPty, int_out("lock")),
    passed(TIOCGDEV, "TIOCGDEV", kPty, int_out("device")),
    passed(TIOCGPTPEER, "TIOCGPTPEER", kPty, flags("flags", names::kOpenFlags)),

    // ---- any descriptor ----
    passed(FIONREAD, "FIONREAD", kQueue, int_out("bytes")),
    passed(FIONBIO, "FIONBIO", kDescriptorFlag, int_in("on")),
    passed(FIOASYNC, "FIOASYNC", kDescriptorFlag, int_in("on")),
    passed(FIOCLEX, "FIOCLEX", kDescriptorFlag),
    passed(FIONCLEX, "FIONCLEX", kDescriptorFlag),
    passed(FIOQSIZE, "FIOQSIZE", "the size of a file", out("size", 8, Shape::kInt64)),

    // ---- epoll instances (Linux 6.9, newer than the headers that this is built with) ----
    passed(0x40088a01, "EPIOCSPARAMS", kBusyPoll, in("params", kEpollParamsSize)),
    passed(0x80088a02, "EPIOCGPARAMS", kBusyPoll, out("params", kEpollParamsSize)),

    // ---- files ----
    // The kernel's macros say long; what it copies is an int.
    passed(FS_IOC_GETFLAGS, "FS_IOC_GETFLAGS", kInode, int_out("flags")),
    passed(FS_IOC_SETFLAGS, "FS_IOC_SETFLAGS", kInode, int_in("flags")),
    passed(FS_IOC_GETVERSION, "FS_IOC_GETVERSION", kInode, int_out("generation")),
    passed(FS_IOC_FSGETXATTR, "FS_IOC_FSGETXATTR", kInode, out("fsxattr", kFsxattrSize)),
    passed(FS_IOC_FSSETXATTR, "FS_IOC_FSSETXATTR", kInode, in("fsxattr", kFsxattrSize)),
    passed(FIGETBSZ, "FIGETBSZ", kInode, int_out("block_size")),
    passed(FICLONE, "FICLONE", kClone, fd("src_fd")),
    handled(FICLONERANGE, "FICLONERANGE", clone_range, kClone, in("range", 32)),
    refused(FIDEDUPERANGE, "FIDEDUPERANGE", EOPNOTSUPP, kDescribedWithin),
    refused(FS_IOC_FIEMAP, "FS_IOC_FIEMAP", EOPNOTSUPP, kDescribedWithin),

    // ---- devices ----
    passed(BLKGETSIZE, "BLKGETSIZE", kDevice, out("sectors", 8, Shape::kInt64)),
    passed(BLKGETSIZE64, "BLKGETSIZE64", kDevice, out("bytes", 8, Shape::kInt64)),
    passed(BLKSSZGET, "BLKSSZGET", kDevice, int_out("bytes")),
    passed(BLKPBSZGET, "BLKPBSZGET", kDevice, int_out("bytes")),
    passed(BLKBSZGET, "BLKBSZGET", kDevice, int_out("bytes")),
    passed(BLKROGET, "BLKROGET", kDevice, int_out("read_only")),
    passed(RNDGETENTCNT, "RNDGETENTCNT", "a number that has been constant for years", int_out("bits")),

    // ---- sockets ----
    passed(SIOCATMARK, "SIOCATMARK", kQueue, int_out("at_mark")),
    passed(SIOCOUTQNSD, "SIOCOUTQNSD", kQueue, int_out("bytes")),
    passed(FIOSETOWN, "FIOSETOWN", kOwner, int_in("pid")),
    passed(SIOCSPGRP, "SIOCSPGRP", kOwner, int_in("pid")),
    passed(FIOGETOWN, "FIOGETOWN", kOwner, int_out("pid")),
    passed(SIOCGPGRP, "SIOCGPGRP", kOwner, int_out("pid")),
    passed(SIOCGSTAMP_OLD, "SIOCGSTAMP", kStamp, out("tv", 16, Shape::kTimeval)),
    passed(SIOCGSTAMPNS_OLD, "SIOCGSTAMPNS", kStamp, out("ts", 16, Shape::kTimespec)),
    handled(SIOCGIFCONF, "SIOCGIFCONF", list_interfaces, kInterface, unbounded("ifconf")),
    passed(SIOCGIFNAME, "SIOCGIFNAME", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFINDEX, "SIOCGIFINDEX", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFFLAGS, "SIOCGIFFLAGS", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFADDR, "SIOCGIFADDR", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFDSTADDR, "SIOCGIFDSTADDR", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFBRDADDR, "SIOCGIFBRDADDR", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFNETMASK, "SIOCGIFNETMASK", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFMETRIC, "SIOCGIFMETRIC", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFMTU, "SIOCGIFMTU", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFHWADDR, "SIOCGIFHWADDR", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFTXQLEN, "SIOCGIFTXQLEN", kInterface, inout("ifreq", kIfreqSize)),
    passed(SIOCGIFMAP, "SIOCGIFMAP", kInterface, inout("ifreq", kIfreqSize)),
    refused(SIOCETHTOOL, "SIOCETHTOOL", EOPNOTSUPP, "reads and sets a network card, by a pointer within"),

    // ---- namespaces ----
    passed(NS_GET_USERNS, "NS_GET_USERNS", kNamespace),
    passed(NS_GET_PARENT, "NS_GET_PARENT", kNamespace),
    passed(NS_GET_NSTYPE, "NS_GET_NSTYPE", kNamespace),
    passed(NS_GET_OWNER_UID, "NS_GET_OWNER_UID", kNamespace, int_out("uid")),
};
// clang-format on
static_assert(is_whole(kCommands));

}  // namespace

constinit const CommandTable kIoctlCommands = command_table(kCommands, ENOTTY);

}  // namespace redoubt::shim
