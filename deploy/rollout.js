'use strict';

/**
 * How new code comes to a stage that people use: some functions go ahead, the pilots. CodeDeploy leads their calls to the
 * new version step by step, and back to the old one when an alarm rings; then the deployment has failed and CloudFormation
 * takes it back. All other functions wait until the pilots have arrived (docs/decisions/0057).
 *
 * SnapStart needs published versions too, so it is here.
 */

const AT_ONCE = 'none';
const ALIAS = 'live';

/**
 * What rings when a version is bad, under the alarms' logical ids (deploy/watch.js). None is a composite one: CodeDeploy looks
 * them up as metric alarms.
 */
const ALARMS = [
  'FailuresAlarm',
  'FunctionErrorsAlarm',
  'HttpErrorsAlarm',
  'SocketIntegrationErrorsAlarm',
  'SendAvailabilityFastBurnShortAlarm',
  'FailedCanaryAlarm',
];

const listed = (text) => text.split(',').map((one) => one.trim()).filter(Boolean);

function find(service, name) {
  const found = service.functions[name];
  if (!found) throw new Error(`There is no function ${name} to roll out.`);
  return found;
}

/** Before osls compiles: have it publish versions, and lead every route, permission and queue to an alias of them. */
function prepare(service, params) {
  for (const name of listed(params.snapStart)) find(service, name).snapStart = true;
  if (params.mode === AT_ONCE) return;
  for (const name of params.pilots) {
    const pilot = find(service, name);
    pilot.versionFunction = true;
    // osls sets another one for SnapStart, and makes it.
    pilot.targetAlias = { name: ALIAS, logicalId: `${name}LiveAlias` };
  }
}

/** The logical ids that a part of a template names. */
function named(part) {
  const found = new Set();
  const visit = (value, key) => {
    if (key === 'Ref' || key === 'DependsOn') [].concat(value).forEach((id) => found.add(id));
    else if (key === 'Fn::GetAtt') found.add(Array.isArray(value) ? value[0] : value.split('.')[0]);
    else if (key === 'Fn::Sub') for (const [, id] of JSON.stringify(value).matchAll(/\$\{(\w+)[.}]/g)) found.add(id);
    if (value && typeof value === 'object') Object.entries(value).forEach(([name, inner]) => visit(inner, name));
  };
  visit(part, '');
  return found;
}

/** Everything that some resources need to be there, directly or not. */
function neededBy(template, ids) {
  const needed = new Set();
  const pending = [...ids];
  while (pending.length) {
    const id = pending.pop();
    if (needed.has(id) || !template.Resources[id]) continue;
    needed.add(id);
    pending.push(...named(template.Resources[id]));
  }
  return needed;
}

function group(mode, alarms) {
  return {
    Type: 'AWS::CodeDeploy::DeploymentGroup',
    Properties: {
      ApplicationName: { Ref: 'Rollout' },
      ServiceRoleArn: { 'Fn::GetAtt': ['RolloutRole', 'Arn'] },
      DeploymentConfigName: `CodeDeployDefault.${mode}`,
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      AlarmConfiguration: { Enabled: true, Alarms: alarms },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    },
  };
}

const APPLICATION = {
  Rollout: { Type: 'AWS::CodeDeploy::Application', Properties: { ComputePlatform: 'Lambda' } },
  RolloutRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'codedeploy.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      ManagedPolicyArns: [
        { 'Fn::Sub': 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited' },
      ],
    },
  },
};

// A role waits with its function: while that is still the old one, it needs what it needed before.
const WAITING = new Set(['AWS::Lambda::Function', 'AWS::IAM::Role']);

/** In the finished template: give the pilots' aliases to CodeDeploy, and have all other functions wait for them. */
function rollOut(template, service, params) {
  if (params.mode === AT_ONCE) return;
  // A canary that does not sing would say that nothing works.
  const alarms = ALARMS.filter((id) => params.canary || id !== 'FailedCanaryAlarm').map((id) => {
    const { Condition } = template.Resources[id];
    const alarm = { Name: { Ref: id } };
    return Condition ? { 'Fn::If': [Condition, alarm, { Ref: 'AWS::NoValue' }] } : alarm;
  });
  Object.assign(template.Resources, APPLICATION);
  const aliases = params.pilots.map((name) => {
    const { targetAlias, versionLogicalId } = service.functions[name];
    template.Resources[targetAlias.logicalId] = {
      Type: 'AWS::Lambda::Alias',
      Properties: {
        FunctionName: { Ref: `${name}LambdaFunction` },
        FunctionVersion: { 'Fn::GetAtt': [versionLogicalId, 'Version'] },
        Name: targetAlias.name,
      },
      UpdatePolicy: {
        CodeDeployLambdaAliasUpdate: { ApplicationName: { Ref: 'Rollout' }, DeploymentGroupName: { Ref: `${name}Rollout` } },
      },
    };
    template.Resources[`${name}Rollout`] = group(params.mode, alarms);
    return targetAlias.logicalId;
  });
  const ahead = neededBy(template, aliases);
  for (const [id, resource] of Object.entries(template.Resources)) {
    if (WAITING.has(resource.Type) && !ahead.has(id)) {
      resource.DependsOn = [].concat(resource.DependsOn || [], aliases);
    }
  }
}

module.exports = { prepare, rollOut };
