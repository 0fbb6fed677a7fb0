/** What can be done with a message, as a menu. */
import { askFirst } from "./dialog.js";
import { announce } from "./dom.js";
import { openEmojiPicker } from "./emoji_picker.js";
import { strings } from "./language.js";
import { openMenu } from "./menu.js";
import { reactionChoices } from "./reactions.js";

const words = strings.conversation;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {string} chatId
 * @param {import("./entries.js").Entry} entry
 * @param {HTMLElement} anchor
 * @param {{onReact: Function, onReply: Function, onEdit: Function}} listeners
 */
export function openMessageMenu(client, chatId, entry, anchor, { onReact, onReply, onEdit }) {
  const isOwn = entry.senderId === client.userId;
  const isAdmin = client.chats.get(chatId)?.admins?.includes(client.userId);
  const items = [
    { label: words.reply, icon: "reply", onclick: () => onReply(entry) },
    { label: words.copy, icon: "copy", onclick: () => copy(entry.text) },
    isOwn && { label: words.edit, icon: "edit", onclick: () => onEdit(entry) },
    (isOwn || isAdmin) && { label: words.delete, icon: "trash", isDanger: true, onclick: askToDelete },
  ];

  function askToDelete() {
    askFirst({
      title: words.deleteTitle,
      hint: words.deleteHint,
      action: words.delete,
      onConfirm: () => client.deleteMessage(chatId, entry.messageId),
    });
  }

  openMenu(anchor, {
    label: words.actions,
    items: items.filter(Boolean),
    top: reactionChoices(client, entry.reactions, {
      onReact: (emoji, isSet) => onReact(entry, emoji, isSet),
      onMore: () => openEmojiPicker(anchor, { onChoose: (emoji) => onReact(entry, emoji, true) }),
    }),
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce(words.copied);
  } catch {
    // A browser may forbid it; the text can still be selected.
  }
}
