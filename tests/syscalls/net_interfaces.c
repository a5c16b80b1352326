// SPDX-License-Identifier: Apache-2.0
//
// How programs list interfaces: rtnetlink dumps of links and addresses, getifaddrs, if_nameindex and SIOCGIFCONF agree on
// the loopback; other netlink families and raw sockets may be refused but not misbehave. netlink(7), netdevice(7).
#include "testing.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(void) {
    watchdog(60);
    struct ifaddrs* list = NULL;
    EXPECT_OK(getifaddrs(&list));
    bool has_loopback = false;
    unsigned loopback = 0;
    for (struct ifaddrs* entry = list; entry != NULL; entry = entry->ifa_next) {
        if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET) continue;
        if (((struct sockaddr_in*)entry->ifa_addr)->sin_addr.s_addr != htonl(INADDR_LOOPBACK)) continue;
        has_loopback = true;
        EXPECT((entry->ifa_flags & IFF_LOOPBACK) != 0);
        loopback = if_nametoindex(entry->ifa_name);
        EXPECT(loopback != 0);
    }
    freeifaddrs(list);
    if (!has_loopback) SKIP("no loopback interface");
    char name[IF_NAMESIZE];
    EXPECT(if_indextoname(loopback, name) != NULL);
    struct if_nameindex* names = if_nameindex();
    EXPECT(names != NULL);
    bool found = false;
    for (struct if_nameindex* entry = names; entry->if_index != 0; entry++) found |= entry->if_index == loopback;
    EXPECT(found);
    if_freenameindex(names);

    int fd = EXPECT_OK(socket(AF_INET, SOCK_DGRAM, 0));
    struct ifreq requests[16], request = {0};
    struct ifconf configuration = {.ifc_len = sizeof requests, .ifc_req = requests};
    EXPECT_OK(ioctl(fd, SIOCGIFCONF, &configuration));
    EXPECT(configuration.ifc_len >= (int)sizeof requests[0]);
    struct ifconf question = {0};
    EXPECT_OK(ioctl(fd, SIOCGIFCONF, &question));
    EXPECT(question.ifc_len >= configuration.ifc_len);
    memcpy(request.ifr_name, name, sizeof name);
    EXPECT_OK(ioctl(fd, SIOCGIFINDEX, &request));
    EXPECT_EQ(request.ifr_ifindex, loopback);
    EXPECT_OK(ioctl(fd, SIOCGIFMTU, &request));
    EXPECT(request.ifr_mtu >= 1500);
    EXPECT_OK(ioctl(fd, SIOCGIFFLAGS, &request));
    EXPECT((request.ifr_flags & IFF_UP) != 0);
    strcpy(request.ifr_name, "no-such-device");
    EXPECT_ERRNO(ioctl(fd, SIOCGIFFLAGS, &request), ENODEV);

    int netlink = EXPECT_OK(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    struct {
        struct nlmsghdr header;
        struct ifinfomsg info;
    } dump = {.header = {.nlmsg_len = sizeof dump,
                         .nlmsg_type = RTM_GETLINK,
                         .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                         .nlmsg_seq = 7}};
    EXPECT_EQ(send(netlink, &dump, sizeof dump, 0), sizeof dump);
    static char buffer[65536];
    found = false;
    for (bool done = false; !done;) {
        int length = (int)EXPECT_OK(recv(netlink, buffer, sizeof buffer, 0));
        for (struct nlmsghdr* header = (struct nlmsghdr*)buffer; NLMSG_OK(header, length);
             header = NLMSG_NEXT(header, length)) {
            EXPECT_EQ(header->nlmsg_seq, 7);
            done |= header->nlmsg_type == NLMSG_DONE;
            if (header->nlmsg_type == RTM_NEWLINK)
                found |= ((struct ifinfomsg*)NLMSG_DATA(header))->ifi_index == (int)loopback;
        }
    }
    EXPECT(found);
    EXPECT_ERRNO(socket(AF_INET, SOCK_STREAM, 9999), EINVAL);
    EXPECT_ERRNO(socket(9999, SOCK_STREAM, 0), EAFNOSUPPORT);
    EXPECT_ERRNO(socket(AF_UNIX, 99, 0), EINVAL);
    return 0;
}
