"use strict";

const assert = require("node:assert/strict");
const { afterEach, test } = require("node:test");

const { openToPage } = require("../../../deploy/web");

const URL = { "Fn::Sub": "https://${WebDistribution.DomainName}" };
const OWN = { "Fn::If": ["HasWeb", URL, "https://localhost"] };

afterEach(() => delete process.env.WEB_ORIGINS);

/** A template with one of everything that knows origins; two functions share their list. */
function finish(web, origins) {
  const shared = { "Fn::Join": [",", [...origins]] };
  const lambda = (Variables) => ({ Type: "AWS::Lambda::Function", Properties: { Environment: { Variables } } });
  const Resources = {
    HttpApi: { Properties: { CorsConfiguration: { AllowOrigins: [...origins] } } },
    FilesBucket: { Properties: { CorsConfiguration: { CorsRules: [{ AllowedOrigins: [...origins] }] } } },
    One: lambda({ WEB_ORIGINS: shared }),
    Other: lambda({ WEB_ORIGINS: shared, WEB_URL: origins[0] }),
    Plain: { Type: "AWS::Lambda::Function", Properties: {} },
  };
  openToPage({ Resources, Outputs: { WebUrl: { Value: URL } } }, web);
  return {
    api: Resources.HttpApi.Properties.CorsConfiguration.AllowOrigins,
    files: Resources.FilesBucket.Properties.CorsConfiguration.CorsRules[0].AllowedOrigins,
    functions: shared["Fn::Join"][1],
    mails: Resources.Other.Properties.Environment.Variables.WEB_URL,
  };
}

test("without a page nothing is opened", () => {
  const none = ["https://localhost"];
  assert.deepEqual(finish("false", none), { api: none, files: none, functions: none, mails: none[0] });
});

test("where nobody named an origin, the page's own is the only one", () => {
  assert.deepEqual(finish("true", ["https://localhost"]), { api: [OWN], files: [OWN], functions: [OWN], mails: OWN });
});

test("it stands beside those that were named", () => {
  process.env.WEB_ORIGINS = "https://a.example,https://b.example";
  const all = ["https://a.example", "https://b.example", OWN];
  assert.deepEqual(finish("true", all.slice(0, 2)), { api: all, files: all, functions: all, mails: "https://a.example" });
});
