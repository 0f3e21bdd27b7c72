/* Hostile numbers and packets through the C core under AddressSanitizer and UBSan: make core-fuzz.
 *
 * SRTP is a stand-in that appends a trailer and sometimes fails; sockets are real, on loopback. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core.h"

enum { TARGETS = 6, LANES = 12 };

static uint64_t state = 20261122;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return below ? (uint32_t)(state >> 16) % below : 0;
}

static int64_t draw_number(void)
{
    int64_t edges[] = {-1, 0, 1, 0xFFFF, 0x10000, 0xFFFFFFFF, (int64_t)1 << 40};
    return draw(3) ? (int64_t)(70000 + draw(400)) : edges[draw(7)];
}

static int protect(void *session, void *packet, int *size)
{
    (void)session;
    if (draw(50) == 0)
        return 1;
    memset((uint8_t *)packet + *size, 1, 16);
    *size += 16;
    return 0;
}

static int udp(struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    int sock = socket(AF_INET, SOCK_DGRAM, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000001)};
    if (sock < 0 || bind(sock, (struct sockaddr *)address, size)
        || getsockname(sock, (struct sockaddr *)address, &size))
        abort();
    return sock;
}

static void alter(core *core, lane **lanes, int *targets, int server, struct sockaddr_in *sink)
{
    int place = (int)draw(LANES), peer = (int)draw(TARGETS);
    uint8_t address[64] = {0};
    memcpy(address, sink, sizeof *sink);
    switch (draw(8)) {
    case 0:
        lane_free(lanes[place]);
        lanes[place] = lane_new(draw(8) ? targets[peer] : (int)draw(0), draw(0), (int)draw(256),
            draw(2) ? 0x32000000 : 0, place % 3 > 0);
        lane_start(lanes[place], draw_number(), draw(0), draw_number(), draw(256));
        break;
    case 1:
        lane_switch(lanes[place], draw(1000000) * 1e3, 90000, draw_number(), draw(0));
        break;
    case 2:
        lane_switch_pictures(lanes[place], draw_number(), (int64_t)draw(257) - 1);
        break;
    case 3:
        lane_skip(lanes[place], draw_number());
        break;
    case 4:
        lanes[place]->gate = (uint8_t)draw(3);
        break;
    case 5:
        core_target_free(core, targets[peer]);
        targets[peer] = core_target_new(core);
        core_arm(core, targets[peer], core);
        core_aim(core, targets[peer], server, (uint8_t *)sink, sizeof *sink);
        break;
    case 6:
        core_aim(core, draw(2) ? targets[peer] : (int)draw(0), draw(4) ? server : -1, address,
            draw(4) ? (int)sizeof *sink : (int)draw(60) - 10);
        break;
    default:
        core_resend(core, lanes[place], (int)draw(0x10000));
    }
}

int main(int count_of_words, char **words)
{
    int rounds = count_of_words > 1 ? atoi(words[1]) : 100000;
    struct sockaddr_in here, sink;
    int server = udp(&here), receiver = udp(&sink), targets[TARGETS];
    core *core = core_new(protect, 1);
    inbox *inbox = inbox_new();
    lane *lanes[LANES];
    static uint8_t octets[BUFFER_SIZE];
    for (int peer = 0; peer < TARGETS; peer++) {
        targets[peer] = core_target_new(core);
        core_arm(core, targets[peer], core);
        core_aim(core, targets[peer], server, (uint8_t *)&sink, sizeof sink);
    }
    for (int place = 0; place < LANES; place++)
        lanes[place] = lane_new(
            targets[place % TARGETS], draw(0), 96, draw(2) ? 0x32000000 : 0, place % 3 > 0);
    for (int round = 0; round < rounds; round++) {
        int size = (int)draw(draw(4) ? 60 : BUFFER_SIZE + 1);
        for (int at = 0; at < size && at < 64; at++)
            octets[at] = (uint8_t)draw(256);
        header header = {.now = round * 0.001,
            .number = draw(5) ? 70000 + round : draw_number(),
            .picture = draw(4) ? 70000 + round : draw_number(),
            .tl0 = (int)draw(257) - 1,
            .tail = (int)draw(257) - 1,
            .ts = draw(0),
            .send_time = draw(0),
            .marker = (uint8_t)draw(256),
            .first = (uint8_t)draw(256),
            .flags = (uint8_t)draw(256)};
        int some = (int)draw(LANES + 1);
        if (draw(4))
            core_forward_picture(core, (lane *const *)lanes, some, &header, octets, size);
        else
            core_forward_sound(core, (lane *const *)lanes, some, &header, octets, size);
        if (draw(3) == 0)
            alter(core, lanes, targets, server, &sink);
        int whom;
        core_read(core, (int)draw(600) - 20, &whom, octets, (int)draw(BUFFER_SIZE));
        if (draw(20) == 0)
            core_ship(core);
        if (draw(20) == 0)
            while (inbox_receive(inbox, receiver) > 0)
                ;
    }
    core_ship(core);
    const tally *tally = core_tally(core);
    printf("%d rounds: %llu sent in %llu messages, %llu not encrypted, %llu not taken\n", rounds,
        (unsigned long long)tally->sent, (unsigned long long)tally->messages,
        (unsigned long long)tally->unprotected, (unsigned long long)tally->blocked);
    int has_sent = tally->sent > 0;
    for (int place = 0; place < LANES; place++)
        lane_free(lanes[place]);
    inbox_free(inbox);
    core_free(core);
    return has_sent ? 0 : 1;
}
