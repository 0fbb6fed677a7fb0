'use strict';

/**
 * Expands permissions.yml to one IAM role for each function: what the file says it may do, and what every function must
 * do to run and to be seen (write its own log, report its trace).
 */
const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

function role(functionName, statements, stage) {
  const log = `log-group:/aws/lambda/kaiwa-${stage}-${functionName}`;
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: TRUST,
      Policies: [
        {
          PolicyName: functionName,
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
                Resource: { 'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:${log}:*` },
              },
              // X-Ray has no resources to narrow these to.
              { Effect: 'Allow', Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: '*' },
              ...statements.map((statement) => ({ Effect: 'Allow', ...statement })),
            ],
          },
        },
      ],
    },
  };
}

module.exports = async ({ resolveVariable }) => {
  const permissions = await resolveVariable('file(resources/permissions.yml)');
  const stage = await resolveVariable('sls:stage');
  const roles = Object.entries(permissions).map(([name, statements]) => [`${name}Role`, role(name, statements, stage)]);
  return { Resources: Object.fromEntries(roles) };
};
