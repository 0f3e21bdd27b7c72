// How long to wait before trying again.

const LONGEST_MS = 5000;

/**
 * Return milliseconds to wait before an attempt: half a second doubled each time up to five
 * seconds, then anything between half of it and all of it, so that 34 venues do not come at once.
 * @param {number} attempt 1 for the first try after a failure
 * @param {number} random in [0, 1)
 */
export function retryDelay(attempt, random) {
  const whole = Math.min(LONGEST_MS, 500 * 2 ** Math.min(attempt - 1, 10));
  return whole * (0.5 + random / 2);
}

/** @returns {string} a fresh id of 22 letters and digits: this page, as the server knows it */
export function freshClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(22));
  return Array.from(bytes, (b) => "abcdefghijkmnpqrstuvwxyz23456789"[b % 32]).join("");
}
