/** Finding people by the beginning of their username, while it is typed. */
import { personAvatar } from "./avatar.js";
import { element, fill } from "./dom.js";
import { strings } from "./language.js";
import { personName } from "./names.js";
import { problemText } from "./problems.js";

const PAUSE_MS = 200;

/**
 * Run searches one at a time, the latest wins.
 *
 * @param {import("./clients/js/client.js").Client} client
 * @param {{onFound: (people: object[], query: string) => void, onFailed: (error: Error) => void}} listeners
 * @returns {{search: (text: string) => void, stop: () => void}}
 */
export function peopleSearch(client, { onFound, onFailed }) {
  let timer;
  let request;

  function stop() {
    clearTimeout(timer);
    request?.abort();
  }

  function search(text) {
    stop();
    const query = text.trim().replace(/^@/u, "");
    if (query === "") return onFound([], "");
    timer = setTimeout(() => run(query), PAUSE_MS);
  }

  async function run(query) {
    const controller = (request = new AbortController());
    try {
      const { people } = await client.people.find(query, { signal: controller.signal });
      if (!controller.signal.aborted)
        onFound(
          people.filter((person) => person.userId !== client.userId),
          query,
        );
    } catch (error) {
      if (!controller.signal.aborted) onFailed(error);
    }
  }
  return { search, stop };
}

/**
 * A search field with the people found below it.
 *
 * @param {import("./clients/js/client.js").Client} client
 * @param {(person: object) => HTMLElement} row How a person is shown.
 */
export function peoplePicker(client, row) {
  const results = element("ul", { class: "people", "aria-label": strings.chats.people });
  const note = element("p", { class: "quiet", role: "status" }, strings.people.searchHint);
  const input = element("input", {
    type: "search",
    class: "search-input",
    "aria-label": strings.people.search,
    placeholder: strings.people.search,
    autocapitalize: "none",
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => finder.search(input.value),
  });
  const finder = peopleSearch(client, {
    onFound(people, query) {
      fill(
        results,
        people.map((person) => element("li", {}, row(person))),
      );
      note.textContent =
        query === "" ? strings.people.searchHint : people.length === 0 ? strings.people.none(query) : "";
      note.hidden = note.textContent === "";
    },
    onFailed(error) {
      fill(results);
      note.textContent = problemText(error);
      note.hidden = false;
    },
  });
  return {
    element: element("div", { class: "people-picker" }, input, note, results),
    input,
    stop: finder.stop,
  };
}

/** What a person looks like in a list. @returns {Node[]} */
export function personParts(person) {
  return [
    personAvatar(person),
    element(
      "span",
      { class: "person-names" },
      element("span", { class: "person-name" }, personName(person)),
      person.username && element("span", { class: "person-username" }, `@${person.username}`),
    ),
  ];
}
