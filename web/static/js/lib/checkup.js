// What a device check measures: light, loudness, a ring heard back, packets lost. Says nothing of it.

const SILENCE_DB = -100;
/** A ring of three tones that speech rarely holds; hertz. */
export const TONES = [1318, 1760, 2093];
export const TONE_SECONDS = 0.35;
/** From one tone's beginning to the next's: sound comes back late, but not into another's turn. */
export const TURN_SECONDS = 0.65;
const HEARD_ABOVE_DB = 12;

/**
 * Return the mean light of a picture, 0 to 255 (ITU-R BT.601 luma); 0 for no pixels.
 * @param {Uint8ClampedArray} pixels red, green, blue, alpha by turns
 */
export function luma(pixels) {
  let sum = 0;
  for (let at = 0; at + 2 < pixels.length; at += 4) {
    sum += 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
  }
  return pixels.length ? Math.round(sum / (pixels.length / 4)) : 0;
}

/**
 * Return the loudest sample in whole decibels below full scale, -100 for silence.
 * @param {Float32Array} samples between -1 and 1
 */
export function peakDb(samples) {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  if (peak === 0) return SILENCE_DB;
  return Math.max(SILENCE_DB, Math.min(0, Math.round(20 * Math.log10(peak))));
}

/**
 * Return how many of `bars` light up at a loudness: none at -72 dB, half at -36, all at 0.
 * @param {number} db
 * @param {number} bars
 */
export function litBars(db, bars) {
  return Math.max(0, Math.min(bars, Math.round(((db + 72) / 72) * bars)));
}

/**
 * Tell whether a ring came back: at least two tones far louder in their own turn than before the
 * ring and in the others' turns. A voice or a knock is loud at all frequencies of one turn at most.
 * @param {number[]} before the loudest at each tone's frequency while it did not ring, in dB
 * @param {number[][]} turns the same for the turn of each tone
 */
export function ringHeard(before, turns) {
  const clear = before.filter((quiet, tone) => {
    const others = turns.filter((_, turn) => turn !== tone).map((levels) => levels[tone]);
    return turns[tone][tone] - Math.max(quiet, ...others) >= HEARD_ABOVE_DB;
  });
  return clear.length >= 2;
}

/**
 * Return which bin of a spectrum holds a frequency.
 * @param {number} hertz
 * @param {number} rate samples a second
 * @param {number} size of the transform
 */
export function binOf(hertz, rate, size) {
  return Math.round((hertz * size) / rate);
}

/**
 * Return what a connection's counters say (W3C webrtc-stats): shares of packets lost either way,
 * and the time to the server and back in milliseconds, 0 when unknown.
 * @param {Iterable<Record<string, any>>} reports
 */
export function counters(reports) {
  const sum = { sent: 0, lostUp: 0, got: 0, lostDown: 0, rtt: 0 };
  for (const report of reports) {
    if (report.type === "outbound-rtp") sum.sent += report.packetsSent || 0;
    if (report.type === "remote-inbound-rtp") sum.lostUp += Math.max(0, report.packetsLost || 0);
    if (report.type === "inbound-rtp") {
      sum.got += report.packetsReceived || 0;
      sum.lostDown += Math.max(0, report.packetsLost || 0);
    }
    if (report.type === "candidate-pair" && report.nominated && report.currentRoundTripTime) {
      sum.rtt = Math.round(1000 * report.currentRoundTripTime);
    }
  }
  return {
    up_loss: share(sum.lostUp, sum.sent),
    down_loss: share(sum.lostDown, sum.got + sum.lostDown),
    rtt_ms: sum.rtt,
  };
}

/**
 * @param {number} part
 * @param {number} whole
 */
function share(part, whole) {
  return whole ? Math.min(1, part / whole) : 0;
}
