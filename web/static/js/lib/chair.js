// Who leads (主持人), for the wall: what the sign says and what one may do about it.
// Pure: the chair and one's own seat in, words and commands out.

import { t } from "./words.js";

/** @import { ChairNow, CommandName, Rank, SeatNow } from "./protocol.js" */

/** @typedef {{seat: string, rank: Rank}} Own */
/** @typedef {{words: string, done: string, type: CommandName, fields?: {seat: string}}} Deed */

const RANKS = ["VENUE", "OFFICE", "LEADER"];

/**
 * Tell whether one may work the controls: the meeting office always may, on the chair's behalf.
 * @param {ChairNow} chair
 * @param {Own} own
 */
export function mayControl(chair, own) {
  return own.rank === "OFFICE" || chair.seat === own.seat;
}

/**
 * Return what the sign says; `urgent` where it waits for an answer or somebody is missing.
 * @param {ChairNow} chair
 * @param {Own} own
 */
export function chairSign(chair, own) {
  const [asker] = chair.asking;
  if (asker && mayControl(chair, own)) return { words: t("{name} 申请主持", { name: asker.name }), urgent: true };
  if (!chair.seat) return { words: t("还没有主持人"), urgent: own.rank === "LEADER" };
  if (chair.away) return { words: t("主持人 {name} 断线", { name: chair.name }), urgent: true };
  if (chair.former === own.seat) return { words: t("{name} 代为主持", { name: chair.name }), urgent: true };
  if (chair.seat === own.seat) return { words: t("您在主持"), urgent: false };
  return { words: t("主持：{name}", { name: chair.name }), urgent: false };
}

/**
 * Return what one may do about the chair now, the likeliest first.
 * @param {ChairNow} chair
 * @param {Own} own
 * @returns {Deed[]}
 */
export function chairDeeds(chair, own) {
  return [...askingDeeds(chair, own), ...(mayControl(chair, own) ? handingDeeds(chair, own) : [])];
}

/**
 * @param {ChairNow} chair
 * @param {Own} own
 * @returns {Deed[]}
 */
function askingDeeds(chair, own) {
  if (chair.seat === own.seat) return [];
  if (!chair.seat) return [{ words: t("我来主持"), done: t("您在主持"), type: "chair.apply" }];
  /** @type {Deed[]} */
  const deeds = [];
  if (chair.former === own.seat) deeds.push({ words: t("接回主持"), done: t("您在主持"), type: "chair.take_back" });
  else if (RANKS.indexOf(own.rank) > RANKS.indexOf(chair.rank)) {
    deeds.push({ words: t("接过来主持"), done: t("您在主持"), type: "chair.seize" });
  }
  const asks = chair.asking.some((one) => one.seat === own.seat);
  deeds.push(
    asks
      ? { words: t("不申请主持了"), done: t("已收回主持的申请"), type: "chair.withdraw" }
      : { words: t("申请主持"), done: t("已申请主持，等对方交给您"), type: "chair.apply" },
  );
  return deeds;
}

/**
 * @param {ChairNow} chair
 * @param {Own} own
 * @returns {Deed[]}
 */
function handingDeeds(chair, own) {
  /** @param {SeatNow} one */
  const other = (one) => one.seat !== chair.seat && one.seat !== own.seat;
  /** @type {Deed[]} */
  const deeds = [];
  for (const { seat, name } of chair.asking.filter(other)) {
    deeds.push(handing(seat, name));
    deeds.push({ words: t("请 {name} 再等等", { name }), done: t("已请 {name} 再等等", { name }), type: "chair.decline", fields: { seat } });
  }
  const asking = chair.asking.map((one) => one.seat);
  const here = chair.here.filter(other);
  for (const { seat, name } of here.filter((one) => !asking.includes(one.seat))) {
    deeds.push(handing(seat, name));
  }
  if (chair.seat) {
    for (const { seat, name } of chair.here.filter((one) => one.seat !== chair.seat && one.seat !== chair.deputy)) {
      const done = t("{name} 是副主持了", { name });
      deeds.push({ words: t("请 {name} 当副主持", { name }), done, type: "chair.deputy", fields: { seat } });
    }
    if (chair.seat === own.seat) {
      deeds.push({ words: t("放下主持"), done: t("您不再主持"), type: "chair.release" });
    }
  }
  return deeds;
}

/**
 * Return the deed that hands the chair to a seat.
 * @param {string} seat
 * @param {string} name
 * @returns {Deed}
 */
export function handing(seat, name) {
  const done = t("已交给 {name} 主持", { name });
  return { words: t("交给 {name} 主持", { name }), done, type: "chair.hand_over", fields: { seat } };
}
