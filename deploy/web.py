"""Upload the page to the bucket of a deployed stage, where it has one: `python -m deploy.web STAGE REGION`."""

import hashlib
import sys
from collections.abc import Mapping
from typing import Any

import boto3

from deploy import site

# What lists the others comes last, so that nobody is told of a file that is not there yet.
LAST = (site.CONFIG, site.START, site.WORKER)

# Every answer is asked for anew, and mostly nothing has changed; the service worker keeps the page.
CACHE_CONTROL = "no-cache"


def upload(stage: str, region: str) -> str | None:
    """Make the bucket hold the page as it is now, and nothing else.

    Only what has changed goes up. What is gone is deleted in the end.

    Args:
        stage: The stage whose stack has been deployed.
        region: Where.

    Returns:
        Where the page is; None where the stage has none.
    """
    outputs = _outputs(boto3.client("cloudformation", region_name=region), f"kaiwa-{stage}")
    if "WebBucketName" not in outputs:
        return None
    bucket = outputs["WebBucketName"]
    storage = boto3.client("s3", region_name=region)
    found = site.contents(
        {"apiUrl": outputs["ApiUrl"]}, [outputs[name] for name in ("ApiUrl", "SocketUrl", "FilesUrl")]
    )
    held = _held(storage, bucket)
    for address in sorted(found, key=lambda each: (LAST.index(each) if each in LAST else -1, each)):
        content = found[address]
        if held.get(address) != hashlib.md5(content, usedforsecurity=False).hexdigest():
            storage.put_object(
                Bucket=bucket,
                Key=address,
                Body=content,
                ContentType=site.type_of(address),
                CacheControl=CACHE_CONTROL,
            )
    for address in held.keys() - found.keys():
        storage.delete_object(Bucket=bucket, Key=address)
    return outputs["WebUrl"]


def _outputs(formation: Any, stack: str) -> Mapping[str, str]:
    (described,) = formation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _held(storage: Any, bucket: str) -> Mapping[str, str]:
    """Return the MD5 of everything in the bucket; for what is uploaded in one piece, S3's ETag is that."""
    pages = storage.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}


def main() -> None:
    """Upload, and say where the page is."""
    stage, region = sys.argv[1:]
    if url := upload(stage, region):
        print(f"The web client is at {url}")


if __name__ == "__main__":
    main()
