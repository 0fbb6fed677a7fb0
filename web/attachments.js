/** The files that will go with the next message: chosen, on their way, or there. */
import { element, fill } from "./dom.js";
import { isPicture } from "./files.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { problemText } from "./problems.js";
import { sizeText } from "./sizes.js";

const words = strings.files;
/** The protocol's limits: files in one message, and bytes in one file. */
const MAX_FILES = 10;
const MAX_BYTES = 5 * 1024 ** 3;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {{onChanged: () => void}} options
 */
export function attachments(client, { onChanged }) {
  /** @type {import("./clients/js/upload.js").Upload[]} */
  let uploads = [];
  const list = element("ul", { class: "attachments", "aria-label": words.attached, hidden: true });
  const alert = element("p", { class: "attachments-alert", role: "alert", hidden: true });

  /** @param {Iterable<File>} files */
  function add(files) {
    const all = [...files];
    const room = MAX_FILES - uploads.length;
    const tooLarge = all.find(({ size }) => size > MAX_BYTES);
    warn(tooLarge ? words.tooLarge(tooLarge.name) : all.length > room && words.tooMany(MAX_FILES));
    for (const file of all.filter(({ size }) => size <= MAX_BYTES).slice(0, room)) begin(file);
    show();
  }

  /** @param {string | false} [text] */
  function warn(text) {
    alert.hidden = !text;
    alert.textContent = text || "";
  }

  function begin(file) {
    const upload = client.files.upload(file, file.name || words.unnamed);
    const row = uploadRow(upload, { onRemove: () => remove(upload) });
    upload.on("changed", () => {
      row.show();
      onChanged();
    });
    list.append(row.element);
    upload.row = row;
    uploads.push(upload);
  }

  function remove(upload) {
    uploads = uploads.filter((each) => each !== upload);
    upload.row.element.remove();
    upload.row.close();
    upload.cancel();
    warn();
    show();
  }

  const stop = client.on("infected", ({ fileId, name }) => {
    const upload = uploads.find(({ file }) => file?.fileId === fileId);
    if (!upload) return;
    remove(upload);
    warn(words.infected(name));
  });

  function show() {
    list.hidden = uploads.length === 0;
    onChanged();
  }

  return {
    element: element("div", {}, alert, list),
    add,
    get isEmpty() {
      return uploads.length === 0;
    },
    /** Whether all of them are there. */
    get isReady() {
      return uploads.every(({ state }) => state === "done");
    },
    /** @returns {string[]} Their fileIds; from now on they belong to the message. */
    take() {
      const fileIds = uploads.map(({ file }) => file.fileId);
      for (const { row } of uploads) row.close();
      uploads = [];
      fill(list);
      warn();
      show();
      return fileIds;
    },
    /** Give up what was not sent. */
    close() {
      stop();
      for (const upload of uploads) {
        upload.row.close();
        upload.cancel();
      }
      uploads = [];
    },
  };
}

function uploadRow(upload, { onRemove }) {
  const preview = isPicture(upload.content) ? URL.createObjectURL(upload.content) : undefined;
  const image = preview
    ? element("img", { src: preview, alt: "", onerror: () => image.replaceWith(icon("file")) })
    : icon("file");
  const bar = element("progress", { max: "1", "aria-label": words.progress(upload.name) });
  const note = element("span", { class: "attachment-note" });
  const retry = element(
    "button",
    { type: "button", class: "link", onclick: () => upload.start() },
    strings.conversation.tryAgain,
  );
  const node = element(
    "li",
    { class: "attachment", "data-testid": "attachment" },
    image,
    element(
      "span",
      { class: "attachment-words" },
      element("bdi", { class: "attachment-name" }, upload.name),
      note,
      bar,
    ),
    retry,
    element(
      "button",
      { type: "button", class: "icon-button", "aria-label": words.remove(upload.name), onclick: onRemove },
      icon("close"),
    ),
  );

  function show() {
    const { state, progress, error } = upload;
    node.dataset.state = state;
    retry.hidden = state !== "failed";
    bar.hidden = state === "done" || state === "failed";
    if (progress > 0) bar.value = progress;
    else bar.removeAttribute("value");
    note.textContent = {
      sending: sizeText(upload.content.size),
      waiting: words.waiting,
      done: sizeText(upload.content.size),
      failed: error && failureText(error),
    }[state];
  }
  show();
  return { element: node, show, close: () => preview && URL.revokeObjectURL(preview) };
}

/** Of an upload the same refusals mean more than elsewhere. */
function failureText(error) {
  if (error.code === "too_large") return words.noRoom;
  return error.code === "rate_limited" ? words.tooManyToday : problemText(error);
}
