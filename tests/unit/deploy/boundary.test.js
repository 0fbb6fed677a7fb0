"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");

const { bound } = require("../../../deploy/boundary");

const template = () => ({
  Resources: {
    Role: { Type: "AWS::IAM::Role", Properties: {} },
    Table: { Type: "AWS::DynamoDB::Table", Properties: {} },
  },
});

test("where the stage names none, no role has a boundary", () => {
  const finished = template();
  bound(finished, { boundary: "" });
  assert.deepEqual(finished, template());
});

test("where it names one, every role has it, and nothing else", () => {
  const finished = template();
  bound(finished, { boundary: "arn:aws:iam::123456789012:policy/b" });
  assert.deepEqual(finished.Resources.Role.Properties, { PermissionsBoundary: "arn:aws:iam::123456789012:policy/b" });
  assert.deepEqual(finished.Resources.Table.Properties, {});
});
