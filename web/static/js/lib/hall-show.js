// What the wall says of its screens: its flag, the labels of its buttons, who is missing.
// Pure: a state and a view in, values out.

import { MAIN, numeral, titleOf } from "./room.js";
import { largePane } from "./show.js";
import { t } from "./words.js";

/** @import { State, VenueNow, View } from "./protocol.js" */

export const LAYOUTS = ["1", "1+5", "9", "16", "33"];
export const CAROUSEL_SECONDS = [5, 10, 15, 20, 30, 60, 120];

/**
 * Return what stands over the wall's big picture, where the chair sees what branches may not.
 * @param {State} state
 * @param {View | null} view
 */
export function wallFlag(state, view) {
  const { show } = state;
  const large = largePane(view);
  if (view && !large) return t("多画面 {n}", { n: view.layout });
  const shown = large ? large.venue : MAIN;
  const venue = titleOf(state, shown);
  if (state.roll.named > MAIN && state.roll.named === shown) return t("正在点名 · 全场都看到");
  if (large?.content) return t("{venue} 正在共享材料", { venue });
  if (show.watched === shown && shown > MAIN) return t("选看 · 只有这里看到");
  if (show.carousel_venue === shown && show.carousel_at === "wall") return t("轮巡 · 只有这里看到");
  if (show.broadcast === shown) return t("广播会场 · 全场都看到");
  if (show.carousel_venue === shown && show.carousel_at === "all") return t("轮巡 · 全场都看到");
  return shown > MAIN ? t("发言中 · 全场都看到") : t("主会场正在讲");
}

/**
 * Return who is missing, in order of number: never came, or the line is being mended; who is on
 * leave and never came is not.
 * @param {State} state
 * @returns {VenueNow[]}
 */
export function missing(state) {
  const gone = state.venues.filter((venue) => venue.number !== MAIN && venue.state !== "connected");
  return gone.filter((venue) => !excused(venue));
}

/**
 * Return who is on leave and has not come, in order of number.
 * @param {State} state
 */
export function onLeave(state) {
  return state.venues.filter((venue) => venue.number !== MAIN && excused(venue));
}

/** @param {VenueNow} venue */
function excused(venue) {
  return venue.leave && venue.state === "absent";
}

/**
 * Return one line of the list of the missing: "26 听泉苑 · 未到 · 已呼叫".
 * @param {VenueNow} venue
 */
export function missingWords(venue) {
  const gone = excused(venue) ? t("请假") : t("未到");
  const words = [`${numeral(venue.number)} ${venue.name}`, venue.state === "absent" ? gone : t("断线重连")];
  if (venue.called === "rung") words.push(t("已呼叫"));
  if (venue.called === "unreached") words.push(t("页面没开"));
  return words.join(" · ");
}

/**
 * Return the labels of the wall's buttons: what is on says so itself.
 * @param {State} state
 */
export function labels(state) {
  const { show } = state;
  const carousel = { n: show.carousel_seconds };
  const layout = show.wall_layout === "1" ? show.layout : show.wall_layout;
  return {
    broadcast: show.broadcast >= 0 ? t("广播 {venue}", { venue: titleOf(state, show.broadcast) }) : t("广播会场"),
    watch: show.watched >= 0 ? t("选看 {venue}", { venue: titleOf(state, show.watched) }) : t("选看"),
    carousel: !show.carousel_seconds
      ? t("轮巡")
      : show.carousel_paused
        ? t("轮巡 已停")
        : t("轮巡 {n} 秒", carousel),
    layout: layout === "1" ? t("多画面") : t("多画面 {n}", { n: layout }),
    share: show.sharing >= 0 ? t("结束共享") : t("共享材料"),
    call: t("呼叫未到 {n}", { n: missing(state).length }),
  };
}
