"""The README's flow by boto3: makes a function, invokes it, updates it, prints its log. Argument: endpoint."""

import io
import json
import sys
import time
import zipfile

import boto3

APP = """import json
print("module loaded")
def lambda_handler(event, context):
    print(f"greeting {event['name']}")
    return {"statusCode": 200, "body": json.dumps({"message": f"%s, {event['name']}!"})}
"""


def package(greeting):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", APP % greeting)
    return buffer.getvalue()


def invoke(client):
    answer = client.invoke(FunctionName="hello", Payload=json.dumps({"name": "Tushar"}))
    assert answer["StatusCode"] == 200 and "FunctionError" not in answer, answer
    return json.loads(json.loads(answer["Payload"].read())["body"])["message"]


def main(endpoint):
    client = boto3.client("lambda", endpoint_url=endpoint)
    client.create_function(
        FunctionName="hello",
        Runtime="python3.12",
        Handler="app.lambda_handler",
        Timeout=10,
        MemorySize=256,
        Role="arn:aws:iam::123456789012:role/lambda-exec-role",
        Code={"ZipFile": package("Hello")},
    )
    waiting = {"Delay": 1, "MaxAttempts": 10}
    client.get_waiter("function_active_v2").wait(FunctionName="hello", WaiterConfig=waiting)
    assert invoke(client) == "Hello, Tushar!"

    client.update_function_code(FunctionName="hello", ZipFile=package("Goodbye"))
    client.get_waiter("function_updated_v2").wait(FunctionName="hello", WaiterConfig=waiting)
    assert invoke(client) == "Goodbye, Tushar!"

    logs = boto3.client("logs", endpoint_url=endpoint)
    since = int((time.time() - 600) * 1000)
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/hello", startTime=since)
    for page in pages:
        for event in page["events"]:
            print(event["message"].rstrip("\n"))


main(sys.argv[1])
