"""What botocore makes of the gateway: calls each protocol once and says on stdout, as JSON, what came back."""
import datetime
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]


def client(name):
    return boto3.client(
        name,
        endpoint_url=ENDPOINT,
        region_name='eu-west-1',
        aws_access_key_id='123456789012',
        aws_secret_access_key='secret',
        config=Config(retries={'max_attempts': 0}, s3={'addressing_style': 'path'}, inject_host_prefix=False),
    )


def refusal(call):
    try:
        call()
    except ClientError as error:
        response = error.response
        return [response['Error']['Code'], response['Error']['Message'], response['ResponseMetadata']['HTTPStatusCode']]
    return 'no error'


awslambda, s3, dynamodb = client('lambda'), client('s3'), client('dynamodb')
invoked = awslambda.invoke(FunctionName='f', Payload=b'{"a":"\xc3\xa9"}')
streamed = awslambda.invoke_with_response_stream(FunctionName='f')['EventStream']
s3.put_object(Bucket='bucket', Key='a b/é+', Body=b'x' * 300000)
item = {'k': {'S': 'é'}, 'b': {'B': b'\x00\xff'}}
dynamodb.put_item(TableName='table', Item=item)
epoch = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
client('cloudwatch').put_metric_data(
    Namespace='N', MetricData=[{'MetricName': 'm', 'Value': 1.5, 'Timestamp': epoch}] * 300
)

print(json.dumps({
    'lambda': [invoked['StatusCode'], invoked['Payload'].read().decode()],
    'stream': [event['PayloadChunk']['Payload'].decode() for event in streamed],
    'lambda refusal': refusal(lambda: awslambda.get_function(FunctionName='missing')),
    'lambda 501': refusal(lambda: awslambda.list_layers()),
    'lambda too large': refusal(lambda: awslambda.invoke(FunctionName='f', Payload=b' ' * 6291457)),
    's3': len(s3.get_object(Bucket='bucket', Key='a b/é+')['Body'].read()),
    's3 refusal': refusal(lambda: s3.get_object(Bucket='bucket', Key='missing')),
    's3 head': refusal(lambda: s3.head_object(Bucket='bucket', Key='missing')),
    'dynamodb': dynamodb.get_item(TableName='table', Key={'k': {'S': 'é'}})['Item'] == item,
    'kinesis': client('kinesis').put_record(StreamName='s', PartitionKey='p', Data=b'data')['ShardId'],
    'sqs': client('sqs').send_message(QueueUrl=ENDPOINT + '/1/q', MessageBody='hé')['MessageId'],
    'sqs refusal': refusal(lambda: client('sqs').get_queue_url(QueueName='missing')),
    'sns': client('sns').publish(TopicArn='t', Message='a+b&é')['MessageId'],
    'iam': client('iam').create_role(RoleName='r', AssumeRolePolicyDocument='{}')['Role']['CreateDate'].isoformat(),
    'iam refusal': refusal(lambda: client('iam').get_role(RoleName='missing')),
    'sts': client('sts').get_caller_identity()['Account'],
    'logs': client('logs').get_log_events(logGroupName='g', logStreamName='s')['events'],
    'logs refusal': refusal(lambda: client('logs').create_log_group(logGroupName='a b')),
}))
