// The recording (录像) in words: pure, states in, sentences out.

import { t } from "./words.js";

/** @import { RecordingNow } from "./protocol.js" */

/**
 * Return what stands on every screen; empty while nothing is recorded.
 * @param {RecordingNow} recording
 * @param {number} now
 */
export function recordingWords(recording, now) {
  if (!recording.on) return "";
  if (recording.trouble === "full") return t("磁盘快满了，录像停着，腾出地方会自己接着录");
  if (recording.trouble === "slow") return t("磁盘太慢，录像断着，会自己接着录");
  if (recording.trouble) return t("录像写不进磁盘，正在自己重试");
  const seconds = Math.max(0, Math.floor((now - recording.since_ms) / 1000));
  const rest = String(seconds % 60).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const time = minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
  return t("录制中 {time}", { time });
}

/**
 * Return what a venue is told once when a recording begins.
 * @param {RecordingNow} recording
 */
export function noticeWords(recording) {
  const what =
    recording.scope === "everything" ? t("所有会场的画面和声音都录")
    : recording.scope === "venues" ? t("录其中 {n} 个会场的画面和声音", { n: recording.venues.length })
    : recording.scope === "sound" ? t("只录全场听到的声音")
    : t("录全场看到的画面和听到的声音");
  return t("现在开始录像：{what}。原因：{reason}", { what, reason: recording.reason });
}

/**
 * Tell whether a page has yet to tell its venue of a recording.
 * @param {RecordingNow} recording
 * @param {string | null} told the key of what it told last
 * @param {string} key of this one, see `noticeKey`
 */
export const isNews = (recording, told, key) => recording.on && told !== key;

/**
 * @param {number} session
 * @param {RecordingNow} recording
 */
export const noticeKey = (session, recording) => `${session}.${recording.notices}`;
