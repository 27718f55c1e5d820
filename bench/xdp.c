// SPDX-License-Identifier: BSD-3-Clause
//
// Just enough of AF_XDP to send a batch, without a library. The memory is cut into frames; a
// frame's address goes into the TX ring, and comes back in the completion ring when it has left. A
// fill ring must be there as well, though nothing is received.
#include "bench/xdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_ether.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_BYTES 2048 // the least that the kernel takes
#define KICKS 1000       // at most so often for a batch: the kernel takes 32 frames at a time
#define HEADERS (ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr))

struct ring {
    uint8_t *bytes;
    size_t n_bytes;
    _Atomic(uint32_t) *producer, *consumer;
    void *entries;
};
struct xdp {
    int fd;
    uint8_t *frames;
    struct ring tx, done;
    struct sockaddr_in from;
    struct ethhdr ethernet;
    char interface[IF_NAMESIZE];
    unsigned n_queued;
};

// ---- where to

static bool find_interface(struct xdp *xdp)
{
    struct ifaddrs *all;
    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        const struct sockaddr_in *address = (const struct sockaddr_in *)(void *)one->ifa_addr;
        if (address != NULL && address->sin_family == AF_INET &&
            address->sin_addr.s_addr == xdp->from.sin_addr.s_addr)
            memcpy(xdp->interface, one->ifa_name, strnlen(one->ifa_name, IF_NAMESIZE - 1));
    }
    freeifaddrs(all);
    return xdp->interface[0] != '\0';
}

// On the loopback both addresses are zero.
static bool find_ethernet(struct xdp *xdp, const struct sockaddr_in *to)
{
    struct ifreq own = { 0 };
    struct arpreq neighbour = { .arp_pa.sa_family = AF_INET };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(own.ifr_name, xdp->interface, sizeof own.ifr_name);
    memcpy(neighbour.arp_dev, xdp->interface, sizeof neighbour.arp_dev);
    ((struct sockaddr_in *)(void *)&neighbour.arp_pa)->sin_addr = to->sin_addr;
    bool is_found = fd >= 0 && ioctl(fd, SIOCGIFHWADDR, &own) == 0;
    bool is_loopback = is_found && own.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
    if (is_found && !is_loopback)
        is_found =
            ioctl(fd, SIOCGARP, &neighbour) == 0 && (neighbour.arp_flags & ATF_COM) == ATF_COM;
    if (fd >= 0)
        (void)close(fd);
    memcpy(xdp->ethernet.h_source, own.ifr_hwaddr.sa_data, ETH_ALEN);
    memcpy(xdp->ethernet.h_dest, neighbour.arp_ha.sa_data, ETH_ALEN);
    xdp->ethernet.h_proto = htons(ETH_P_IP);
    return is_found;
}

// ---- rings

static bool map_ring(int fd, struct ring *ring, const struct xdp_ring_offset *at,
                     size_t entry_bytes, uint64_t offset)
{
    ring->n_bytes = at->desc + XDP_FRAMES * entry_bytes;
    void *bytes = mmap(NULL, ring->n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
                       (off_t)offset);
    if (bytes == MAP_FAILED)
        return false;
    ring->bytes = bytes;
    // cppcheck-suppress AssignmentAddressToInteger ; it takes _Atomic(…) for a number
    ring->producer = (_Atomic(uint32_t) *)(void *)(ring->bytes + at->producer);
    // cppcheck-suppress AssignmentAddressToInteger ; it takes _Atomic(…) for a number
    ring->consumer = (_Atomic(uint32_t) *)(void *)(ring->bytes + at->consumer);
    ring->entries = ring->bytes + at->desc;
    return true;
}

static bool open_rings(struct xdp *xdp)
{
    const uint32_t n_entries = XDP_FRAMES;
    const struct xdp_umem_reg memory = { .addr = (uintptr_t)xdp->frames,
                                         .len = XDP_FRAMES * FRAME_BYTES,
                                         .chunk_size = FRAME_BYTES };
    struct xdp_mmap_offsets at;
    socklen_t len = sizeof at;
    static const int rings[] = { XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_TX_RING };
    if (setsockopt(xdp->fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof memory) != 0)
        return false;
    for (size_t i = 0; i < sizeof rings / sizeof rings[0]; i++)
        if (setsockopt(xdp->fd, SOL_XDP, rings[i], &n_entries, sizeof n_entries) != 0)
            return false;
    return getsockopt(xdp->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &len) == 0 &&
           map_ring(xdp->fd, &xdp->tx, &at.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING) &&
           map_ring(xdp->fd, &xdp->done, &at.cr, sizeof(uint64_t), XDP_UMEM_PGOFF_COMPLETION_RING);
}

