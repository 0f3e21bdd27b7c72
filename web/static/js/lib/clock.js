// The server's time on this page, and moments in words.

import { t } from "./words.js";

const SITE_ZONE = "Asia/Shanghai";
const DAY_MS = 86_400_000;

/**
 * The server's clock as far as messages have told. It runs on the page's monotonic clock, so that
 * a jump of the computer's own time does not move it.
 */
export class ServerClock {
  /** @param {() => number} monotonic milliseconds from an unnamed start */
  constructor(monotonic = () => performance.now()) {
    this.monotonic = monotonic;
    this.offset = Date.now() - monotonic();
  }

  /** @param {number} nowMs the server's time in a message that has just come */
  heard(nowMs) {
    this.offset = nowMs - this.monotonic();
  }

  /** @returns {number} unix milliseconds */
  now() {
    return this.offset + this.monotonic();
  }
}

/** @param {number} value */
export const two = (value) => String(value).padStart(2, "0");

/**
 * Return "13:05", or "1:02:03" from an hour on; less than nothing counts as nothing.
 * @param {number} seconds
 */
export function countDown(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${two(minutes)}:${two(whole % 60)}`;
}

/**
 * @param {number} ms unix milliseconds
 * @param {Intl.DateTimeFormatOptions} options
 */
export function atSite(ms, options) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: SITE_ZONE, ...options }).format(ms);
}

/**
 * Return "14:00" at the site.
 * @param {number} ms unix milliseconds
 */
export function timeOfDay(ms) {
  return atSite(ms, { hour: "2-digit", minute: "2-digit" });
}

/**
 * Return "周二".
 * @param {number} ms unix milliseconds
 */
export function weekday(ms) {
  const names = [t("周日"), t("周一"), t("周二"), t("周三"), t("周四"), t("周五"), t("周六")];
  const short = atSite(ms, { weekday: "short" });
  return names[["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(short)];
}

/**
 * Return "今天", "明天" or "11 月 24 日 周二", by the calendar of the site.
 * @param {number} ms unix milliseconds
 * @param {number} nowMs unix milliseconds
 */
export function dayName(ms, nowMs) {
  /** @param {number} moment */
  const date = (moment) => atSite(moment, { year: "numeric", month: "numeric", day: "numeric" });
  if (date(ms) === date(nowMs)) return t("今天");
  if (date(ms) === date(nowMs + DAY_MS)) return t("明天");
  const [day, month] = [atSite(ms, { day: "numeric" }), atSite(ms, { month: "numeric" })];
  const name = atSite(ms, { month: "short" });
  return t("{month} 月 {day} 日 {weekday}", { month, day, weekday: weekday(ms), name });
}
