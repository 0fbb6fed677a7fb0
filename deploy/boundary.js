'use strict';

/**
 * Give every role of a finished template a permissions boundary, where the stage names one (deploy/github.yml makes it):
 * whoever may deploy cannot give a role more than that, whatever the template says.
 */
function bound(template, { boundary }) {
  if (!boundary) return;
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === 'AWS::IAM::Role') Properties.PermissionsBoundary = boundary;
  }
}

module.exports = { bound };
