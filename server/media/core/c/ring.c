/* Keep what viewers may ask for again (RFC 4585 section 6.2.1), exactly as it was sent: the same
 * number must never be encrypted with other contents. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

body *body_new(const uint8_t *octets, int size)
{
    body *whole = malloc(sizeof *whole + (size_t)size);
    if (!whole)
        return NULL;
    whole->owners = 1;
    whole->size = size;
    if (size)
        memcpy(whole->octets, octets, (size_t)size);
    return whole;
}

body *body_share(body *whole)
{
    whole->owners++;
    return whole;
}

void body_release(body *whole)
{
    if (whole && --whole->owners == 0)
        free(whole);
}

ring *ring_new(void)
{
    return calloc(1, sizeof(ring));
}

void ring_free(ring *ring)
{
    if (!ring)
        return;
    for (int place = 0; place < RING_SIZE; place++)
        body_release(ring->places[place].whole);
    free(ring);
}

/* Remember a packet; the one 256 numbers older is forgotten. */
void ring_put(ring *ring, int seq, const uint8_t *head, int head_size, body *whole)
{
    sent *place = &ring->places[seq & (RING_SIZE - 1)];
    body_release(place->whole);
    place->seq = (uint16_t)seq;
    place->head_size = (uint8_t)head_size;
    memcpy(place->head, head, (size_t)head_size);
    place->whole = body_share(whole);
}

/* Return the packet sent with this number, or NULL when it is forgotten or never was. */
const sent *ring_get(const ring *ring, int seq)
{
    const sent *place = &ring->places[seq & (RING_SIZE - 1)];
    return place->whole && place->seq == (uint16_t)seq ? place : NULL;
}
