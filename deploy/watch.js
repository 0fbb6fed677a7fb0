'use strict';

/**
 * What watches a stack: alarms, objectives, a dashboard, access logs and ready-made queries.
 *
 * All of it is made of the finished template, so a new function, table or queue is watched without anybody thinking of
 * it. A run book for each alarm is in docs/operations.md, under the alarm's name.
 */

const NAMESPACE = 'Kaiwa';
const RUN_BOOKS = 'docs/operations.md';

// Alarms that compute, and those made of others, are not known to the local CloudFormation.
const COMPUTED = 'WatchesByComputing';
const TELLS = 'TellsOperators';
const HAS_BUDGET = 'HasBudget';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** API Gateway's variables. Neither `$context.path` with a query, nor headers, tokens or tickets are among them. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  error: '$context.error.responseType',
  integrationStatus: '$context.integrationStatus',
  integrationLatency: '$context.integrationLatency',
  sourceIp: '$context.identity.sourceIp',
};
const HTTP_ACCESS_LOG = { ...ACCESS_LOG, responseLength: '$context.responseLength' };
const SOCKET_ACCESS_LOG = {
  ...ACCESS_LOG,
  event: '$context.eventType',
  connectionId: '$context.connectionId',
  userId: '$context.authorizer.principalId',
};

/** Objectives, and how fast their budgets may burn (Google's "Site Reliability Workbook", "Alerting on SLOs"). */
const OBJECTIVES = { 'send-availability': 0.001, 'delivery-latency': 0.01 };
const BURNS = { fast: { rate: 14.4, long: HOUR, short: 5 * MINUTE }, slow: { rate: 6, long: 6 * HOUR, short: 30 * MINUTE } };

/** Everything of a type in a template, under its logical ids. */
function ofType(template, type) {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** `failed-deliveries` becomes `FailedDeliveriesAlarm`. */
function logicalId(name) {
  const words = name.split('-').map((word) => word[0].toUpperCase() + word.slice(1));
  return `${words.join('')}Alarm`;
}

function alarm(stage, name, meaning, properties) {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    ...(properties.Metrics && { Condition: COMPUTED }),
    Properties: {
      AlarmName: `kaiwa-${stage}-${name}`,
      AlarmDescription: `${meaning} Run book: ${RUN_BOOKS}#${name}`,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      ...properties,
    },
  };
}

/** Our own metric, for the whole stage. */
function own(stage, name, more = {}) {
  return {
    Namespace: NAMESPACE,
    MetricName: name,
    Dimensions: [{ Name: 'service', Value: `kaiwa-${stage}` }],
    ...more,
  };
}

/** A query of CloudWatch Metrics Insights over some functions or tables. */
function insights(statistic, namespace, metric, dimension, names, others = []) {
  const schema = [`"${namespace}"`, ...[dimension, ...others].sort()].join(', ');
  const where = names.map((name) => `${dimension} = '${name}'`).join(' OR ');
  return `SELECT ${statistic}(${metric}) FROM SCHEMA(${schema}) WHERE ${where}`;
}

function computed(expression, metrics = {}, period = 5 * MINUTE) {
  const taken = Object.entries(metrics).map(([Id, { Namespace, MetricName, Dimensions }]) => ({
    Id,
    MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: period, Stat: 'Sum' },
    ReturnData: false,
  }));
  const ofQuery = taken.length ? {} : { Period: period };
  return [{ Id: 'result', Expression: expression, ReturnData: true, ...ofQuery }, ...taken];
}

/** For how many seconds messages of a queue wait on purpose; AWS does not say from when their age counts. */
const DELAYS = { calls: 900 };

