import { createHash } from 'node:crypto'
import { base32 } from '../../aws/base32.ts'
import type { ManagedPolicy } from './policy.ts'

interface Known {
  /** With its path: `service-role/AWSLambdaRole`. */
  readonly name: string
  readonly description: string
  readonly version: number
  readonly createdAt: string
  readonly editedAt: string
  readonly statements: readonly object[]
}

const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']
const XRAY = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:GetSamplingStatisticSummaries',
]

/**
 * The policies of AWS that execution roles are usually given, as the AWS Managed Policy Reference Guide had them
 * in autumn 2026. Any other is unknown here, and cannot be attached: what we do not have we could not enforce.
 */
const KNOWN: readonly Known[] = [
  {
    name: 'service-role/AWSLambdaBasicExecutionRole',
    description: 'Provides write permissions to CloudWatch Logs.',
    version: 1,
    createdAt: '2015-04-09T15:03:00Z',
    editedAt: '2015-04-09T15:03:00Z',
    statements: [allow(LOGS)],
  },
  {
    name: 'service-role/AWSLambdaVPCAccessExecutionRole',
    description:
      'Provides minimum permissions for a Lambda function to execute while accessing a resource within a VPC - create, describe, delete network interfaces and write permissions to CloudWatch Logs.',
    version: 3,
    createdAt: '2016-02-11T23:15:00Z',
    editedAt: '2024-01-05T22:38:00Z',
    statements: [
      {
        Sid: 'AWSLambdaVPCAccessExecutionPermissions',
        ...allow([
          ...LOGS,
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSubnets',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ]),
      },
    ],
  },
  {
    name: 'service-role/AWSLambdaSQSQueueExecutionRole',
    description:
      'Provides receive message, delete message, and read attribute access to SQS queues, and write permissions to CloudWatch logs.',
    version: 1,
    createdAt: '2018-06-14T21:50:00Z',
    editedAt: '2018-06-14T21:50:00Z',
    statements: [allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', ...LOGS])],
  },
  {
    name: 'service-role/AWSLambdaDynamoDBExecutionRole',
    description:
      'Provides list and read access to DynamoDB streams and write permissions to CloudWatch logs.',
    version: 1,
    createdAt: '2015-04-09T15:09:00Z',
    editedAt: '2015-04-09T15:09:00Z',
    statements: [
      allow([
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
        'dynamodb:ListStreams',
        ...LOGS,
      ]),
    ],
  },
  {
    name: 'service-role/AWSLambdaKinesisExecutionRole',
    description: 'Provides list and read access to Kinesis streams and write permissions to CloudWatch logs.',
    version: 2,
    createdAt: '2015-04-09T15:14:00Z',
    editedAt: '2018-11-19T20:09:00Z',
    statements: [
      allow([
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
        'kinesis:ListStreams',
        'kinesis:SubscribeToShard',
        ...LOGS,
      ]),
    ],
  },
  {
    name: 'service-role/AWSLambdaMSKExecutionRole',
    description:
      'Provides permissions required to access MSK Cluster within a VPC, manage ENIs (create, describe, delete) in the VPC and write permissions to CloudWatch Logs.',
    version: 2,
    createdAt: '2020-08-11T17:35:00Z',
    editedAt: '2022-08-02T20:08:00Z',
    statements: [
      allow([
        'kafka:DescribeCluster',
        'kafka:DescribeClusterV2',
        'kafka:GetBootstrapBrokers',
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeVpcs',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeSubnets',
        'ec2:DescribeSecurityGroups',
        ...LOGS,
      ]),
    ],
  },
  {
    name: 'service-role/AWSLambdaBasicDurableExecutionRolePolicy',
    description:
      'Provides write permissions to CloudWatch Logs and read/write permissions to durable execution APIs used by Lambda durable functions',
    version: 1,
    createdAt: '2025-12-02T15:04:00Z',
    editedAt: '2025-12-02T15:04:00Z',
    statements: [allow([...LOGS, 'lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'])],
  },
  {
    name: 'service-role/AWSLambdaRole',
    description: 'Default policy for AWS Lambda service role.',
    version: 1,
    createdAt: '2015-02-06T18:41:00Z',
    editedAt: '2015-02-06T18:41:00Z',
    statements: [allow(['lambda:InvokeFunction'], ['*'])],
  },
  {
    name: 'AWSXrayWriteOnlyAccess',
    description: 'AWS X-Ray write only managed policy',
    version: 2,
    createdAt: '2016-12-01T18:19:00Z',
    editedAt: '2018-08-28T23:03:00Z',
    statements: [allow(XRAY, ['*'])],
  },
  {
    name: 'AWSXRayDaemonWriteAccess',
    description:
      "Allow the AWS X-Ray Daemon to relay raw trace segments data to the service's API and retrieve sampling data (rules, targets, etc.) to be used by the X-Ray SDK.",
    version: 2,
    createdAt: '2018-08-28T23:00:00Z',
    editedAt: '2024-02-13T21:58:00Z',
    statements: [{ Sid: 'AWSXRayDaemonWriteAccess', ...allow(XRAY, ['*']) }],
  },
]

const policies: readonly ManagedPolicy[] = KNOWN.map(toPolicy)
const byArn = new Map(
  policies.map((policy) => [`arn:aws:iam::aws:policy${policy.path}${policy.name}`, policy]),
)

/** Whether an ARN is of the account `aws`, known to us or not. */
export function isAwsManaged(arn: string): boolean {
  return /^arn:[^:]+:iam::aws:policy\//.test(arn)
}

export function findAwsManagedPolicy(arn: string): ManagedPolicy | undefined {
  return byArn.get(arn)
}

export function listAwsManagedPolicies(): readonly ManagedPolicy[] {
  return policies
}

function allow(actions: readonly string[], resource: string | readonly string[] = '*'): object {
  return { Effect: 'Allow', Action: actions, Resource: resource }
}

/** Only the version in force is known. The ids are ours: stable, and not those of AWS. */
function toPolicy(known: Known): ManagedPolicy {
  const slash = known.name.lastIndexOf('/')
  const document = JSON.stringify({ Version: '2012-10-17', Statement: known.statements }, undefined, 2)
  const createdAt = Date.parse(known.createdAt)
  const updatedAt = Date.parse(known.editedAt)
  return {
    accountId: 'aws',
    name: known.name.slice(slash + 1),
    id: `ANPA${base32(createHash('sha256').update(known.name).digest()).slice(0, 17)}`,
    path: `/${known.name.slice(0, slash + 1)}`,
    description: known.description,
    tags: [],
    versions: [{ number: known.version, document, createdAt: updatedAt }],
    defaultVersion: known.version,
    lastVersion: known.version,
    createdAt,
    updatedAt,
  }
}
