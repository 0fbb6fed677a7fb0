'use strict';

const { watch } = require('./watch');

/** Adds what watches the stack to the finished template, when every function, table and queue is known. */
class WatchPlugin {
  constructor(serverless) {
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { provider, custom } = serverless.service;
        watch(provider.compiledCloudFormationTemplate, provider.stage, custom.watch);
      },
    };
  }
}

module.exports = WatchPlugin;
