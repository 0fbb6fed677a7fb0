'use strict';

/**
 * What outlives a mistake: tables that hold more than minutes cannot be deleted, and are backed up where the stage says so.
 *
 * Point-in-time recovery (35 days) is in resources/tables.yml. Backups are a second copy, in a vault that whoever may
 * delete the tables may not open.
 */

// From resources/user_pool.yml.
const FOR_TRYING = 'IsForTrying';
const BACKS_UP = 'BacksUp';
const DAYS = 35;

/** The tables whose items are kept: those that outlive the stack. */
function kept(template) {
  return Object.entries(template.Resources).filter(
    ([, { Type, DeletionPolicy }]) => Type === 'AWS::DynamoDB::Table' && DeletionPolicy !== 'Delete',
  );
}

function plan(stage, tables) {
  const only = (resource) => ({ Condition: BACKS_UP, ...resource });
  return {
    BackupVault: only({
      Type: 'AWS::Backup::BackupVault',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BackupVaultName: `kaiwa-${stage}`,
        // Nobody shortens what a backup was made to last, neither by accident nor with stolen credentials.
        LockConfiguration: { MinRetentionDays: DAYS },
      },
    }),
    BackupPlan: only({
      Type: 'AWS::Backup::BackupPlan',
      Properties: {
        BackupPlan: {
          BackupPlanName: `kaiwa-${stage}`,
          BackupPlanRule: [
            {
              RuleName: 'daily',
              TargetBackupVault: { Ref: 'BackupVault' },
              ScheduleExpression: 'cron(0 3 * * ? *)',
              Lifecycle: { DeleteAfterDays: DAYS },
            },
          ],
        },
      },
    }),
    BackupRole: only({
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: 'backup.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        },
        ManagedPolicyArns: [
          { 'Fn::Sub': 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup' },
        ],
      },
    }),
    BackupSelection: only({
      Type: 'AWS::Backup::BackupSelection',
      Properties: {
        BackupPlanId: { Ref: 'BackupPlan' },
        BackupSelection: {
          SelectionName: 'tables',
          IamRoleArn: { 'Fn::GetAtt': ['BackupRole', 'Arn'] },
          Resources: tables.map(([id]) => ({ 'Fn::GetAtt': [id, 'Arn'] })),
        },
      },
    }),
  };
}

/** Protect the tables of a finished template, and back them up where the stage says so. */
function protect(template, stage, params) {
  template.Conditions = { ...template.Conditions, [BACKS_UP]: { 'Fn::Equals': [String(params.daily), 'true'] } };
  const tables = kept(template);
  for (const [, { Properties }] of tables) Properties.DeletionProtectionEnabled = { 'Fn::If': [FOR_TRYING, false, true] };
  Object.assign(template.Resources, plan(stage, tables));
}

module.exports = { protect };
