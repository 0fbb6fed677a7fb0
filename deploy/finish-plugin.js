'use strict';

const { protect } = require('./backups');
const { bound } = require('./boundary');
const { narrowCallers } = require('./callers');
const { prepare, rollOut } = require('./rollout');
const { throttle } = require('./throttles');
const { watch } = require('./watch');
const { openToPage } = require('./web');

/**
 * Names the folder of the zip after the time in SOURCE_DATE_EPOCH (seconds since 1970; reproducible-builds.org), where
 * there is one, rather than after the present one: then the same sources give the same template.
 */
function dateArtifacts(service) {
  const { SOURCE_DATE_EPOCH: seconds } = process.env;
  if (!seconds) return;
  const date = new Date(Number(seconds) * 1000);
  const folder = `serverless/${service.service}/${service.provider.stage}`;
  service.package.artifactDirectoryName = `${folder}/${date.getTime()}-${date.toISOString()}`;
}

/** Have CloudFormation act by a role of its own, where DEPLOYMENT_ROLE names one, rather than by whoever deploys. */
function nameDeployer({ provider }) {
  const { DEPLOYMENT_ROLE: role } = process.env;
  if (role) provider.iam = { ...provider.iam, deploymentRole: role };
}

const inOrder = (part) => Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));

/** Adds to the finished template what is made of it, when every function, route, table and queue is known. */
class FinishPlugin {
  constructor(serverless) {
    this.hooks = {
      initialize: () => {
        const { service } = serverless;
        dateArtifacts(service);
        nameDeployer(service);
        prepare(service, service.custom.rollout);
      },
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { service } = serverless;
        const { provider, custom } = service;
        const { compiledCloudFormationTemplate: template, stage } = provider;
        openToPage(template, custom.web);
        narrowCallers(template);
        throttle(template, custom.throttles);
        protect(template, stage, custom.backups);
        watch(template, stage, custom.watch);
        rollOut(template, service, custom.rollout);
        bound(template, custom.roles);
        // osls compiles several things at the same time, so their order is an accident.
        for (const part of ['Resources', 'Outputs']) template[part] = inOrder(template[part]);
      },
    };
  }
}

module.exports = FinishPlugin;
