/** Choosing several people: a search, a box beside each person found, and the chosen ones as chips. */
import { personAvatar } from "./avatar.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { personName } from "./names.js";
import { peoplePicker, personParts } from "./people_search.js";

const words = strings.newChat;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {{onChanged: () => void, isTaken?: (userId: string) => boolean}} options `isTaken`: who need not be chosen.
 */
export function peopleChoice(client, { onChanged, isTaken = () => false }) {
  /** @type {Map<string, object>} */
  const chosen = new Map();
  const chips = element("ul", { class: "chips", "aria-label": words.chosen });
  const picker = peoplePicker(client, personChoice);
  // Enter in the search is for searching, not for finishing.
  picker.input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());

  function personChoice(person) {
    const box = element("input", {
      type: "checkbox",
      "aria-label": personName(person),
      onchange: () => choose(person, box.checked),
    });
    box.checked = chosen.has(person.userId) || isTaken(person.userId);
    box.disabled = isTaken(person.userId);
    return element("label", { class: "person" }, personParts(person), box);
  }

  function choose(person, isChosen) {
    if (isChosen) chosen.set(person.userId, person);
    else chosen.delete(person.userId);
    fill(chips, [...chosen.values()].map(chip));
    onChanged();
  }

  function chip(person) {
    function remove() {
      choose(person, false);
      picker.input.dispatchEvent(new Event("input"));
      picker.input.focus();
    }
    return element(
      "li",
      { class: "chip" },
      personAvatar(person, "small"),
      element("span", {}, personName(person)),
      element(
        "button",
        {
          type: "button",
          class: "chip-remove",
          "aria-label": words.remove(personName(person)),
          onclick: remove,
        },
        icon("close"),
      ),
    );
  }
  return {
    element: picker.element,
    chips,
    input: picker.input,
    stop: picker.stop,
    userIds: () => [...chosen.keys()],
  };
}
