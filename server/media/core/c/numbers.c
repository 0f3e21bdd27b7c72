/* Renumber what a slot is sent, so that a viewer sees one unbroken stream across every switch.
 *
 * The same arithmetic as rewrite.Splicer, which explains it with an example; the tests run over
 * both. Extended numbers come in, wire numbers go out. */
#include <math.h>

#include "inside.h"

/* Start so that the first packet goes out with exactly these numbers. */
void lane_start(lane *lane, int64_t seq, uint32_t ts, int64_t picture, int64_t tl0)
{
    lane->first = 0;
    lane->newest = seq - 1;
    lane->newest_ts = ts;
    lane->newest_picture = picture - 1;
    lane->newest_tl0 = tl0 - 1;
    lane->last_at = -1.0;
    lane->seq_offset = lane->picture_offset = lane->tl0_offset = 0;
    lane->ts_offset = 0;
    lane->skipped = 0;
}

/* Go over to another stream; the timestamp steps by the time that passed, at least by one tick. */
void lane_switch(lane *lane, double now, int rate, int64_t seq, uint32_t ts)
{
    uint32_t step = 0;
    if (lane->last_at >= 0) {
        double ticks = nearbyint((now - lane->last_at) * rate);
        step = ticks < 1 ? 1 : (uint32_t)(uint64_t)fmin(ticks, 9e15);
    }
    lane->seq_offset = seq - ((lane->newest - lane->seq_offset + 1) & 0xFFFF);
    lane->ts_offset = lane->newest_ts + lane->ts_offset + step - ts;
    lane->first = seq;
    lane->newest = seq - 1;
    lane->newest_ts = ts;
    lane->skipped = 0;
}

/* Continue picture numbering with the first picture of another stream; -1 is absent. */
void lane_switch_pictures(lane *lane, int64_t picture, int64_t tl0)
{
    if (picture >= 0) {
        lane->picture_offset += lane->newest_picture + 1 - picture;
        lane->newest_picture = picture;
    }
    if (tl0 >= 0) {
        lane->tl0_offset += lane->newest_tl0 + 1 - tl0;
        lane->newest_tl0 = tl0;
    }
}

/* Number a packet that is not the newest by the offset that held before the skips after it. */
static int number_late(const lane *lane, int64_t seq)
{
    if (seq < lane->first)
        return -1;
    int64_t offset = lane->seq_offset;
    uint32_t remembered = lane->skipped < SKIPS ? lane->skipped : SKIPS;
    for (uint32_t back = 1; back <= remembered; back++) {
        uint32_t place = (lane->skipped - back) % SKIPS;
        if (seq == lane->skip_seq[place])
            return -1;
        if (seq > lane->skip_seq[place])
            return (int)((seq - offset) & 0xFFFF);
        offset = lane->skip_offset[place];
    }
    if (remembered == SKIPS)
        return -1;
    return (int)((seq - offset) & 0xFFFF);
}

/* Return the outgoing sequence number of an incoming packet, or -1 to leave it out. */
int lane_forward(lane *lane, double now, int64_t seq, uint32_t ts, int64_t picture, int64_t tl0)
{
    if (seq <= lane->newest)
        return number_late(lane, seq);
    lane->newest = seq;
    lane->newest_ts = ts;
    lane->last_at = now;
    if (picture > lane->newest_picture) {
        lane->newest_picture = picture;
        lane->newest_tl0 = tl0;
    }
    return (int)((seq - lane->seq_offset) & 0xFFFF);
}

/* Leave an incoming packet out without a hole; a late skip changes nothing. */
void lane_skip(lane *lane, int64_t seq)
{
    if (seq <= lane->newest)
        return;
    uint32_t place = lane->skipped % SKIPS;
    lane->skip_seq[place] = seq;
    lane->skip_offset[place] = lane->seq_offset;
    /* the count stays below 2 * SKIPS, so that it never wraps and still names the next place */
    lane->skipped = lane->skipped + 1 < 2 * SKIPS ? lane->skipped + 1 : SKIPS;
    lane->newest = seq;
    lane->seq_offset++;
}
