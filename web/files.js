/** The files of a message: pictures are shown, everything else is a card that fetches it. */
import { openDialog } from "./dialog.js";
import { announce, element, fill, unseen } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { problemText } from "./problems.js";
import { sizeText } from "./sizes.js";

const words = strings.files;
/** A larger picture without a thumbnail is shown as a file, so that nobody's line is filled unasked. */
const MAX_PICTURE_BYTES = 8 * 1024 * 1024;
const PICTURE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

/** What each file on the page does when it is not what it was. @type {WeakMap<Element, () => void>} */
const refreshes = new WeakMap();
/** Those of one's own that held malware; the server says no more than that they are gone. @type {Set<string>} */
const infected = new Set();

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

/**
 * From now on keep the files that stand on the page as they are.
 *
 * @param {import("./clients/js/client.js").Client} client
 * @returns {() => void} Stops it.
 */
export function watchFiles(client) {
  const refresh = (fileId) => {
    for (const node of document.querySelectorAll(`[data-file="${CSS.escape(fileId)}"]`))
      refreshes.get(node)?.();
  };
  const stops = [
    client.files.on("changed", refresh),
    client.on("infected", ({ fileId, name }) => {
      infected.add(fileId);
      announce(words.infected(name));
      refresh(fileId);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** @param {File} content @returns {boolean} Whether a browser can show it. */
export function isPicture({ type, contentType = type }) {
  return PICTURE_TYPES.has(contentType.split(";")[0]);
}

function fileItem(client, fileId) {
  const node = element(
    "li",
    { class: "file", "data-testid": "file", "data-file": fileId },
    icon("file"),
  );
  refreshes.set(node, show);
  show();
  return node;

  async function show() {
    try {
      const file = await client.files.describe(fileId);
      const isShown = isPicture(file) && (file.width || file.size <= MAX_PICTURE_BYTES);
      fill(node, isShown ? picture(client, file) : card(client, file));
      node.classList.toggle("picture", Boolean(isShown));
    } catch (error) {
      const text = infected.has(fileId) ? words.infectedHere : problemText(error);
      fill(node, icon("file"), element("span", { class: "file-note" }, text));
      node.classList.remove("picture");
    }
  }
}

function picture(client, file) {
  const image = element("img", { alt: file.name });
  showPicture(client.thumbnails, file.fileId, image);
  return element(
    "button",
    {
      type: "button",
      class: "file-picture",
      "aria-label": words.open(file.name),
      onclick: () => openPicture(client, file, image.src),
    },
    image,
  );
}

/** Show a picture in an image, as soon as it is here. */
export function showPicture(pictures, fileId, image) {
  const put = () => {
    const url = pictures.get(fileId);
    if (url) image.src = url;
    return Boolean(url);
  };
  if (put()) return;
  const stop = pictures.on("ready", (readyId) => {
    if (readyId === fileId && put()) stop();
  });
}

/** The thumbnail stands in for the picture until that is here. */
function openPicture(client, file, thumbnailUrl) {
  const dialog = openDialog({ isLarge: true });
  const image = element("img", {
    src: thumbnailUrl || undefined,
    alt: file.name,
    width: file.width,
    height: file.height,
  });
  showPicture(client.pictures, file.fileId, image);
  dialog.show({
    element: element(
      "figure",
      { class: "viewer" },
      image,
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
      file.scanState && element("span", { class: "file-note" }, words.scanned),
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
