'use strict';

const { protect } = require('./backups');
const { throttle } = require('./throttles');
const { watch } = require('./watch');

/**
 * Names the folder of the zip after the time in SOURCE_DATE_EPOCH (seconds since 1970; reproducible-builds.org), where
 * there is one, rather than after the present one: then the same sources give the same template.
 */
function dateArtifacts({ service }) {
  const { SOURCE_DATE_EPOCH: seconds } = process.env;
  if (!seconds) return;
  const date = new Date(Number(seconds) * 1000);
  const folder = `serverless/${service.service}/${service.provider.stage}`;
  service.package.artifactDirectoryName = `${folder}/${date.getTime()}-${date.toISOString()}`;
}

/** Adds to the finished template what is made of it, when every function, route, table and queue is known. */
class FinishPlugin {
  constructor(serverless) {
    this.hooks = {
      initialize: () => dateArtifacts(serverless),
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { provider, custom } = serverless.service;
        const { compiledCloudFormationTemplate: template, stage } = provider;
        throttle(template, custom.throttles);
        protect(template, stage, custom.backups);
        watch(template, stage, custom.watch);
      },
    };
  }
}

module.exports = FinishPlugin;
