// SPDX-License-Identifier: Apache-2.0
//
// Real, effective, saved and file-system ids: every member of the set*id family as root and without privilege, what
// each leaves in the others, groups, and what /proc/self/status says of them. Needs root. credentials(7).
#include "testing.h"

#include <grp.h>
#include <sys/fsuid.h>

static void expect_users(uid_t real, uid_t effective, uid_t saved, uid_t file_system) {
    uid_t r, e, s;
    EXPECT_OK(getresuid(&r, &e, &s));
    EXPECT_EQ(r, real);
    EXPECT_EQ(e, effective);
    EXPECT_EQ(s, saved);
    EXPECT_EQ(setfsuid((uid_t)-1), file_system);
    char text[8192];
    read_file("/proc/self/status", text, sizeof text);
    unsigned values[4];
    const char* line = strstr(text, "\nUid:");
    EXPECT(line != NULL);
    EXPECT_EQ(sscanf(line, "\nUid: %u %u %u %u", &values[0], &values[1], &values[2], &values[3]), 4);
    EXPECT(values[0] == real && values[1] == effective && values[2] == saved && values[3] == file_system);
}

#define IN_CHILD(...)                \
    do {                             \
        pid_t child_ = fork_child(); \
        if (child_ == 0) {           \
            __VA_ARGS__;             \
            _exit(0);                \
        }                            \
        EXPECT_EXIT(child_, 0);      \
    } while (0)

int main(void) {
    watchdog(60);
    if (getuid() != 0 || geteuid() != 0) SKIP("needs root");
    IN_CHILD(EXPECT_OK(setuid(101)); expect_users(101, 101, 101, 101); EXPECT_ERRNO(setuid(0), EPERM);
             EXPECT_ERRNO(setresuid(102, (uid_t)-1, (uid_t)-1), EPERM));
    IN_CHILD(EXPECT_OK(seteuid(101)); expect_users(0, 101, 0, 101); EXPECT_OK(seteuid(0)); expect_users(0, 0, 0, 0));
    IN_CHILD(EXPECT_OK(setreuid(101, 102)); expect_users(101, 102, 102, 102); EXPECT_OK(setreuid(102, 101));
             expect_users(102, 101, 101, 101); EXPECT_ERRNO(setreuid(103, (uid_t)-1), EPERM));
    IN_CHILD(EXPECT_OK(setresuid(101, 102, 103)); expect_users(101, 102, 103, 102);
             EXPECT_OK(setresuid(103, 101, (uid_t)-1)); expect_users(103, 101, 103, 101); EXPECT_OK(setuid(103));
             expect_users(103, 103, 103, 103));
    IN_CHILD(EXPECT_EQ(setfsuid(101), 0); EXPECT_EQ(setfsuid(101), 101); expect_users(0, 0, 0, 101);
             EXPECT_OK(seteuid(0)); expect_users(0, 0, 0, 0));
    IN_CHILD(EXPECT_OK(setresuid(101, 102, 103)); EXPECT_EQ(setfsuid(104), 102); expect_users(101, 102, 103, 102);
             EXPECT_EQ(setfsuid(103), 102); expect_users(101, 102, 103, 103));
    gid_t r, e, s, list[4] = {501, 502, 503};
    IN_CHILD(EXPECT_OK(setresgid(201, 202, 203)); EXPECT_OK(getresgid(&r, &e, &s));
             EXPECT(r == 201 && e == 202 && s == 203); EXPECT_EQ(setfsgid(204), 202);
             EXPECT_EQ(setfsgid((gid_t)-1), 204); EXPECT_OK(setregid(205, (gid_t)-1)); EXPECT_OK(setgid(206));
             EXPECT_EQ(getegid(), 206); EXPECT_EQ(getgid(), 206));
    IN_CHILD(EXPECT_OK(setgroups(3, list)); EXPECT_EQ(getgroups(0, NULL), 3); list[0] = 0;
             EXPECT_EQ(getgroups(3, list), 3); EXPECT(list[0] == 501 && list[2] == 503);
             EXPECT_ERRNO(getgroups(2, list), EINVAL); EXPECT_ERRNO(syscall(SYS_getgroups, -1L, list), EINVAL);
             EXPECT_ERRNO(syscall(SYS_setgroups, 65537, list), EINVAL); EXPECT_OK(setuid(101));
             EXPECT_ERRNO(setgroups(1, list), EPERM); EXPECT_ERRNO(setgid(999), EPERM);
             EXPECT_EQ(getgroups(0, NULL), 3));
    EXPECT_ERRNO(setuid((uid_t)-1), EINVAL);
    EXPECT_ERRNO(setgid((gid_t)-1), EINVAL);
    expect_users(0, 0, 0, 0);
    return 0;
}