struct xdp *xdp_new(const struct sockaddr_in *from, const struct sockaddr_in *to)
{
    struct xdp *xdp = calloc(1, sizeof *xdp);
    if (xdp == NULL)
        return NULL;
    xdp->from = *from;
    xdp->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    void *frames = mmap(NULL, XDP_FRAMES * FRAME_BYTES, PROT_READ | PROT_WRITE,
                        // cppcheck-suppress invalidFunctionArg ; there is no file
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    xdp->frames = frames == MAP_FAILED ? NULL : frames;
    struct sockaddr_xdp name = { .sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY };
    if (xdp->fd < 0 || xdp->frames == NULL || !find_interface(xdp) || !find_ethernet(xdp, to) ||
        !open_rings(xdp) || (name.sxdp_ifindex = if_nametoindex(xdp->interface)) == 0 ||
        bind(xdp->fd, (struct sockaddr *)&name, sizeof name) != 0) {
        xdp_free(xdp);
        return NULL; // cppcheck-suppress memleak ; xdp had the frames
    }
    return xdp; // cppcheck-suppress memleak
}

void xdp_free(struct xdp *xdp)
{
    if (xdp == NULL)
        return;
    if (xdp->tx.bytes != NULL)
        (void)munmap(xdp->tx.bytes, xdp->tx.n_bytes);
    if (xdp->done.bytes != NULL)
        (void)munmap(xdp->done.bytes, xdp->done.n_bytes);
    if (xdp->fd >= 0)
        (void)close(xdp->fd);
    if (xdp->frames != NULL)
        (void)munmap(xdp->frames, XDP_FRAMES * FRAME_BYTES);
    free(xdp);
}

// ---- sending

// RFC 1071, over the 20 bytes of a header whose own field is zero.
static uint16_t ip_checksum(const struct iphdr *header)
{
    uint16_t words[sizeof *header / 2];
    uint32_t sum = 0;
    memcpy(words, header, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        sum += words[i];
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t) ~(sum + (sum >> 16));
}

void xdp_add(struct xdp *xdp, const struct sockaddr_in *to, const void *bytes, size_t n)
{
    const size_t n_udp = sizeof(struct udphdr) + n;
    struct iphdr ip = { .version = 4,
                        .ihl = 5,
                        .tot_len = htons((uint16_t)(sizeof ip + n_udp)),
                        .ttl = 64,
                        .protocol = IPPROTO_UDP,
                        .saddr = xdp->from.sin_addr.s_addr,
                        .daddr = to->sin_addr.s_addr };
    const struct udphdr udp = { // without a checksum, as IPv4 allows
                                .source = xdp->from.sin_port,
                                .dest = to->sin_port,
                                .len = htons((uint16_t)n_udp)
    };
    ip.check = ip_checksum(&ip);
    uint32_t at = atomic_load_explicit(xdp->tx.producer, memory_order_relaxed) + xdp->n_queued++;
    uint64_t address = (uint64_t)(at % XDP_FRAMES) * FRAME_BYTES;
    uint8_t *frame = xdp->frames + address;
    memcpy(frame, &xdp->ethernet, ETH_HLEN);
    memcpy(frame + ETH_HLEN, &ip, sizeof ip);
    memcpy(frame + ETH_HLEN + sizeof ip, &udp, sizeof udp);
    memcpy(frame + HEADERS, bytes, n);
    ((struct xdp_desc *)xdp->tx.entries)[at % XDP_FRAMES] =
        (struct xdp_desc){ .addr = address, .len = (uint32_t)(HEADERS + n) };
}

unsigned xdp_submit(struct xdp *xdp)
{
    uint32_t n = xdp->n_queued;
    uint32_t first = atomic_load(xdp->done.consumer);
    xdp->n_queued = 0;
    atomic_store_explicit(xdp->tx.producer, atomic_load(xdp->tx.producer) + n,
                          memory_order_release);
    for (int kick = 0; kick < KICKS; kick++) {
        if (atomic_load_explicit(xdp->done.producer, memory_order_acquire) - first >= n)
            break;
        // cppcheck-suppress nullPointer ; nothing to send but a kick
        if (sendto(xdp->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN &&
            errno != EBUSY && errno != ENOBUFS)
            break;
    }
    uint32_t n_done = atomic_load_explicit(xdp->done.producer, memory_order_acquire) - first;
    atomic_store_explicit(xdp->done.consumer, first + n_done, memory_order_release);
    return n_done;
}
