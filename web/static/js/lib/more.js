// More pictures than a page joins with: they come by a connection of their own, once a view has them.

import { WatchLink } from "./rtc.js";

/** Places of the largest layout; those that show nothing cost nothing but a line in the offer. */
const MOST_PICTURES = 33;

/**
 * Watch the pictures from a place on, and put each among `pictures` by its place.
 * @param {string} offers where offers are posted
 * @param {Record<string, string>} headers that prove who this is
 * @param {MediaStream[]} pictures
 * @param {number} first how many come by the page's own connection
 */
export function watchMore(offers, headers, pictures, first) {
  const link = new WatchLink(`${offers}&part=more`, headers, MOST_PICTURES - first, {
    slot: (_kind, slot, stream) => void (pictures[first + slot] = stream),
    state() {},
    refused: (code) => code !== "place_taken",
  });
  link.voiceSlots = 0;
  link.start();
  return link;
}