function queueAlarms(template, stage) {
  const alarms = {};
  for (const [id, { Properties }] of ofType(template, 'AWS::SQS::Queue')) {
    const dead = Properties.RedrivePolicy && Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0];
    if (!dead) continue;
    const noun = id.replace(/Queue$/, '').toLowerCase();
    const metric = (queue) => ({
      Namespace: 'AWS/SQS',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }],
      Statistic: 'Maximum',
      Period: 5 * MINUTE,
    });
    alarms[`failed-${noun}`] = alarm(stage, `failed-${noun}`, `Work of the queue ${noun} was given up.`, {
      ...metric(dead),
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Threshold: 0,
    });
    alarms[`old-${noun}`] = alarm(stage, `old-${noun}`, `Work waits in the queue ${noun} for too long.`, {
      ...metric(id),
      MetricName: 'ApproximateAgeOfOldestMessage',
      Threshold: 2 * Properties.VisibilityTimeout + (DELAYS[noun] || 0),
    });
  }
  return alarms;
}

function computingAlarms(template, stage) {
  const functions = ofType(template, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties);
  const named = functions.map((one) => one.FunctionName);
  const tables = ofType(template, 'AWS::DynamoDB::Table').map(([, { Properties }]) => Properties.TableName);
  const ofFunctions = (statistic, metric, names) => computed(insights(statistic, 'AWS/Lambda', metric, 'FunctionName', names));
  const ofTables = (metric) => computed(insights('SUM', 'AWS/DynamoDB', metric, 'TableName', tables, ['Operation']));
  const alarms = {
    'function-errors': alarm(stage, 'function-errors', 'Functions crash or run out of time.', {
      Metrics: ofFunctions('SUM', 'Errors', named),
      Threshold: 0,
    }),
    'function-throttles': alarm(stage, 'function-throttles', 'Lambda starts no more of our functions.', {
      Metrics: ofFunctions('SUM', 'Throttles', named),
      Threshold: 0,
    }),
    'table-throttles': alarm(stage, 'table-throttles', 'DynamoDB asks for patience.', {
      Metrics: ofTables('ThrottledRequests'),
      Threshold: 10,
    }),
    'table-errors': alarm(stage, 'table-errors', 'DynamoDB fails.', { Metrics: ofTables('SystemErrors'), Threshold: 10 }),
    'lost-announcements': alarm(stage, 'lost-announcements', 'Pushes were neither made nor queued.', {
      Metrics: computed('FILL(pushes, 0) + FILL(audiences, 0)', {
        pushes: own(stage, 'pushes_lost'),
        audiences: own(stage, 'audiences_lost'),
      }),
      Threshold: 0,
    }),
  };
  for (const seconds of new Set(functions.map((one) => one.Timeout))) {
    const names = functions.filter((one) => one.Timeout === seconds).map((one) => one.FunctionName);
    alarms[`slow-functions-${seconds}`] = alarm(stage, 'slow-functions', `Functions of ${seconds} s come near it.`, {
      AlarmName: `kaiwa-${stage}-slow-functions-${seconds}`,
      Metrics: ofFunctions('MAX', 'Duration', names),
      Threshold: seconds * 1000 * 0.9,
    });
  }
  return alarms;
}

