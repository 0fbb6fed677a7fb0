/** The mails that the local stack has sent, for trying codes and links on one's own machine. */
import { dialogHeading, openDialog } from "./dialog.js";
import { element, fill } from "./dom.js";
import { strings } from "./language.js";
import { splitLinks } from "./links.js";
import { pastTime } from "./times.js";

const words = strings.mails;

/** @param {string} address Where they are read from. */
export function openMails(address) {
  const dialog = openDialog();
  const list = element("ul", { class: "mails", "aria-label": words.title, tabindex: "0" });
  const note = element("p", { class: "quiet", role: "status" }, words.hint);
  const again = element("button", { type: "button", class: "secondary", onclick: read }, words.refresh);

  async function read() {
    try {
      const mails = await readMails(address);
      note.textContent = mails.length === 0 ? words.none : words.hint;
      fill(list, mails.map(mailItem));
    } catch (error) {
      console.error(error);
      note.textContent = words.failed;
    }
  }

  function mailItem({ to, subject, text, sentAt }) {
    return element(
      "li",
      { class: "mail", "data-testid": "mail" },
      element("h3", {}, subject),
      element("p", { class: "quiet" }, `${words.to(to)} · ${pastTime(sentAt)}`),
      element("p", { class: "mail-text" }, splitLinks(text).map(linked)),
    );
  }

  /** A link back into this page is followed in it. */
  function linked({ text, href }) {
    if (!href) return text;
    const isHere = new URL(href).origin === location.origin;
    return isHere
      ? element("a", { href, onclick: () => dialog.close() }, text)
      : element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, text);
  }

  dialog.show({
    element: element(
      "div",
      { class: "dialog-view" },
      dialogHeading(words.title, { onClose: dialog.close }),
      note,
      list,
      again,
    ),
    focus: () => again.focus(),
  });
  read();
}

/** @returns {Promise<{to: string, subject: string, text: string, sentAt: string}[]>} The newest first. */
async function readMails(address) {
  const response = await fetch(address, { cache: "no-store" });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return (await response.json()).mails;
}
