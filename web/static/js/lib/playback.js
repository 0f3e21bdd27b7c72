// Watching a recording, as far as it needs no page: what was watched, which part plays, what keys do.

const GOES_ON_WITHIN = 3;
const LEAST_SECONDS = 2;

/**
 * @typedef {{from: number, to: number, title: string}} Stretch in seconds of the film
 * @typedef {"play" | "back" | "on" | "little-back" | "little-on" | "louder" | "softer" | "before" | "next" | "mute" | "large"} Deed
 */

/** The stretches of a film that were played, until they are told. */
export class Watched {
  constructor() {
    /** @type {[number, number][]} */
    this.stretches = [];
    this.goesOn = false;
  }

  /**
   * The film plays and is here now.
   * @param {number} second
   */
  at(second) {
    const last = this.stretches[this.stretches.length - 1];
    if (this.goesOn && last && second >= last[1] && second - last[1] <= GOES_ON_WITHIN) last[1] = second;
    else this.stretches.push([second, second]);
    this.goesOn = true;
  }

  /** The film stopped, or jumps: what comes does not follow on what was. */
  pause() {
    this.goesOn = false;
  }

  /** Return what is to be told, as the server reads it, and begin anew where the film is. */
  take() {
    const told = this.stretches
      .map(([from, to]) => [Math.floor(from), Math.round(to)])
      .filter(([from, to]) => to - from >= LEAST_SECONDS)
      .map(([from, to]) => `${from}-${to}`);
    const last = this.stretches[this.stretches.length - 1];
    this.stretches = this.goesOn && last ? [[last[1], last[1]]] : [];
    return told;
  }
}

/**
 * Return the index of the part that plays, the one that began last; -1 between parts.
 * @param {Pick<Stretch, "from" | "to">[]} parts in order
 * @param {number} second
 */
export function partAt(parts, second) {
  let found = -1;
  parts.forEach((part, index) => {
    if (part.from <= second && second < part.to) found = index;
  });
  return found;
}

/**
 * Return where the next chapter begins, or the one before; the present one's beginning comes first.
 * @param {number[]} starts of chapters, in order
 * @param {number} second
 * @param {1 | -1} way
 * @returns {number | null} null where there is none
 */
export function chapterFrom(starts, second, way) {
  if (way > 0) return starts.find((start) => start > second + 0.5) ?? null;
  const before = starts.filter((start) => start < second - 2);
  return before.length ? before[before.length - 1] : (starts.length ? starts[0] : null);
}

/** @type {Record<string, Deed>} */
const KEYS = {
  " ": "play", k: "play", j: "back", l: "on", ArrowLeft: "little-back", ArrowRight: "little-on",
  ArrowUp: "louder", ArrowDown: "softer", p: "before", n: "next", m: "mute", f: "large",
};
const TYPED_INTO = ["INPUT", "TEXTAREA", "SELECT"];
const PRESSED = ["BUTTON", "A", "SUMMARY"];

/**
 * Return what a key does here, null for nothing: where one types, or presses a button, it is theirs.
 * @param {{key: string, ctrlKey: boolean, altKey: boolean, metaKey: boolean}} event
 * @param {string} tag of the element that has the keyboard
 * @returns {Deed | null}
 */
export function deedOf(event, tag) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (TYPED_INTO.includes(tag) && (key.startsWith("Arrow") || tag !== "INPUT")) return null;
  if (key === " " && PRESSED.includes(tag)) return null;
  return KEYS[key] || null;
}

/**
 * Return "0:07", "12:05" or "1:02:03".
 * @param {number} seconds
 */
export function placeText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  /** @param {number} value */
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60)];
  return hours ? `${hours}:${two(minutes % 60)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
