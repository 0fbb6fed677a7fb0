/** The files of a message: pictures are shown, everything else is a card that fetches it. */
import { openDialog } from "./dialog.js";
import { announce, element, fill, unseen } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { problemText } from "./problems.js";
import { sizeText } from "./sizes.js";

const words = strings.files;
const PICTURE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);
/** A larger picture is shown as a file, so that nobody's line is filled unasked. */
const MAX_PICTURE_BYTES = 8 * 1024 * 1024;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {string[]} fileIds
 */
export function fileList(client, fileIds) {
  return element(
    "ul",
    { class: "files" },
    fileIds.map((fileId) => fileItem(client, fileId)),
  );
}

function fileItem(client, fileId) {
  const node = element("li", { class: "file", "data-testid": "file" }, icon("file"));
  show();
  return node;

  async function show() {
    try {
      const file = await client.files.describe(fileId);
      const isPicture = PICTURE_TYPES.has(file.contentType) && file.size <= MAX_PICTURE_BYTES;
      fill(node, isPicture ? picture(client, file) : card(client, file));
      node.classList.toggle("picture", isPicture);
    } catch (error) {
      fill(node, icon("file"), element("span", { class: "file-note" }, problemText(error)));
    }
  }
}

function picture(client, file) {
  const image = element("img", { alt: file.name });
  const node = element(
    "button",
    {
      type: "button",
      class: "file-picture",
      "aria-label": words.open(file.name),
      onclick: () => image.src && openPicture(client, file, image.src),
    },
    image,
  );
  const show = () => {
    const url = client.pictures.get(file.fileId);
    if (url) image.src = url;
    return Boolean(url);
  };
  if (show()) return node;
  const stop = client.pictures.on("ready", (fileId) => {
    if (fileId === file.fileId && show()) stop();
  });
  return node;
}

function openPicture(client, file, url) {
  const dialog = openDialog({ isLarge: true });
  dialog.show({
    element: element(
      "figure",
      { class: "viewer" },
      element("img", { src: url, alt: file.name }),
      element(
        "figcaption",
        {},
        element("h2", { id: "dialog-title", class: "unseen" }, file.name),
        card(client, file),
        element(
          "button",
          { type: "button", class: "icon-button", "aria-label": strings.dialog.close, onclick: dialog.close },
          icon("close"),
        ),
      ),
    ),
  });
}

function card(client, file) {
  return element(
    "button",
    {
      type: "button",
      class: "file-card",
      onclick: () => fetchFile(client, file),
    },
    icon("file"),
    unseen(words.download),
    element(
      "span",
      { class: "file-words" },
      // A name may be written so as to turn the direction of what stands beside it.
      element("bdi", { class: "file-name" }, file.name),
      element("span", { class: "file-note" }, sizeText(file.size)),
    ),
    icon("down"),
  );
}

/** S3 serves it as an attachment under its own name, so the page stays where it is. */
async function fetchFile(client, file) {
  try {
    element("a", { href: await client.files.link(file.fileId), download: file.name, rel: "noreferrer" }).click();
  } catch (error) {
    announce(problemText(error));
  }
}
