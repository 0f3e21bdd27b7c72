// A video file before it is sent and while it is: what can be told without the server.

import { t } from "./words.js";

const MEGABYTE = 1024 * 1024;
const NAMES = /\.(mp4|m4v|mov|webm)$/i;

/**
 * Return in words why a file need not be sent, empty when it may be.
 * @param {{name: string, size: number}} file
 * @param {number} most octets
 */
export function refusalOf(file, most) {
  if (!NAMES.test(file.name)) return t("这不是 MP4 或 WebM 视频，请另选一个。");
  if (!file.size) return t("这个文件是空的，请另选一个。");
  if (file.size > most) return t("文件太大，不能超过 {most} MB。请剪短，或者存得清晰度低一些。", { most: Math.floor(most / MEGABYTE) });
  return "";
}

/**
 * Return how far the sending is, in words.
 * @param {number} sent octets
 * @param {number} all octets
 */
export function sentText(sent, all) {
  if (sent >= all) return t("传完了，正在收下。");
  const [done, total] = [sent, all].map((octets) => (octets / MEGABYTE).toFixed(1));
  return t("已传 {done} MB，共 {total} MB。请不要关这一页。", { done, total });
}
