// What changed between two states, in words for people: who leads, and what concerns one branch.
// Pure: states in, sentences out.

import { venueOf } from "./room.js";
import { t } from "./words.js";

/** @import { ChairNow, ItemNow, State } from "./protocol.js" */

/** For how long a branch that is called rings, in ms. */
export const RINGS_FOR_MS = 20_000;
const POSTS = ["SECRETARY", "DIRECTOR", "DEPUTY", "SOCIAL_WORKER"];

/**
 * Return what everybody is told when the chair changed hands; empty when it did not.
 * @param {ChairNow} before
 * @param {ChairNow} after
 */
export function chairNews(before, after) {
  if (before.seat === after.seat) return "";
  const { name } = after;
  if (!after.seat) return t("{name} 不再主持，现在没有主持人", { name: before.name });
  if (after.way === "deputy") return t("{former} 断线了，由 {name} 代为主持", { former: before.name, name });
  if (after.way === "taken_back") return t("{name} 回来了，接着主持", { name });
  if (after.way === "seized") return t("{name} 接过了主持", { name });
  return t("现在由 {name} 主持", { name });
}

/**
 * Return the posts that an item calls in a branch, in the order of posts; empty for nobody.
 * @param {ItemNow} item
 * @param {number} venue
 */
export function postsOf(item, venue) {
  if (item.venues.length && !item.venues.includes(venue)) return [];
  return item.posts.length ? POSTS.filter((post) => item.posts.includes(post)) : POSTS;
}

/** @param {string[]} posts */
function postWords(posts) {
  /** @type {Record<string, string>} */
  const words = { SECRETARY: t("书记"), DIRECTOR: t("主任"), DEPUTY: t("副主任"), SOCIAL_WORKER: t("社工") };
  return posts.map((post) => words[post]).join(t("、"));
}

/**
 * Return who of a branch may leave and who is due next, in words; empty where all is as usual.
 * `ring` tells that somebody who is called in now is not yet needed for the present item.
 * @param {State} state
 * @param {number} venue
 */
export function partOf(state, venue) {
  const calls = state.items.map((item) => postsOf(item, venue));
  const later = new Set(calls.slice(state.item).flat());
  const over = POSTS.filter((post) => calls.slice(0, state.item).flat().includes(post) && !later.has(post));
  const next = state.items[state.item + 1];
  const coming = (calls[state.item + 1] || []).filter((post) => !calls[state.item].includes(post));
  const ring = Boolean(next) && state.called_in === state.item + 1 && coming.length > 0;
  const words = [];
  if (calls.length && !later.size) words.push(t("这里的议题都讲完了，可以先离会。考勤已经记好。"));
  else if (over.length) words.push(t("{posts}的议题讲完了，可以先离会。", { posts: postWords(over) }));
  if (ring) words.push(t("下一项“{topic}”快到了，请{posts}入座。", { topic: next.topic, posts: postWords(coming) }));
  return { words: words.join(" "), ring };
}

/**
 * Return what a branch is told of a change; empty when nothing concerns it.
 * @param {State | null} before
 * @param {State} after
 * @param {number} venue
 */
export function branchNews(before, after, venue) {
  if (!before) return "";
  const word = after.words.find((one) => one.venue === venue);
  const was = before.words.find((one) => one.venue === venue);
  if (word && word.at_ms !== was?.at_ms) {
    return word.word ? t("主会场说：{word}", { word: word.word }) : t("主会场这次先不请这里发言，可以再申请。");
  }
  const asked = after.prompt.venues.includes(venue) && before.prompt.asked_ms !== after.prompt.asked_ms;
  if (asked) return t("主会场问会场有没有人，请点左下角的“我们在”。");
  return chairNews(before.chair, after.chair);
}

/**
 * Return when a branch that is missing was called, for as long as that call rings; else 0. It tells
 * one call from the next, however often the line was renewed meanwhile.
 * @param {State} state
 * @param {number} venue
 * @param {number} nowMs
 */
export function callOf(state, venue, nowMs) {
  const at = venueOf(state, venue)?.called_ms || 0;
  return nowMs - at < RINGS_FOR_MS ? at : 0;
}
