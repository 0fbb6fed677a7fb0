'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const MinistackPlugin = require('../../../local/ministack-plugin.js');

const TEMPLATE_HOOK = 'after:aws:package:finalize:mergeCustomProviderResources';

function service(stage) {
  const apis = {
    HttpApi: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP', Tags: { team: 'ann' } } },
    SocketApi: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'WEBSOCKET' } },
    Table: { Type: 'AWS::DynamoDB::Table', Properties: {} },
  };
  const provider = { stage, compiledCloudFormationTemplate: { Resources: apis } };
  const functions = { SendMessage: {}, MakeThumbnail: { package: { artifact: '.build/pictures.zip' } } };
  return { provider, functions, package: { artifact: '.build/kaiwa.zip' } };
}

function run(stage) {
  const changed = service(stage);
  const plugin = new MinistackPlugin({ service: changed });
  plugin.hooks.initialize();
  plugin.hooks[TEMPLATE_HOOK]();
  return changed;
}

test('each API has the same address in every deployment to a laptop', () => {
  const { Resources } = run('local').provider.compiledCloudFormationTemplate;
  assert.deepEqual(Resources.HttpApi.Properties.Tags, { team: 'ann', 'ms-custom-id': 'ca11ab1e' });
  assert.deepEqual(Resources.SocketApi.Properties.Tags, { 'ms-custom-id': 'cab1e5e7' });
  assert.deepEqual(Resources.Table.Properties, {});
});

test('a laptop runs the zips built for itself', () => {
  const { functions, package: ofAll } = run('local');
  assert.equal(ofAll.artifact, '.build/host/kaiwa.zip');
  assert.equal(functions.MakeThumbnail.package.artifact, '.build/host/pictures.zip');
  assert.deepEqual(functions.SendMessage, {});
});

test('the stack says what was deployed', (context) => {
  process.env.KAIWA_FINGERPRINT = 'f00d';
  context.after(() => delete process.env.KAIWA_FINGERPRINT);
  assert.deepEqual(run('local').provider.stackTags, { fingerprint: 'f00d' });
});

test('every other stage is left as it is', () => {
  assert.deepEqual(run('prod'), service('prod'));
});
