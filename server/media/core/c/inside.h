/* What the files of the core share and Python does not see. */
#ifndef PINHUI_INSIDE_H
#define PINHUI_INSIDE_H

#include "core.h"

/* A payload that several rings share, so that a ring costs little more than the heads. */
typedef struct {
    uint32_t owners;
    int32_t size;
    uint8_t octets[];
} body;

body *body_new(const uint8_t *octets, int size);
body *body_share(body *);
void body_release(body *);

/* A packet as it was sent; `whole` is NULL where nothing is remembered. */
typedef struct {
    uint16_t seq;
    uint8_t head_size;
    uint8_t head[HEAD_SIZE];
    body *whole;
} sent;

struct ring {
    sent places[RING_SIZE];
};

ring *ring_new(void);
void ring_free(ring *);
void ring_put(ring *, int seq, const uint8_t *head, int head_size, body *);
const sent *ring_get(const ring *, int seq);

int outbox_add(core *, int target, const uint8_t *head, int head_size, const uint8_t *, int size);

static inline uint8_t *write_16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static inline uint8_t *write_32(uint8_t *at, uint32_t value)
{
    return write_16(write_16(at, value >> 16), value);
}

#endif
