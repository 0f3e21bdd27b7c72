// Lines to be taken along: each copy button appears where the browser lets a page copy.
for (const found of document.querySelectorAll("button[data-copies]")) {
  const button = /** @type {HTMLButtonElement} */ (found);
  const line = document.getElementById(button.dataset.copies || "");
  const words = button.querySelector("span");
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(line?.textContent || "");
    if (words) words.textContent = button.dataset.done || "";
  });
}
