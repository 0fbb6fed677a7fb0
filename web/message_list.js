/** The scrolling list of an open chat. Only what is near to where one reads stands on the page. */
import { element, fill, showRows } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { MessageWindow } from "./message_window.js";
import { problemText } from "./problems.js";

const words = strings.conversation;
/** How near to its end the log counts as read to the end. */
const NEAR_END_PX = 80;
/** How near to an edge of what is shown more is brought in. */
const NEAR_EDGE_PX = 900;
const FLASH_MS = 1_600;

/**
 * @param {object} options
 * @param {() => import("./entries.js").Place[]} options.places All there are now.
 * @param {(places: import("./entries.js").Place[], from: number, to: number) => import("./dom.js").Row[]} options.rows
 *   Of those from one index up to another.
 * @param {() => boolean} options.hasEarlier Whether more can be loaded.
 * @param {() => Promise<void>} options.loadEarlier
 * @param {() => void} options.onMove What is in view has changed.
 */
export function messageList({ places, rows, hasEarlier, loadEarlier, onMove }) {
  const shown = new MessageWindow();
  /** Whether the end of the log is in view, and stays there as messages come. */
  let isAtEnd = true;
  let isLoading = false;
  let hasFailed = false;
  /** Whether it is known where to begin. */
  let isPlaced = false;
  let heightSeen;
  let topSeen = 0;
  let newBelow = 0;
  let current = [];

  const list = element("ol", { class: "messages" });
  const top = element("div", { class: "messages-top" });
  const empty = element("div", { class: "messages-empty" });
  const content = element("div", { class: "messages-content" }, top, empty, list);
  const scroller = element(
    "div",
    {
      class: "messages-scroller",
      role: "log",
      "aria-live": "off",
      tabindex: "0",
      onscroll: onScroll,
      onkeydown: onKey,
    },
    content,
  );
  const toEnd = element("button", {
    type: "button",
    class: "to-end",
    hidden: true,
    onclick: () => goToEnd("smooth"),
  });

  /** Bring the page up to what there is now, without moving what is being read. */
  function show() {
    current = places();
    shown.update(
      current.map(({ id }) => id),
      { isFollowing: isAtEnd },
    );
    render();
    if (isAtEnd && isPlaced) scrollToEnd();
    showToEnd();
    if (!isPlaced) return;
    bringInMore();
    onMove();
  }

  function render() {
    const anchor = anchorRow();
    const offset = anchor && anchor.offsetTop - scroller.scrollTop;
    const hadFocus = list.contains(document.activeElement);
    showRows(list, rows(current, shown.from, shown.to));
    if (hadFocus && !list.contains(document.activeElement)) scroller.focus({ preventScroll: true });
    keepOneInTabOrder();
    const same = anchor && rowOf(anchor.dataset.key);
    if (same) scrollTo(same.offsetTop - offset);
  }

  /** The first row in view that will still be there, for what is above it may change. */
  function anchorRow() {
    const kept = new Set(current.slice(shown.from, shown.to).map(({ id }) => id));
    return [...list.children].find(
      (row) => kept.has(row.dataset.key) && row.offsetTop + row.offsetHeight > scroller.scrollTop,
    );
  }

  function rowOf(key) {
    return [...list.children].find((row) => row.dataset.key === key);
  }

  function scrollTo(position) {
    scroller.scrollTop = position;
    topSeen = scroller.scrollTop;
  }

  /**
   * Show the end the first time, or rather the first unread message. Until that one is known it is the end, and who has
   * gone elsewhere meanwhile stays there.
   *
   * @param {string | null} [firstUnreadId] Undefined until it is known.
   */
  function place(firstUnreadId) {
    if (isPlaced) return;
    isPlaced = firstUnreadId !== undefined;
    if (isAtEnd) begin(firstUnreadId);
    look();
    bringInMore();
  }

  function begin(firstUnreadId) {
    if (firstUnreadId) {
      shown.reveal(firstUnreadId);
      render();
    }
    scrollToEnd();
    const divider = list.querySelector(".divider.new");
    if (divider && (shown.hasLater || divider.offsetTop < scroller.scrollTop))
      scrollTo(divider.offsetTop - NEAR_END_PX);
  }

  function onScroll() {
    // A keyboard that opens moves the messages too; the resize decides what to do about that.
    if (scroller.clientHeight !== heightSeen) return;
    const isUpwards = scroller.scrollTop < topSeen;
    topSeen = scroller.scrollTop;
    look();
    if (isUpwards || scroller.scrollTop === 0) bringInMore();
    else bringInLater();
  }

  function look() {
    isAtEnd = !shown.hasLater && distanceToEnd() < NEAR_END_PX;
    if (isAtEnd) newBelow = 0;
    showToEnd();
    onMove();
  }

  function bringInMore() {
    while (scroller.scrollTop < NEAR_EDGE_PX && shown.hasEarlier) {
      shown.earlier();
      render();
      look();
    }
    const isNear = scroller.scrollTop < NEAR_EDGE_PX;
    if (isNear && hasEarlier() && !isLoading && !hasFailed) load();
  }

  function bringInLater() {
    while (shown.hasLater && distanceToEnd() < NEAR_EDGE_PX) {
      shown.later();
      render();
      look();
    }
  }

  async function load() {
    isLoading = true;
    hasFailed = false;
    fill(top, spinner());
    try {
      await loadEarlier();
      fill(top);
    } catch (error) {
      // From here on only the button tries again, or every movement would.
      hasFailed = true;
      fill(top, retryNote(error, load));
    }
    isLoading = false;
    bringInMore();
  }

  function distanceToEnd() {
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  }

  function scrollToEnd(behavior = "instant") {
    scroller.scrollTo({ top: scroller.scrollHeight, behavior });
    if (behavior === "instant") topSeen = scroller.scrollTop;
  }

  function goToEnd(behavior) {
    const isFar = shown.hasLater;
    if (isFar) {
      shown.toEnd();
      render();
    }
    scrollToEnd(isFar ? "instant" : behavior);
    if (isFar) look();
  }

  function showToEnd() {
    toEnd.hidden = isAtEnd;
    const label = newBelow > 0 ? words.newBelow(newBelow) : words.toLatest;
    toEnd.setAttribute("aria-label", label);
    fill(toEnd, newBelow > 0 && element("span", {}, label), icon("down"));
  }

  function onResize() {
    heightSeen = scroller.clientHeight;
    if (isAtEnd) scrollToEnd();
  }

  /** The arrow keys go from the actions of one message to those of the next; Home and End to where all begins and ends. */
  function onKey(event) {
    if (event.target === scroller) return onEdgeKey(event);
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !event.target.matches("[data-actions]")) return;
    event.preventDefault();
    const all = [...list.querySelectorAll("[data-actions]")];
    const next = all[all.indexOf(event.target) + step];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  function onEdgeKey(event) {
    if (event.key === "End") {
      event.preventDefault();
      goToEnd("instant");
    } else if (event.key === "Home") {
      event.preventDefault();
      shown.toBeginning();
      render();
      scrollTo(0);
      look();
      bringInMore();
    }
  }

  /** The last message's, unless the reader is among them. */
  function keepOneInTabOrder() {
    if (list.contains(document.activeElement)) return;
    const all = [...list.querySelectorAll("[data-actions]")];
    for (const button of all) button.tabIndex = button === all.at(-1) ? 0 : -1;
  }

  const resizes = new ResizeObserver(onResize);
  return {
    element: element("div", { class: "messages-frame" }, scroller, toEnd),
    scroller,
    list,
    show,
    place,
    get isAtEnd() {
      return isAtEnd;
    },
    get isEmpty() {
      return current.length === 0;
    },
    /** Before the end comes something of one's own, which one wants to see. */
    follow() {
      isAtEnd = true;
      newBelow = 0;
      goToEnd("instant");
    },
    /** Something has come in at the end, perhaps unseen. */
    count() {
      if (isAtEnd) return;
      newBelow += 1;
      showToEnd();
    },
    /** Bring a place into view. @param {string} id @param {{isFocused?: boolean}} [options] */
    reveal(id, { isFocused = false } = {}) {
      shown.reveal(id);
      isAtEnd = false;
      render();
      const row = rowOf(id);
      row.scrollIntoView({ block: "center" });
      topSeen = scroller.scrollTop;
      row.classList.add("flash");
      setTimeout(() => row.classList.remove("flash"), FLASH_MS);
      if (isFocused) row.querySelector("[data-actions]")?.focus({ preventScroll: true });
      look();
    },
    /** Where there is nothing to show, say why. @param {...(Node | Node[] | false)} notes */
    note(...notes) {
      fill(empty, ...notes);
    },
    /** Show nothing more. */
    clear() {
      current = [];
      fill(list);
      fill(top);
    },
    start() {
      resizes.observe(scroller);
      resizes.observe(content);
    },
    close: () => resizes.disconnect(),
  };
}

/** @returns {HTMLElement} */
export function spinner() {
  return element("span", { class: "spinner", role: "status", "aria-label": words.loading });
}

/** @param {Error} error @param {() => void} again @returns {HTMLElement} */
export function retryNote(error, again) {
  const button = element("button", { type: "button", class: "link", onclick: again }, words.tryAgain);
  return element(
    "p",
    { class: "retry-note", role: "alert" },
    words.loadFailed(problemText(error)),
    button,
  );
}
