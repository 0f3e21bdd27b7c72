// The login page: shows what is typed as the password when asked.
const box = /** @type {HTMLInputElement} */ (document.getElementById("show-password"));
const password = /** @type {HTMLInputElement} */ (document.getElementById("password"));
box.addEventListener("change", () => { password.type = box.checked ? "text" : "password"; });
