/** One's own picture: chosen, cut to a square, sent, and taken away again. */
import { element } from "./dom.js";
import { strings } from "./language.js";
import { problemText } from "./problems.js";

const words = strings.account;
/** Pixels a side: sharp at the largest size the page shows, on a screen of twice the density and more. */
const SIDE = 512;
const QUALITY = 0.85;
const NAME = "picture";

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {import("./clients/js/index.js").Account} account
 * @param {import("./clients/js/people.js").Person} me
 * @param {{onProblem: (text?: string) => void, onChanged: (me: object) => void}} options
 */
export function pictureButtons(client, account, me, { onProblem, onChanged }) {
  const input = element("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    "data-testid": "picture",
    onchange: () => input.files[0] && change(() => sendPicture(client, input.files[0])),
  });
  const node = element(
    "span",
    { class: "picture-buttons" },
    input,
    button(me.avatarFileId ? words.changePicture : words.choosePicture, () => input.click()),
    me.avatarFileId && button(words.removePicture, () => change(() => null)),
  );

  /** @param {() => Promise<string | null> | null} choose Gives the new picture's fileId. */
  async function change(choose) {
    onProblem();
    for (const each of node.querySelectorAll("button")) each.disabled = true;
    try {
      onChanged(await account.change({ avatarFileId: await choose() }));
      // The server lets go of a picture that is replaced; its bytes are ours to delete.
      if (me.avatarFileId) await client.files.remove(me.avatarFileId);
    } catch (error) {
      onProblem(error instanceof UnreadablePicture ? words.pictureUnreadable : problemText(error));
      for (const each of node.querySelectorAll("button")) each.disabled = false;
      input.value = "";
    }
  }
  return node;
}

class UnreadablePicture extends Error {}

async function sendPicture(client, file) {
  const { fileId } = await client.files.upload(await squareOf(file), NAME).finished();
  await client.files.scanned(fileId);
  return fileId;
}

/** Its middle, small, and without what a camera wrote about the place and the time. @returns {Promise<Blob>} */
async function squareOf(file) {
  const picture = await createImageBitmap(file).catch(() => {
    throw new UnreadablePicture(file.type);
  });
  const edge = Math.min(picture.width, picture.height);
  const side = Math.min(SIDE, edge);
  const canvas = element("canvas", { width: side, height: side });
  const left = (picture.width - edge) / 2;
  const top = (picture.height - edge) / 2;
  canvas.getContext("2d").drawImage(picture, left, top, edge, edge, 0, 0, side, side);
  picture.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new UnreadablePicture(file.type))),
      "image/webp",
      QUALITY,
    );
  });
}

function button(label, onclick) {
  return element("button", { type: "button", class: "secondary small", onclick }, label);
}
