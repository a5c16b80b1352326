// SPDX-License-Identifier: Apache-2.0
//
// capget and capset: versions, sets that shrink and do not grow back, what a change of uid drops and PR_SET_KEEPCAPS
// keeps, the bounding set, ambient ones, no_new_privs for good. Needs root. capget(2), capabilities(7).
#include "testing.h"

#include <linux/capability.h>
#include <sys/prctl.h>

static struct __user_cap_data_struct data[2];

static int get(pid_t pid) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = pid};
    return (int)syscall(SYS_capget, &header, data);
}

static int set(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return (int)syscall(SYS_capset, &header, data);
}

static const uint32_t kKill = 1U << CAP_KILL, kChown = 1U << CAP_CHOWN;

int main(void) {
    watchdog(60);
    struct __user_cap_header_struct header = {.version = 1};
    EXPECT_ERRNO(syscall(SYS_capget, &header, data), EINVAL);
    EXPECT_EQ(header.version, _LINUX_CAPABILITY_VERSION_3);  // it says which it wants
    header.version = 1;
    EXPECT_OK(syscall(SYS_capget, &header, NULL));
    EXPECT_OK(get(0));
    EXPECT_OK(get(getpid()));
    EXPECT_ERRNO(get(-1), EINVAL);
    EXPECT_ERRNO(get(0x3fffff), ESRCH);
    if (getuid() != 0 || (data[0].effective & kKill) == 0 || (data[0].effective & kChown) == 0) SKIP("needs root");

    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(get(0));
        data[0].effective &= ~kKill;
        EXPECT_OK(set());
        EXPECT_OK(get(0));
        EXPECT((data[0].effective & kKill) == 0 && (data[0].permitted & kKill) != 0);
        data[0].effective |= kKill;
        EXPECT_OK(set());  // from the permitted set
        data[0].effective &= ~kKill;
        data[0].permitted &= ~kKill;
        data[0].inheritable &= ~kKill;
        EXPECT_OK(set());
        data[0].effective |= kKill;
        EXPECT_ERRNO(set(), EPERM);
        data[0].effective &= ~kKill;
        data[0].permitted |= kKill;
        EXPECT_ERRNO(set(), EPERM);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);

    child = fork_child();
    if (child == 0) {
        EXPECT_OK(prctl(PR_SET_KEEPCAPS, 1L));
        EXPECT_EQ(prctl(PR_GET_KEEPCAPS), 1);
        EXPECT_OK(setresuid(65534, 65534, 65534));
        EXPECT_OK(get(0));
        EXPECT((data[0].permitted & kChown) != 0 && data[0].effective == 0);
        data[0].effective = kChown;
        EXPECT_OK(set());
        data[0].inheritable = kChown;
        EXPECT_OK(set());
        EXPECT_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (long)CAP_CHOWN, 0L, 0L));
        EXPECT_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, (long)CAP_CHOWN, 0L, 0L), 1);
        EXPECT_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, (long)CAP_KILL, 0L, 0L), 0);
        EXPECT_ERRNO(prctl(PR_SET_KEEPCAPS, 2L), EINVAL);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);

    child = fork_child();
    if (child == 0) {
        EXPECT_EQ(prctl(PR_CAPBSET_READ, (long)CAP_KILL), 1);
        EXPECT_OK(prctl(PR_CAPBSET_DROP, (long)CAP_KILL));
        EXPECT_EQ(prctl(PR_CAPBSET_READ, (long)CAP_KILL), 0);
        EXPECT_ERRNO(prctl(PR_CAPBSET_READ, 99L), EINVAL);
        EXPECT_OK(setuid(65534));
        EXPECT_OK(get(0));
        EXPECT(data[0].permitted == 0 && data[0].effective == 0);
        EXPECT_ERRNO(prctl(PR_CAPBSET_DROP, (long)CAP_CHOWN), EPERM);
        EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), 0);
        EXPECT_OK(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
        EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), 1);
        EXPECT_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), EINVAL);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    return 0;
}