function plainAlarms(template, stage, params) {
  const alarms = {};
  const add = (name, meaning, properties) => {
    alarms[name] = alarm(stage, name, meaning, { Period: 5 * MINUTE, Statistic: 'Sum', ...properties });
  };
  add('failures', 'Operations answer 5xx.', { ...own(stage, 'failures'), Threshold: 5 });
  // The canary counts a zero where all is well. So where there is one, silence is as bad as a failure.
  add('failed-canary', 'Our own user could not log in, send and receive.', {
    ...own(stage, 'canary_failed'),
    Period: 10 * MINUTE,
    Threshold: 0,
    TreatMissingData: params.canary ? 'breaching' : 'notBreaching',
  });
  add('throttled-pushes', 'API Gateway asks for patience with pushes.', { ...own(stage, 'pushes_throttled'), Threshold: 100 });
  add('failed-log-ins', 'Log-ins fail unusually often.', { ...own(stage, 'log_ins_failed'), Threshold: params.failedLogIns });
  add('failed-mails', 'SES does not take mails.', { ...own(stage, 'mails_failed'), Threshold: 0 });
  add('failed-scans', 'Files cannot be scanned.', { ...own(stage, 'scans_failed'), Threshold: 0 });
  add('delivery-lag', 'Of 100 pushes one comes later than 5 s.', {
    ...own(stage, 'delivery_lag'),
    Statistic: undefined,
    ExtendedStatistic: 'p99',
    EvaluationPeriods: 3,
    Threshold: 5000,
  });
  // What an audit finds stands for the week until the next one. It counts a zero where nothing failed; seven days without
  // one are as bad as an audit that failed.
  const weekly = { Statistic: 'Maximum', Period: DAY, EvaluationPeriods: 7, DatapointsToAlarm: 1, Threshold: 0 };
  add('vulnerabilities', 'What is deployed is known to be vulnerable.', { ...own(stage, 'vulnerabilities'), ...weekly });
  add('ending-runtimes', 'AWS stops soon to patch what runs our functions.', { ...own(stage, 'runtimes_ending'), ...weekly });
  add('missed-audit', 'There was no whole audit for a week.', {
    ...own(stage, 'audits_failed'),
    ...weekly,
    Statistic: 'Minimum',
    DatapointsToAlarm: 7,
    TreatMissingData: params.maintenance ? 'breaching' : 'notBreaching',
  });
  const apis = {
    http: { id: 'HttpApi', stage: '$default', errors: ['5xx'] },
    socket: { id: 'WebsocketsApi', stage, errors: ['IntegrationError', 'ExecutionError'] },
  };
  for (const [kind, api] of Object.entries(apis)) {
    const of = (MetricName) => ({
      Namespace: 'AWS/ApiGateway',
      MetricName,
      Dimensions: [
        { Name: 'ApiId', Value: { Ref: api.id } },
        { Name: 'Stage', Value: api.stage },
      ],
    });
    for (const error of api.errors) {
      const name = kind === 'http' ? 'http-errors' : `socket-${error.replace('Error', '').toLowerCase()}-errors`;
      add(name, `API Gateway fails to answer (${kind}).`, { ...of(error), Threshold: 5 });
    }
    add(`${kind}-latency`, `Of 100 answers one takes longer than 3 s (${kind}).`, {
      ...of('IntegrationLatency'),
      Statistic: undefined,
      ExtendedStatistic: 'p99',
      EvaluationPeriods: 3,
      Threshold: 3000,
    });
  }
  return alarms;
}

/** Bad events, all events: a share of them says how much of an objective's budget is used up. */
function shareOfBad(stage, objective, period) {
  if (objective === 'send-availability') {
    const failures = own(stage, 'failures');
    failures.Dimensions = [...failures.Dimensions, { Name: 'operation', Value: 'sendMessage' }];
    const errors = {
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: `kaiwa-${stage}-SendMessage` }],
    };
    const bad = '(FILL(failures, 0) + FILL(errors, 0))';
    const metrics = { failures, errors, sent: own(stage, 'messages_sent') };
    return computed(`${bad} / (${bad} + FILL(sent, 0))`, metrics, period);
  }
  const metrics = { late: own(stage, 'pushes_late'), delivered: own(stage, 'pushes_delivered') };
  return computed('FILL(late, 0) / delivered', metrics, period);
}

/** An objective's alarm rings when the budget burns too fast for long, and still does. */
function objectiveAlarms(stage) {
  const alarms = {};
  for (const [objective, budget] of Object.entries(OBJECTIVES)) {
    for (const [speed, { rate, ...windows }] of Object.entries(BURNS)) {
      const name = `${objective}-${speed}-burn`;
      for (const [window, seconds] of Object.entries(windows)) {
        const part = `${name}-${window}`;
        alarms[part] = alarm(stage, name, `One of two windows of ${name}.`, {
          AlarmName: `kaiwa-${stage}-${part}`,
          Metrics: shareOfBad(stage, objective, seconds),
          Threshold: rate * budget,
        });
      }
      const parts = Object.keys(windows).map((window) => ({ Ref: logicalId(`${name}-${window}`) }));
      alarms[name] = {
        Type: 'AWS::CloudWatch::CompositeAlarm',
        Condition: COMPUTED,
        Properties: {
          AlarmName: `kaiwa-${stage}-${name}`,
          AlarmDescription: `The objective ${objective} is missed soon. Run book: ${RUN_BOOKS}#${name}`,
          AlarmRule: { 'Fn::Join': ['', ['ALARM("', parts[0], '") AND ALARM("', parts[1], '")']] },
        },
      };
    }
  }
  return alarms;
}

