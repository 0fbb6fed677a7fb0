import { Pictures } from "./clients/js/pictures.js";

/** Have a client hold the pictures that are shown of files. The library is smaller without them. */
export function holdPictures(client) {
  client.pictures = new Pictures((fileId) => client.files.download(fileId));
  client.thumbnails = new Pictures((fileId) => client.files.thumbnail(fileId));
  client.files.on("changed", (fileId) => client.thumbnails.drop(fileId));
}
