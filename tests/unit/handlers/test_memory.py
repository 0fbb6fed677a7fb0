"""What the largest upload and the largest picture take of a function's memory, in an interpreter of their own."""

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from domain.pictures import MOST_PIXELS
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


OF_PICTURES = """
import sys
from domain import pictures
content = open(sys.argv[1], "rb").read()
assert pictures.read(content)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(int(peak.split()[1]) // 1024)
"""


def test_an_upload_of_4_mib_needs_less_than_128_mb() -> None:
    program = [sys.executable, "-c", PROGRAM]
    environment = {**os.environ, "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
    done = subprocess.run(program, cwd=template.ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    status, sent, megabytes = map(int, done.stdout.split()[-3:])
    assert (status, sent) == (201, 4 * 1024**2)
    assert megabytes < MOST_MEGABYTES


@pytest.mark.parametrize(("kind", "mode"), [("WEBP", "RGBA"), ("PNG", "P"), ("JPEG", "RGB")])
def test_the_largest_picture_fits_its_function(kind: str, mode: str, tmp_path: Path) -> None:
    """WebP takes most of all; one with a palette is unfolded; JPEG is never decoded whole."""
    side = int(MOST_PIXELS**0.5)
    written, path = BytesIO(), tmp_path / "picture"
    options = {"WEBP": {"lossless": True, "method": 0}, "PNG": {"compress_level": 1}}.get(kind, {})
    Image.new(mode, (side, side)).save(written, kind, **options)
    path.write_bytes(written.getvalue())
    program = [sys.executable, "-c", OF_PICTURES, str(path)]
    done = subprocess.run(program, cwd=template.ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert int(done.stdout) < template.functions()["MakeThumbnail"]["memorySize"] * {"JPEG": 0.05}.get(kind, 0.75)
