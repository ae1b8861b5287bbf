/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A station of the network: an interface, found by its hardware address, with an IP address and its one neighbour.
 * Nothing is asked for by ARP, nothing is said by IPv6: what is on the wire is what is measured.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services.h"

struct station {
    const char *address;
    unsigned char hardware[6];
};

static const struct station own = {NETWORK_OWN, {0x52, 0x54, 0, 0, 0, 1}};
static const struct station peer = {NETWORK_PEER, {0x52, 0x54, 0, 0, 0, 2}};

static int ready[2] = {-1, -1}; /* the peer's process says so */

/* Its index, and its name in *request; 0: this Linux has none with that address. */
static int find_interface(int any, const struct station *station, struct ifreq *request)
{
    for (int i = 2; i < 6; i++) {
        *request = (struct ifreq){.ifr_ifindex = i};
        if (ioctl(any, SIOCGIFNAME, request) != 0 || ioctl(any, SIOCGIFHWADDR, request) != 0)
            continue;
        if (memcmp(request->ifr_hwaddr.sa_data, station->hardware, sizeof(station->hardware)) == 0)
            return i;
    }
    return 0;
}

static void be_silent(void)
{
    int file = open("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY | O_CLOEXEC);

    must(file >= 0 && write(file, "1", 1) == 1, "disable_ipv6");
    close(file);
}

static void set_up(const struct station *station, const struct station *neighbour)
{
    int any = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request = {0};
    struct arpreq known = {.arp_flags = ATF_PERM | ATF_COM};
    struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;

    be_silent();
    must(find_interface(any, station, &request) != 0, "an interface with the station's address");
    address->sin_family = AF_INET;
    must(inet_pton(AF_INET, station->address, &address->sin_addr) == 1 && ioctl(any, SIOCSIFADDR, &request) == 0,
         "SIOCSIFADDR");
    must(ioctl(any, SIOCGIFFLAGS, &request) == 0, "SIOCGIFFLAGS");
    request.ifr_flags |= IFF_UP;
    must(ioctl(any, SIOCSIFFLAGS, &request) == 0, "SIOCSIFFLAGS");

    address = (struct sockaddr_in *)&known.arp_pa;
    address->sin_family = AF_INET;
    known.arp_ha.sa_family = ARPHRD_ETHER;
    memcpy(known.arp_ha.sa_data, neighbour->hardware, sizeof(neighbour->hardware));
    must(inet_pton(AF_INET, neighbour->address, &address->sin_addr) == 1 && ioctl(any, SIOCSARP, &known) == 0,
         "SIOCSARP");
    close(any);
}

/* rtnetlink(7): the interface goes to the network namespace of another process. */
static void give_interface(int index, pid_t to)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg interface;
        struct rtattr attribute;
        uint32_t pid;
    } message = {
        {sizeof(message), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0},
        {.ifi_family = AF_UNSPEC, .ifi_index = index},
        {RTA_LENGTH(sizeof(uint32_t)), IFLA_NET_NS_PID},
        (uint32_t)to,
    };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[256];
    } answer = {0};
    int link = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    must(link >= 0 && send(link, &message, sizeof(message), 0) == sizeof(message), "asking for a link's change");
    must(recv(link, &answer, sizeof(answer), 0) > 0 && answer.header.nlmsg_type == NLMSG_ERROR &&
             answer.error.error == 0,
         "giving an interface away");
    close(link);
}

void network_ready(void)
{
    must(ready[1] < 0 || write(ready[1], "", 1) == 1, "saying that the peer is ready");
}

/* The peer is a process of this Linux. */
static void start_peer(int index)
{
    int given[2] = {-1, -1};
    char byte = 0;

    must(pipe(ready) == 0 && pipe(given) == 0, "pipe");
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        must(unshare(CLONE_NEWNET) == 0 && write(ready[1], "", 1) == 1 && read(given[0], &byte, 1) == 1, "unshare");
        set_up(&peer, &own);
        network_serve();
    }
    must(read(ready[0], &byte, 1) == 1, "the peer's namespace");
    give_interface(index, child);
    must(write(given[1], "", 1) == 1 && read(ready[0], &byte, 1) == 1, "the peer");
}

void network_start(void)
{
    int any = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request = {0};
    int index = find_interface(any, &peer, &request);

    close(any);
    if (index != 0)
        start_peer(index);
    set_up(&own, &peer);
    sleep(2); /* the peer may be another machine, which has just been started */
}

void network_be_peer(void)
{
    set_up(&peer, &own);
    network_serve();
}
