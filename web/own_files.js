/** One's own files: what was uploaded, and how to be rid of it. */
import { alertLine, askFirst, dialogHeading } from "./dialog.js";
import { element } from "./dom.js";
import { showPicture } from "./files.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { problemText } from "./problems.js";
import { sizeText } from "./sizes.js";
import { pastTime } from "./times.js";

const words = strings.ownFiles;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {{dialog: {close: () => void}, onBack: () => void}} options
 * @returns {import("./dialog.js").View}
 */
export function ownFilesView(client, { dialog, onBack }) {
  const alert = alertLine();
  const list = element("ul", { class: "people", "aria-label": words.title });
  const note = element("p", { class: "quiet", role: "status" }, words.hint);
  const more = element(
    "button",
    { type: "button", class: "secondary", hidden: true, onclick: readMore },
    words.more,
  );
  let cursor;

  async function readMore() {
    more.disabled = true;
    alert.tell();
    try {
      const page = await client.files.list(cursor);
      list.append(...page.files.map(row));
      cursor = page.nextCursor;
      more.hidden = !cursor;
      showNote();
    } catch (error) {
      alert.tell(problemText(error));
      more.hidden = false;
    }
    more.disabled = false;
  }

  function showNote() {
    note.textContent = list.childElementCount === 0 && !cursor ? words.none : words.hint;
  }

  function row(file) {
    const { fileId, name, size, createdAt } = file;
    const image = file.width && element("img", { class: "own-picture", alt: "" });
    if (image) showPicture(client.thumbnails, fileId, image);
    const node = element(
      "li",
      { class: "member", "data-testid": "own-file" },
      image || element("span", { class: "own-picture" }, icon("file")),
      element(
        "span",
        { class: "person-names" },
        element("bdi", { class: "person-name" }, name),
        element("span", { class: "person-username" }, `${sizeText(size)} · ${pastTime(createdAt)}`),
      ),
      element(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": words.remove(name),
          onclick: () => askFirst({ ...question(file), onConfirm: () => remove(fileId, node) }),
        },
        icon("trash"),
      ),
    );
    return node;
  }

  async function remove(fileId, node) {
    await client.files.remove(fileId);
    node.remove();
    showNote();
  }

  readMore();
  return {
    element: element(
      "div",
      { class: "dialog-view" },
      dialogHeading(words.title, { onClose: dialog.close, onBack }),
      note,
      alert.element,
      list,
      more,
    ),
  };
}

function question({ name }) {
  return { title: words.removeTitle, hint: words.removeHint(name), action: words.removeAction };
}
