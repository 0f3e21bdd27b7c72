/* The packet core as Python sees it. Everything below the mark is read by cffi as well, so it is
 * plain C without a preprocessor line.
 *
 * Python decides who is shown what; the core renumbers, encrypts and sends. Peers are small
 * numbers (targets), so that nothing in the outbox can outlive what it points to. It is used by
 * one thread and has no globals. */
#ifndef PINHUI_CORE_H
#define PINHUI_CORE_H

#include <stdint.h>

/* --- cffi --- */

enum {
    MOST_TARGETS = 1024,   /* peers of one worker; Python admits 400 */
    MOST_PENDING = 512,    /* packets in the outbox before it is shipped unasked */
    MOST_ARRIVALS = 128,   /* datagrams taken from the socket at a time */
    BUFFER_SIZE = 2048,    /* one datagram, with room for what SRTP appends */
    LARGEST_PACKET = 1900, /* plain; larger ones are not sent */
    ADDRESS_SIZE = 28,     /* sockaddr_in6, the longer one */
    RING_SIZE = 256,       /* sent packets that can be asked for again, a power of two */
    HEAD_SIZE = 32,        /* RTP header 12, send time 8, VP8 descriptor 6 */
    SKIPS = 64             /* left-out numbers that are remembered */
};

/* States of a lane's gate for the upper temporal layers, as in streams.py. */
enum { GATE_OPEN, GATE_CLOSED, GATE_OPENING };

typedef struct core core;
typedef struct ring ring;
typedef int (*srtp_protect_function)(void *session, void *packet, int *size);

/* What one slot is sent: its header, its numbering (rewrite.Splicer has the worked example), its
 * ring and its counters. Numbers with 64 bits are extended and never wrap. */
typedef struct {
    uint64_t packets, octets;
    int64_t first, newest, seq_offset;
    int64_t newest_picture, picture_offset;
    int64_t newest_tl0, tl0_offset;
    double last_at;
    uint32_t newest_ts, ts_offset;
    uint32_t ssrc, send_time_element;
    int32_t target;
    uint8_t payload_type, gate;
    uint32_t skipped;
    int64_t skip_seq[64], skip_offset[64];
    ring *kept;
} lane;

/* The header of a packet on its way to the lanes of a stream. The VP8 fields are those of
 * codec.Vp8; absent ones are -1. */
typedef struct {
    double now;
    int64_t number, picture;
    int32_t tl0, tail;
    uint32_t ts, send_time;
    uint8_t marker, first, flags;
} header;

/* What was done since the core was made; `blocked` is what a socket did not take. */
typedef struct {
    uint64_t sent, unprotected, blocked, messages, calls;
} tally;

/* One batch from a socket. Datagram i lies at data + i * BUFFER_SIZE. */
typedef struct inbox inbox;

core *core_new(srtp_protect_function protect, int use_segments);
void core_free(core *);
const tally *core_tally(const core *);
int core_uses_segments(const core *);

int core_target_new(core *);
int core_target_free(core *, int target);
int core_aim(core *, int target, int socket, const uint8_t *address, int size);
int core_arm(core *, int target, void *session);

lane *lane_new(int target, uint32_t ssrc, int payload_type, uint32_t send_time_element, int keeps);
void lane_free(lane *);
void lane_start(lane *, int64_t seq, uint32_t ts, int64_t picture, int64_t tl0);
void lane_switch(lane *, double now, int rate, int64_t seq, uint32_t ts);
void lane_switch_pictures(lane *, int64_t picture, int64_t tl0);
int lane_forward(lane *, double now, int64_t seq, uint32_t ts, int64_t picture, int64_t tl0);
void lane_skip(lane *, int64_t seq);

int core_forward_sound(
    core *, lane *const *lanes, int count, const header *, const uint8_t *rest, int size);
int core_forward_picture(
    core *, lane *const *lanes, int count, const header *, const uint8_t *rest, int size);
int core_resend(core *, const lane *, int seq);

int core_pending(const core *);
int core_read(const core *, int index, int *target, uint8_t *room, int size);
void core_forget_pending(core *);
void core_ship(core *);

inbox *inbox_new(void);
void inbox_free(inbox *);
uint8_t *inbox_data(inbox *);
const uint8_t *inbox_addresses(const inbox *);
const int *inbox_sizes(const inbox *);
int inbox_receive(inbox *, int socket);

/* --- end --- */

#endif
