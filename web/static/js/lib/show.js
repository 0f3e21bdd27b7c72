// What a screen shows, in words. Pure: a state and a view in, values out.

import { MAIN, titleOf, venueOf } from "./room.js";
import { t } from "./words.js";

/** @import { PaneNow, State, View } from "./protocol.js" */

/**
 * Return the large place of a view: a camera or a shared screen; none where all are alike.
 * @param {View | null} view
 * @returns {PaneNow | undefined}
 */
export function largePane(view) {
  return view ? view.panes.find((pane) => pane.large) : undefined;
}

/**
 * Return what stands over the big picture of a screen.
 * @param {State} state
 * @param {View | null} view
 * @param {number} here the venue before it; -1 for an observer
 */
export function flagWords(state, view, here) {
  const { show, roll } = state;
  // an observer is no venue, and so never the one
  const own = (/** @type {number} */ number) => here >= MAIN && number === here;
  if (own(roll.named)) return t("点到您了，全场都看到");
  if (own(show.broadcast)) return t("正在广播您这里，全场都看到");
  if (own(state.floor)) return t("您在发言，全场都看到");
  if (own(show.sharing)) return t("您在共享材料，全场都看到");
  const large = largePane(view);
  if (view && !large) return t("多画面 {n}", { n: view.layout });
  const shown = large ? large.venue : MAIN;
  if (venueOf(state, shown)?.state !== "connected" && shown !== MAIN) return t("正在等画面，您不用操作");
  const venue = titleOf(state, shown);
  if (roll.named > MAIN && roll.named === shown) return t("正在点名：{venue}", { venue });
  if (large?.content) return t("{venue} 正在共享材料", { venue });
  if (show.broadcast === shown) return t("正在广播 {venue}", { venue });
  if (show.carousel_venue === shown && show.carousel_at === "all") return t("轮巡：{venue}", { venue });
  return shown === MAIN ? t("主会场正在讲") : t("{venue} 正在发言", { venue });
}
