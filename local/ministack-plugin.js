'use strict';

/**
 * What the stage `local` needs beyond the template AWS gets. Every other stage passes through untouched, and nothing is
 * dropped: what MiniStack's CloudFormation does not know is taught to it in ministack_server.py.
 */

// MiniStack takes an API's id from this tag (8 hex digits), so the addresses are the same in every deployment.
const ID_TAG = 'ms-custom-id';
const API_IDS = { HTTP: 'ca11ab1e', WEBSOCKET: 'cab1e5e7' };

// Functions run on this machine's own Python, so they need libraries built for it rather than for arm64 Lambda.
const onHost = (artifact) => artifact.replace(/^\.build\//, '.build/host/');

/** Give each API of a template the id its protocol always has on a laptop. */
function fixApiIds(template) {
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type !== 'AWS::ApiGatewayV2::Api') continue;
    Properties.Tags = { ...Properties.Tags, [ID_TAG]: API_IDS[Properties.ProtocolType] };
  }
}

class MinistackPlugin {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      initialize: () => this.ifLocal(() => this.useHostArtifacts()),
      'after:aws:package:finalize:mergeCustomProviderResources': () => this.ifLocal(() => this.fixTemplate()),
    };
  }

  ifLocal(change) {
    if (this.serverless.service.provider.stage === 'local') change();
  }

  useHostArtifacts() {
    const { service } = this.serverless;
    const packages = [service, ...Object.values(service.functions)].map((one) => one.package);
    for (const one of packages.filter(Boolean)) if (one.artifact) one.artifact = onHost(one.artifact);
    // The stack itself says what was deployed, so that an unchanged project needs no second deployment.
    const { KAIWA_FINGERPRINT: fingerprint } = process.env;
    if (fingerprint) service.provider.stackTags = { ...service.provider.stackTags, fingerprint };
  }

  fixTemplate() {
    fixApiIds(this.serverless.service.provider.compiledCloudFormationTemplate);
  }
}

module.exports = MinistackPlugin;
module.exports.fixApiIds = fixApiIds;
