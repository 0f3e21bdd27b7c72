/* Take what has arrived at a socket, many datagrams with one call. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "inside.h"

struct inbox {
    uint8_t data[MOST_ARRIVALS * BUFFER_SIZE];
    uint8_t addresses[MOST_ARRIVALS * ADDRESS_SIZE];
    int sizes[MOST_ARRIVALS];
    struct mmsghdr messages[MOST_ARRIVALS];
    struct iovec parts[MOST_ARRIVALS];
};

inbox *inbox_new(void)
{
    inbox *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    for (int place = 0; place < MOST_ARRIVALS; place++) {
        made->parts[place].iov_base = made->data + place * BUFFER_SIZE;
        made->parts[place].iov_len = BUFFER_SIZE;
        made->messages[place].msg_hdr.msg_iov = &made->parts[place];
        made->messages[place].msg_hdr.msg_iovlen = 1;
        made->messages[place].msg_hdr.msg_name = made->addresses + place * ADDRESS_SIZE;
    }
    return made;
}

void inbox_free(inbox *inbox)
{
    free(inbox);
}

uint8_t *inbox_data(inbox *inbox)
{
    return inbox->data;
}

/* Socket addresses as the kernel writes them, ADDRESS_SIZE octets apart. */
const uint8_t *inbox_addresses(const inbox *inbox)
{
    return inbox->addresses;
}

const int *inbox_sizes(const inbox *inbox)
{
    return inbox->sizes;
}

/* Take a batch; return how many datagrams came, -1 when the socket reports an error. */
int inbox_receive(inbox *inbox, int socket)
{
    for (int place = 0; place < MOST_ARRIVALS; place++)
        inbox->messages[place].msg_hdr.msg_namelen = ADDRESS_SIZE;
    int count = recvmmsg(socket, inbox->messages, MOST_ARRIVALS, MSG_DONTWAIT, NULL);
    if (count < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
    for (int place = 0; place < count; place++)
        inbox->sizes[place] = (int)inbox->messages[place].msg_len;
    return count;
}
