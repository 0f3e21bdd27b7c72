/* The packet path: what the lanes of a stream are sent of one packet, each with its own head. */
#include <stdlib.h>

#include "inside.h"

/* The second octet of a VP8 descriptor, its first, and the one of TID, Y and KEYIDX. */
enum { HAS_PICTURE = 0x80, HAS_TL0 = 0x40, HAS_LAYER = 0x20, HAS_TAIL = 0x30 };
enum { STARTS_PARTITION = 0x10, LAYER_SYNC = 0x20 };

lane *lane_new(int target, uint32_t ssrc, int payload_type, uint32_t send_time_element, int keeps)
{
    lane *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->kept = keeps ? ring_new() : NULL;
    if (keeps && !made->kept) {
        free(made);
        return NULL;
    }
    made->target = target;
    made->ssrc = ssrc;
    made->payload_type = (uint8_t)(payload_type & 0x7F);
    made->send_time_element = send_time_element;
    lane_start(made, 0, 0, 0, 0);
    return made;
}

void lane_free(lane *lane)
{
    if (!lane)
        return;
    ring_free(lane->kept);
    free(lane);
}

/* Write the RTP header (RFC 3550 section 5.1), with the send time when it was negotiated. */
static uint8_t *write_header(uint8_t *at, const lane *lane, const header *header, int seq)
{
    *at++ = lane->send_time_element ? 0x90 : 0x80;
    *at++ = (uint8_t)((header->marker & 0x80) | lane->payload_type);
    at = write_16(at, (uint32_t)seq);
    at = write_32(at, header->ts + lane->ts_offset);
    at = write_32(at, lane->ssrc);
    if (lane->send_time_element) {
        at = write_32(at, 0xBEDE0001);
        at = write_32(at, lane->send_time_element | (header->send_time & 0xFFFFFF));
    }
    return at;
}

/* Write the VP8 descriptor (RFC 7741 section 4.2) with this lane's picture id and TL0PICIDX. */
static uint8_t *write_descriptor(uint8_t *at, const lane *lane, const header *header)
{
    if (header->picture < 0 && header->tl0 < 0 && header->tail < 0) {
        *at++ = header->first;
        return at;
    }
    *at++ = header->first | 0x80;
    uint8_t *present = at++;
    *present = header->flags & HAS_TAIL;
    if (header->picture >= 0) {
        *present |= HAS_PICTURE;
        at = write_16(at, 0x8000 | (uint32_t)((header->picture + lane->picture_offset) & 0x7FFF));
    }
    if (header->tl0 >= 0) {
        *present |= HAS_TL0;
        *at++ = (uint8_t)((header->tl0 + lane->tl0_offset) & 0xFF);
    }
    if (header->tail >= 0)
        *at++ = (uint8_t)header->tail;
    return at;
}

/* Open a gate that is to be opened at the start of a frame that needs only the base layer. */
static int passes_gate(lane *lane, const header *header)
{
    int is_upper = header->flags & HAS_LAYER && header->tail >> 6 > 0;
    if (lane->gate == GATE_OPEN || !is_upper)
        return 1;
    int is_sync = header->tail & LAYER_SYNC && header->first & STARTS_PARTITION;
    if (lane->gate != GATE_OPENING || !is_sync)
        return 0;
    lane->gate = GATE_OPEN;
    return 1;
}

/* Put into the outbox what sound lanes are sent of a packet, `rest` being its payload; return how
 * many packets wait there. */
int core_forward_sound(core *core, lane *const *lanes, int count, const header *header,
    const uint8_t *rest, int size)
{
    uint8_t head[HEAD_SIZE];
    for (int place = 0; place < count; place++) {
        lane *lane = lanes[place];
        int seq = lane_forward(lane, header->now, header->number, header->ts, -1, 0);
        if (seq < 0)
            continue;
        int head_size = (int)(write_header(head, lane, header, seq) - head);
        lane->packets++;
        lane->octets += (uint64_t)size;
        outbox_add(core, lane->target, head, head_size, rest, size);
    }
    return core_pending(core);
}

/* Put into the outbox what picture lanes are sent of a packet, `rest` being what follows its
 * descriptor; return how many packets wait there. */
int core_forward_picture(core *core, lane *const *lanes, int count, const header *header,
    const uint8_t *rest, int size)
{
    uint8_t head[HEAD_SIZE];
    body *whole = NULL;
    for (int place = 0; place < count; place++) {
        lane *lane = lanes[place];
        if (!passes_gate(lane, header)) {
            lane_skip(lane, header->number);
            continue;
        }
        int seq = lane_forward(
            lane, header->now, header->number, header->ts, header->picture, header->tl0);
        if (seq < 0)
            continue;
        uint8_t *end = write_descriptor(write_header(head, lane, header, seq), lane, header);
        int head_size = (int)(end - head);
        lane->packets++;
        lane->octets += (uint64_t)size;
        outbox_add(core, lane->target, head, head_size, rest, size);
        if (!whole)
            whole = body_new(rest, size);
        if (whole && lane->kept)
            ring_put(lane->kept, seq, head, head_size, whole);
    }
    body_release(whole);
    return core_pending(core);
}

/* Put a sent packet into the outbox once more; return whether it was still there. */
int core_resend(core *core, const lane *lane, int seq)
{
    const sent *sent = lane->kept ? ring_get(lane->kept, seq) : NULL;
    if (!sent)
        return 0;
    const body *whole = sent->whole;
    outbox_add(core, lane->target, sent->head, sent->head_size, whole->octets, whole->size);
    return 1;
}
