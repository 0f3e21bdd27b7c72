// The two truths in words: does the main venue see and hear this venue, is its attendance recorded.

import { timeOfDay } from "./clock.js";
import { t } from "./words.js";

/** @import { Truth } from "./protocol.js" */
/** @typedef {{look: "" | "warn" | "bad", words: string, note: string}} Line */

/**
 * @param {Truth | null} truth what the server said last; null while it has said nothing
 * @param {boolean} online whether the line to the server stands
 * @returns {Line}
 */
export function seenLine(truth, online) {
  if (!online) return { look: "warn", words: t("网络断了，正在自动重连"), note: t("您不用操作，考勤照记") };
  if (!truth) return { look: "warn", words: t("正在接通主会场"), note: t("一般只要几秒钟") };
  if (truth.seen && truth.heard) {
    return { look: "", words: t("主会场看得见、听得见您"), note: t("服务器刚刚收到您的画面和声音") };
  }
  if (truth.heard) return { look: "warn", words: t("主会场只听得见您"), note: t("服务器收不到您的画面") };
  if (truth.seen) return { look: "warn", words: t("主会场只看得见您"), note: t("服务器收不到您的声音") };
  return { look: "warn", words: t("主会场还看不见、听不见您"), note: t("正在自动接通，您不用操作") };
}

/**
 * @param {Truth | null} truth
 * @param {number} heads -1 while nobody has said
 * @returns {Line}
 */
export function recordedLine(truth, heads) {
  if (!truth || !truth.recorded_ms) {
    return { look: "warn", words: t("考勤还没开始记"), note: t("接通以后自动开始") };
  }
  const parts = [t("{time} 到会", { time: timeOfDay(truth.recorded_ms) })];
  if (heads >= 0) parts.push(t("{n} 人", { n: heads }));
  parts.push(t("共 {n} 分钟", { n: Math.floor(truth.present_seconds / 60) }));
  return { look: "", words: t("考勤已记录"), note: parts.join(" · ") };
}
