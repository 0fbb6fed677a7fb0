"""resources/files_bucket.yml: what protects the bytes of files where no code of ours stands in the way."""

from datetime import timedelta

from domain import files
from models.files import UPLOAD_SECONDS
from tests import template

BUCKET = template.resources("AWS::S3::Bucket")["FilesBucket"]
POLICY = template.resources("AWS::S3::BucketPolicy")["FilesBucketPolicy"]
RULES = {rule["Id"]: rule for rule in BUCKET["LifecycleConfiguration"]["Rules"]}


def test_nothing_is_public() -> None:
    assert BUCKET["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert BUCKET["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "AccessControl" not in BUCKET
    assert "WebsiteConfiguration" not in BUCKET


def test_bytes_rest_encrypted_and_travel_by_tls_alone() -> None:
    (rule,) = BUCKET["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (statement,) = POLICY["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}
    assert statement["Resource"] == [{"Fn::GetAtt": ["FilesBucket", "Arn"]}, {"Fn::Sub": "${FilesBucket.Arn}/*"}]


def test_what_is_deleted_is_gone() -> None:
    assert "VersioningConfiguration" not in BUCKET


def test_pages_of_the_configured_origins_may_upload_and_fetch() -> None:
    (rule,) = BUCKET["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == "${file(deploy/web-origins.js)}"
    assert set(rule["AllowedMethods"]) == {"GET", "HEAD", "POST", "PUT"}
    assert "authorization" not in rule["AllowedHeaders"]


def test_the_lifecycle_removes_what_was_never_finished_and_nothing_else() -> None:
    days = timedelta(seconds=UPLOAD_SECONDS).days
    assert {name: (rule.get("Prefix"), rule["Status"]) for name, rule in RULES.items()} == {
        "remove-unfinished-uploads": (None, "Enabled"),
        "remove-what-was-never-taken-over": ("uploads/", "Enabled"),
    }
    assert RULES["remove-unfinished-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": days}
    assert "ExpirationInDays" not in RULES["remove-unfinished-uploads"]
    assert RULES["remove-what-was-never-taken-over"]["ExpirationInDays"] == days


def test_the_bucket_tells_of_what_comes_and_thumbnails_are_made_of_what_stays() -> None:
    assert BUCKET["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    (event,) = template.functions()["MakeThumbnail"]["events"]
    detail = event["eventBridge"]["pattern"]["detail"]
    assert detail["bucket"] == {"name": [{"Ref": "FilesBucket"}]}
    assert detail["object"]["key"] == [{"prefix": files.FOLDER}]
    # A thumbnail of a thumbnail would never end.
    assert not files.THUMBNAILS.startswith(files.FOLDER)


def test_a_form_leads_nowhere_else_than_where_the_lifecycle_looks() -> None:
    assert files.MOST_FORM_BYTES <= files.MOST_COPIED_BYTES
    small = files.File("f", size=files.MOST_FORM_BYTES)
    assert files._upload_key(small) == "uploads/f"
    assert files.key_of("f") == "files/f"


def test_parts_are_as_s3_takes_them() -> None:
    """S3's user guide, "Amazon S3 multipart upload limits"."""
    assert files.PART_BYTES >= 5 * 1024**2
    assert len(files._sizes(files.File("f", size=files.MOST_BYTES))) <= min(10_000, files.storage.MOST_LISTED)
    # One CopyObject takes 5 GB.
    assert files.MOST_COPIED_BYTES <= 5 * 1000**3


def test_only_an_end_by_time_wakes_the_function() -> None:
    (event,) = template.functions()["ExpireFile"]["events"]
    assert event["stream"]["filterPatterns"] == [
        {"userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}}
    ]
    assert event["stream"]["functionResponseType"] == "ReportBatchItemFailures"
    table = template.resources("AWS::DynamoDB::Table")["FilesTable"]
    assert table["StreamSpecification"]["StreamViewType"] == "OLD_IMAGE"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}
