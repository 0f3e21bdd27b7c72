/* What is to be sent: collected as plain packets, then encrypted and sent peer by peer.
 *
 * Peer by peer, because a peer's keys stay in the processor's cache, and because packets of one
 * size to one address leave as one message (UDP segmentation, "GSO"), at a third of the kernel's
 * price. Where the kernel or a network card cannot do that, they leave one by one. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "inside.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    TRAILER = BUFFER_SIZE - LARGEST_PACKET, /* SRTP_MAX_TRAILER_LEN is 144 */
    MOST_SEGMENTS = 60,                     /* the kernel takes 64 */
    LARGEST_MESSAGE = 60000,                /* it takes 65,507 octets */
    NOBODY = -1
};

/* Where a peer's packets go. `head` and `tail` chain its packets while the outbox is shipped. The
 * number, 0 for nobody, tells a peer from the one that had its place before: a lane that outlived
 * its peer sends to nobody, never to somebody else. */
typedef struct {
    int number, socket, address_size, head, tail;
    void *session;
    uint8_t address[ADDRESS_SIZE];
} target;

typedef struct {
    int target, next, size;
    size_t at;
} pending;

typedef union {
    struct cmsghdr header;
    uint8_t octets[CMSG_SPACE(sizeof(uint16_t))];
} control;

struct core {
    srtp_protect_function protect;
    int use_segments;
    tally tally;

    target targets[MOST_TARGETS];
    int turns;
    target *touched[MOST_TARGETS];

    int count;
    size_t filled;
    pending pending[MOST_PENDING];

    int message_count;
    struct mmsghdr messages[MOST_PENDING];
    struct iovec parts[MOST_PENDING];
    control controls[MOST_PENDING];
    int sockets[MOST_PENDING];

    uint8_t octets[MOST_PENDING * BUFFER_SIZE];
};

core *core_new(srtp_protect_function protect, int use_segments)
{
    core *made = calloc(1, sizeof *made);
    if (made) {
        made->protect = protect;
        made->use_segments = use_segments;
    }
    return made;
}

void core_free(core *core)
{
    free(core);
}

const tally *core_tally(const core *core)
{
    return &core->tally;
}

/* Say whether packets still leave as segments: a network card that refuses them ends it. */
int core_uses_segments(const core *core)
{
    return core->use_segments;
}

/* --- peers --------------------------------------------------------------------------------- */

static target *find(core *core, int number)
{
    if (number <= 0)
        return NULL;
    target *found = &core->targets[number % MOST_TARGETS];
    return found->number == number ? found : NULL;
}

/* Return the number of a new peer, which has neither keys nor a path; -1 when all are taken. */
int core_target_new(core *core)
{
    for (int place = 0; place < MOST_TARGETS; place++) {
        if (core->targets[place].number)
            continue;
        core->turns = core->turns % (1 << 20) + 1;
        int number = core->turns * MOST_TARGETS + place;
        core->targets[place] = (target){.number = number, .socket = NOBODY, .head = NOBODY};
        return number;
    }
    return NOBODY;
}

/* Forget a peer; what still waits for it in the outbox is not sent. */
int core_target_free(core *core, int number)
{
    target *target = find(core, number);
    if (!target)
        return -1;
    for (int place = 0; place < core->count; place++)
        if (core->pending[place].target == number)
            core->pending[place].target = NOBODY;
    target->number = 0;
    return 0;
}

/* Send to a peer by this socket to this address from now on; socket -1 stops it. */
int core_aim(core *core, int number, int socket, const uint8_t *address, int size)
{
    target *target = find(core, number);
    if (!target || size < 0 || size > ADDRESS_SIZE)
        return -1;
    target->socket = socket;
    target->address_size = size;
    if (size)
        memcpy(target->address, address, (size_t)size);
    return 0;
}

/* Encrypt for a peer with this libsrtp session from now on; NULL stops it. */
int core_arm(core *core, int number, void *session)
{
    target *target = find(core, number);
    if (!target)
        return -1;
    target->session = session;
    return 0;
}

/* --- collecting ---------------------------------------------------------------------------- */

int core_pending(const core *core)
{
    return core->count;
}

/* Add head + rest for a peer; a full outbox is shipped first, an outsize packet left out. */
int outbox_add(
    core *core, int target, const uint8_t *head, int head_size, const uint8_t *rest, int size)
{
    if (size < 0 || head_size + size > LARGEST_PACKET)
        return -1;
    if (core->count == MOST_PENDING)
        core_ship(core);
    uint8_t *at = core->octets + core->filled;
    memcpy(at, head, (size_t)head_size);
    if (size)
        memcpy(at + head_size, rest, (size_t)size);
    core->pending[core->count++] = (pending){
        .target = target, .next = NOBODY, .size = head_size + size, .at = core->filled};
    /* each packet may grow by the trailer where it lies; aligned as a cache line */
    core->filled += ((size_t)(head_size + size) + TRAILER + 63) & ~(size_t)63;
    return 0;
}

/* Copy the plain packet at `index`; return its size, -1 when there is none or no room for it. */
int core_read(const core *core, int index, int *target, uint8_t *room, int size)
{
    if (index < 0 || index >= core->count || core->pending[index].size > size)
        return -1;
    const pending *found = &core->pending[index];
    *target = found->target;
    memcpy(room, core->octets + found->at, (size_t)found->size);
    return found->size;
}

