"""What the largest upload takes of a function's memory, in an interpreter of its own."""

import os
import subprocess
import sys

from tests import template

MOST_MEGABYTES = 128

PROGRAM = """
import base64, json
from core import aws

def answer(_method, service, operation, _url, body, _headers, _patience_seconds=None):
    told = {}
    if operation == "GetItem":
        told = {"Item": {"userId": {"S": "u"}, "username": {"S": "u"}}}
    if operation == "TransactWriteItems":
        stored.update(*(write["Put"]["Item"] for write in json.loads(body)["TransactItems"] if "Put" in write))
    if operation == "UpdateItem":
        told = {"Attributes": stored}
    taken.append(len(body))
    return aws.Answer(200, json.dumps(told).encode())

taken, stored = [], {}
aws.exchange = answer
from handlers.upload_file import handler

event = json.load(open("tests/integration/events/http.json"))
event["routeKey"] = event["requestContext"]["routeKey"] = "POST /files"
event["body"], event["isBase64Encoded"] = base64.b64encode(bytes(4 * 1024**2)).decode(), True
del event["pathParameters"]
event["headers"]["content-type"] = "application/octet-stream"
arrived = json.dumps(event).encode()
del event
answered = handler(json.loads(arrived), None)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
megabytes = int(peak.split()[1]) // 1024
print(answered["statusCode"], max(taken, default=0), megabytes)
"""


def test_an_upload_of_4_mib_needs_less_than_128_mb() -> None:
    program = [sys.executable, "-c", PROGRAM]
    environment = {**os.environ, "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
    done = subprocess.run(program, cwd=template.ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    status, sent, megabytes = map(int, done.stdout.split()[-3:])
    assert (status, sent) == (201, 4 * 1024**2)
    assert megabytes < MOST_MEGABYTES
