// Leafing through a material by keyboard: the arrow keys and Page Up and Down do what the links do.

/** @type {Record<string, string>} */
const LINKS = { ArrowLeft: "prev", PageUp: "prev", ArrowRight: "next", PageDown: "next" };

document.addEventListener("keydown", (event) => {
  const rel = LINKS[event.key];
  if (!rel || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const link = document.querySelector(`a[rel=${rel}]`);
  if (link instanceof HTMLAnchorElement) location.replace(link.href);
});