void core_forget_pending(core *core)
{
    core->count = 0;
    core->filled = 0;
}

/* --- shipping ------------------------------------------------------------------------------ */

/* Chain the packets of each peer in their order; return how many peers were touched. */
static int sort_by_target(core *core)
{
    int touched = 0;
    for (int place = 0; place < core->count; place++) {
        pending *packet = &core->pending[place];
        target *target = find(core, packet->target);
        packet->next = NOBODY;
        if (!target || !target->session || target->socket < 0)
            continue;
        if (target->head == NOBODY) {
            target->head = place;
            core->touched[touched++] = target;
        } else {
            core->pending[target->tail].next = place;
        }
        target->tail = place;
    }
    return touched;
}

/* Begin a message to a peer with the part at `first`. */
static struct msghdr *open_message(core *core, target *target, int first)
{
    int number = core->message_count++;
    struct msghdr *message = &core->messages[number].msg_hdr;
    *message = (struct msghdr){
        .msg_name = target->address,
        .msg_namelen = (socklen_t)target->address_size,
        .msg_iov = &core->parts[first],
        .msg_iovlen = 1};
    core->sockets[number] = target->socket;
    return message;
}

/* Let the kernel cut the newest message into segments of the size of its first part. */
static void cut_message(core *core, struct msghdr *message)
{
    if (message->msg_iovlen < 2)
        return;
    uint16_t size = (uint16_t)message->msg_iov[0].iov_len;
    message->msg_control = core->controls[core->message_count - 1].octets;
    message->msg_controllen = sizeof core->controls[0].octets;
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    control->cmsg_level = IPPROTO_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(control), &size, sizeof size);
}

/* Say whether a part may join a message: all are of one size, only the last may be smaller. */
static int may_join(const core *core, const struct msghdr *message, size_t size)
{
    if (!core->use_segments || !message || message->msg_iovlen >= MOST_SEGMENTS)
        return 0;
    const struct iovec *parts = message->msg_iov;
    size_t whole = parts[0].iov_len;
    return parts[message->msg_iovlen - 1].iov_len == whole && size <= whole
        && (message->msg_iovlen + 1) * whole <= LARGEST_MESSAGE;
}

/* Encrypt the packets of one peer and make messages of them; return the next free part. */
static int pack_target(core *core, target *target, int part)
{
    struct msghdr *message = NULL;
    for (int place = target->head; place != NOBODY; place = core->pending[place].next) {
        uint8_t *octets = core->octets + core->pending[place].at;
        int size = core->pending[place].size;
        if (core->protect(target->session, octets, &size) || size <= 0) {
            core->tally.unprotected++;
            continue;
        }
        core->parts[part] = (struct iovec){.iov_base = octets, .iov_len = (size_t)size};
        if (may_join(core, message, (size_t)size)) {
            message->msg_iovlen++;
        } else {
            if (message)
                cut_message(core, message);
            message = open_message(core, target, part);
        }
        part++;
    }
    if (message)
        cut_message(core, message);
    target->head = NOBODY;
    return part;
}

/* Send the parts of a message one by one. */
static void send_apart(core *core, int socket, const struct msghdr *message)
{
    for (size_t part = 0; part < message->msg_iovlen; part++) {
        const struct iovec *octets = &message->msg_iov[part];
        core->tally.calls++;
        if (sendto(socket, octets->iov_base, octets->iov_len, MSG_DONTWAIT, message->msg_name,
                message->msg_namelen) < 0)
            core->tally.blocked++;
        else
            core->tally.sent++;
    }
}

/* Take in that the kernel refused a message. One of segments leaves apart; EIO says that the
 * network card cannot cut them, so none is made from then on. Any other packet is lost, as in a
 * router whose line is full. */
static void note_refusal(core *core, int number, int error)
{
    struct msghdr *message = &core->messages[number].msg_hdr;
    if (message->msg_iovlen > 1 && error != EAGAIN && error != EWOULDBLOCK && error != ENOBUFS) {
        if (error == EIO || error == EOPNOTSUPP || error == EINVAL)
            core->use_segments = 0;
        send_apart(core, core->sockets[number], message);
        return;
    }
    core->tally.blocked += message->msg_iovlen;
}

/* Send all messages, those of one socket with as few calls as it takes. */
static void send_messages(core *core)
{
    int at = 0;
    while (at < core->message_count) {
        int end = at + 1;
        while (end < core->message_count && core->sockets[end] == core->sockets[at])
            end++;
        struct mmsghdr *first = core->messages + at;
        int taken = sendmmsg(core->sockets[at], first, (unsigned)(end - at), MSG_DONTWAIT);
        core->tally.calls++;
        if (taken > 0) {
            for (int number = at; number < at + taken; number++)
                core->tally.sent += core->messages[number].msg_hdr.msg_iovlen;
            at += taken;
        } else if (errno != EINTR) {
            note_refusal(core, at++, errno);
        }
    }
}

/* Encrypt and send all that waits; peers without keys or a path are left out. */
void core_ship(core *core)
{
    int touched = sort_by_target(core), part = 0;
    core->message_count = 0;
    for (int place = 0; place < touched; place++)
        part = pack_target(core, core->touched[place], part);
    core->tally.messages += (uint64_t)core->message_count;
    send_messages(core);
    core_forget_pending(core);
}
