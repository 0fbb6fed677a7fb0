import assert from "node:assert/strict";
import { test } from "node:test";

import { chatAddress, routedChatId } from "../../../web/route.js";

function routed(hash) {
  globalThis.location = { hash };
  return routedChatId();
}

test("the address tells which chat is open, and none where it is no address of one", () => {
  assert.equal(routed(chatAddress("a/b %?")), "a/b %?");
  for (const hash of ["", "#/", "#/log-in?code=1", "#/chats/%", "#/chats/%E3%81"]) assert.ok(!routed(hash), hash);
});