/** Every alarm of a template: under its logical id, as it would be without anybody to tell. */
function alarms(template, stage, params) {
  const all = {
    ...queueAlarms(template, stage),
    ...computingAlarms(template, stage),
    ...plainAlarms(template, stage, params),
    ...objectiveAlarms(stage),
  };
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [logicalId(name), one]));
}

/** Tell somebody of every alarm, but of those of which another one is made. */
function tell(template) {
  const composites = ofType(template, 'AWS::CloudWatch::CompositeAlarm');
  const parts = new Set(composites.flatMap(([, { Properties }]) => JSON.stringify(Properties.AlarmRule).match(/\w+Alarm(?=")/g)));
  const everything = [...ofType(template, 'AWS::CloudWatch::Alarm'), ...composites];
  for (const [id, { Properties }] of everything) {
    if (!parts.has(id)) Properties.AlarmActions = [{ 'Fn::If': [TELLS, { Ref: 'AlarmsTopic' }, { Ref: 'AWS::NoValue' }] }];
  }
}

/** Whom alarms are told. The key is ours because CloudWatch may not use the one that AWS manages for SNS. */
function telling(stage, params) {
  const services = { Service: ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com'] };
  const owner = { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' } };
  const own = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
  const policy = (...statements) => ({ Version: '2012-10-17', Statement: statements });
  const allow = (principal, action, resource, more) => ({ Effect: 'Allow', Principal: principal, Action: action, Resource: resource, ...more });
  const only = (resource) => ({ Condition: TELLS, ...resource });
  return {
    AlarmsKey: only({
      Type: 'AWS::KMS::Key',
      Properties: {
        Description: `Encrypts what alarms of kaiwa-${stage} say`,
        EnableKeyRotation: true,
        KeyPolicy: policy(
          // In a key's policy the resource "*" is the key itself.
          allow(owner, 'kms:*', '*'),
          allow(services, ['kms:Decrypt', 'kms:GenerateDataKey'], '*', { Condition: own }),
        ),
      },
    }),
    AlarmsTopic: only({
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: `kaiwa-${stage}-alarms`, KmsMasterKeyId: { Ref: 'AlarmsKey' } },
    }),
    AlarmsTopicPolicy: only({
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [{ Ref: 'AlarmsTopic' }],
        PolicyDocument: policy(allow(services, 'sns:Publish', { Ref: 'AlarmsTopic' }, { Condition: own })),
      },
    }),
    AlarmsSubscription: only({
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'AlarmsTopic' }, Protocol: 'email', Endpoint: params.alarmMail },
    }),
    Budget: {
      Type: 'AWS::Budgets::Budget',
      Condition: HAS_BUDGET,
      Properties: {
        Budget: {
          BudgetName: `kaiwa-${stage}`,
          BudgetType: 'COST',
          TimeUnit: 'MONTHLY',
          BudgetLimit: { Amount: params.monthlyBudget, Unit: 'USD' },
          CostFilters: { TagKeyValue: [`user:service$kaiwa`] },
        },
        NotificationsWithSubscribers: ['ACTUAL', 'FORECASTED'].map((NotificationType) => ({
          Notification: { NotificationType, ComparisonOperator: 'GREATER_THAN', Threshold: 100, ThresholdType: 'PERCENTAGE' },
          Subscribers: [{ SubscriptionType: 'SNS', Address: { Ref: 'AlarmsTopic' } }],
        })),
      },
    },
  };
}

/** The logs of both APIs, and what lets API Gateway write those of the sockets. */
function accessLogs(template, stage, params) {
  const group = (kind) => ({
    Type: 'AWS::Logs::LogGroup',
    Properties: { LogGroupName: `/kaiwa/${stage}/${kind}-access`, RetentionInDays: Number(params.logDays) },
  });
  const settings = (id, format) => ({ DestinationArn: { 'Fn::GetAtt': [id, 'Arn'] }, Format: JSON.stringify(format) });
  template.Resources.HttpApiStage.Properties.AccessLogSettings = settings('HttpAccessLog', HTTP_ACCESS_LOG);
  const socketStage = template.Resources.WebsocketsDeploymentStage;
  socketStage.Properties.AccessLogSettings = settings('SocketAccessLog', SOCKET_ACCESS_LOG);
  socketStage.DependsOn = [].concat(socketStage.DependsOn || [], 'GatewayAccount');
  return {
    HttpAccessLog: group('http'),
    SocketAccessLog: group('socket'),
    // One for the account and region: every stack that sets it lets API Gateway do the same.
    GatewayLogsRole: {
      Type: 'AWS::IAM::Role',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: 'apigateway.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        },
        ManagedPolicyArns: [{ 'Fn::Sub': 'arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs' }],
      },
    },
    GatewayAccount: {
      Type: 'AWS::ApiGateway::Account',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { CloudWatchRoleArn: { 'Fn::GetAtt': ['GatewayLogsRole', 'Arn'] } },
    },
  };
}

/** Questions to CloudWatch Logs Insights, over the logs of every function; the last ones over the access logs. */
const QUERIES = {
  'errors by operation': 'filter status >= 500 | stats count(*) as answers by operation, code | sort answers desc',
  'slowest operations': 'filter message = "operation" | stats pct(milliseconds, 99) as p99, pct(milliseconds, 50) as p50, count(*) as calls by operation | sort p99 desc',
  'path of one request': 'filter correlation_id = "PUT THE ID HERE" | fields @timestamp, @log, message, operation, status, milliseconds | sort @timestamp asc',
  'pushes that failed': 'filter ispresent(pushes_gone) or ispresent(pushes_throttled) or ispresent(pushes_failed) | fields @timestamp, correlation_id, pushes_delivered.0, pushes_gone.0, pushes_throttled.0, pushes_failed.0 | sort @timestamp desc',
  'log-ins that failed': 'filter operation = "logIn" and status >= 400 | stats count(*) as answers by bin(5m), code',
  'what was not foreseen': 'filter message = "unforeseen" | stats count(*) as times by error, aws, where | sort times desc',
  'cold starts': 'filter ispresent(@initDuration) | stats count(*) as starts, pct(@initDuration, 99) as p99 by @log',
};
const ACCESS_QUERIES = {
  'routes by status': 'stats count(*) as requests, pct(integrationLatency, 99) as p99 by route, status | sort requests desc',
};

function queries(template, stage) {
  const functions = ofType(template, 'AWS::Lambda::Function').map(([, { Properties }]) => `/aws/lambda/${Properties.FunctionName}`);
  const access = [`/kaiwa/${stage}/http-access`, `/kaiwa/${stage}/socket-access`];
  const made = (asked, groups) =>
    Object.entries(asked).map(([name, QueryString]) => [
      `${logicalId(name.replaceAll(' ', '-')).replace(/Alarm$/, '')}Query`,
      {
        Type: 'AWS::Logs::QueryDefinition',
        Condition: COMPUTED,
        DependsOn: groups === access ? ['HttpAccessLog', 'SocketAccessLog'] : [],
        Properties: { Name: `kaiwa/${stage}/${name}`, LogGroupNames: groups, QueryString },
      },
    ]);
  return Object.fromEntries([...made(QUERIES, functions), ...made(ACCESS_QUERIES, access)]);
}

/** One dashboard: how people fare first, then what they stand on. */
function dashboard(template, stage) {
  const functions = ofType(template, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties.FunctionName);
  const tables = ofType(template, 'AWS::DynamoDB::Table').map(([, { Properties }]) => Properties.TableName);
  const queues = ofType(template, 'AWS::SQS::Queue').map(([, { Properties }]) => Properties.QueueName);
  const service = `kaiwa-${stage}`;
  const ours = (names, stat = 'Sum') => names.map((name) => [NAMESPACE, name, 'service', service, { stat }]);
  const each = (namespace, metric, dimension, names, stat) => names.map((name) => [namespace, metric, dimension, name, { stat }]);
  const lag = ['p50', 'p99'].map((stat) => [NAMESPACE, 'delivery_lag', 'service', service, { stat, label: stat }]);
  const api = (metric, id, stageName, stat) => ['AWS/ApiGateway', metric, 'ApiId', `\${${id}}`, 'Stage', stageName, { stat }];
  const widgets = [
    ['Messages and pushes', ours(['messages_sent', 'pushes_delivered', 'pushes_gone', 'pushes_throttled', 'pushes_failed', 'pushes_queued', 'pushes_lost'])],
    ['From accepted to posted, ms', lag],
    ['Sockets', ours(['connects', 'disconnects', 'tickets_refused'])],
    ['Log-ins and mails', ours(['log_ins', 'log_ins_failed', 'mails_failed', 'canary_failed'])],
    ['Calls and files', ours(['calls_started', 'calls_answered', 'calls_ended', 'files_uploaded', 'bytes_uploaded'])],
    ['Calls by how they ended', [[{ expression: `SEARCH('{${NAMESPACE},reason,service} MetricName="calls_ended" service="${service}"', 'Sum')`, id: 'reasons' }]]],
    ['Weekly audit', ours(['vulnerabilities', 'runtimes_ending', 'libraries_outdated', 'audits_failed'], 'Maximum')],
    ['Answers of 5xx', [...ours(['failures']), api('5xx', 'HttpApi', '$default', 'Sum'), api('IntegrationError', 'WebsocketsApi', stage, 'Sum')]],
    ['Latency of API Gateway, p99, ms', [api('IntegrationLatency', 'HttpApi', '$default', 'p99'), api('IntegrationLatency', 'WebsocketsApi', stage, 'p99')]],
    ['Functions: errors', each('AWS/Lambda', 'Errors', 'FunctionName', functions, 'Sum')],
    ['Functions: duration, p99, ms', each('AWS/Lambda', 'Duration', 'FunctionName', functions, 'p99')],
    ['Functions: at the same time', each('AWS/Lambda', 'ConcurrentExecutions', 'FunctionName', functions, 'Maximum')],
    ['Tables: write units', each('AWS/DynamoDB', 'ConsumedWriteCapacityUnits', 'TableName', tables, 'Sum')],
    ['Tables: read units', each('AWS/DynamoDB', 'ConsumedReadCapacityUnits', 'TableName', tables, 'Sum')],
    ['Queues: age of the oldest, s', each('AWS/SQS', 'ApproximateAgeOfOldestMessage', 'QueueName', queues, 'Maximum')],
  ].map(([title, metrics], index) => ({
    type: 'metric',
    width: 12,
    height: 6,
    x: (index % 2) * 12,
    y: Math.floor(index / 2) * 6,
    properties: { title, metrics, period: 300, region: '${AWS::Region}', view: 'timeSeries' },
  }));
  // `$default` is API Gateway's name and none of CloudFormation's; only `${` is special to Fn::Sub.
  return {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: { DashboardName: service, DashboardBody: { 'Fn::Sub': JSON.stringify({ widgets }) } },
    },
  };
}

/** Add all of it to a finished template. */
function watch(template, stage, params) {
  const isLocal = { 'Fn::Equals': [stage, 'local'] };
  const hasMail = { 'Fn::Not': [{ 'Fn::Equals': [params.alarmMail, ''] }] };
  template.Conditions = {
    ...template.Conditions,
    [COMPUTED]: { 'Fn::Not': [isLocal] },
    [TELLS]: hasMail,
    [HAS_BUDGET]: { 'Fn::And': [{ Condition: TELLS }, { 'Fn::Not': [{ 'Fn::Equals': [params.monthlyBudget, 0] }] }] },
  };
  Object.assign(
    template.Resources,
    alarms(template, stage, params),
    telling(stage, params),
    accessLogs(template, stage, params),
    queries(template, stage),
    dashboard(template, stage),
  );
  tell(template);
}

module.exports = { watch };
