"""What functions are told: by services of AWS that are not on a laptop, and by settings of the stage."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.stack import Stack
from tests.gateway import recorded


def await_scan(stack: Stack, file_id: str) -> None:
    """Have a file be as it is where files are scanned, before it was."""
    stack.client("dynamodb").update_item(
        TableName="kaiwa-local-files",
        Key={"fileId": {"S": file_id}},
        UpdateExpression="SET scanState = :pending",
        ExpressionAttributeValues={":pending": {"S": "pending"}},
    )


def tell_of_scan(stack: Stack, file_id: str, result: str, tag: str = "") -> None:
    """Tell, as GuardDuty does, what a scan found in the bytes of a file with this ETag."""
    event = recorded("object_scanned")
    event["detail"]["s3ObjectDetails"] |= {"objectKey": f"files/{file_id}", "eTag": tag}
    event["detail"]["scanResultDetails"]["scanResultStatus"] = result
    assert invoke(stack, "JudgeFile", event) is None


def invoke(stack: Stack, key: str, event: dict[str, Any]) -> Any:
    """Run a function with an event, and return what it returns."""
    functions = stack.client("lambda")
    (name,) = (one["FunctionName"] for one in functions.list_functions()["Functions"] if key in one["FunctionName"])
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())


@contextmanager
def setting(stack: Stack, key: str, name: str, value: str) -> Iterator[None]:
    """Have a function see another value of a setting of the stage."""
    client = stack.client("lambda")
    function = f"kaiwa-local-{key}"
    before = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    client.update_function_configuration(FunctionName=function, Environment={"Variables": {**before, name: value}})
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=function, Environment={"Variables": before})
