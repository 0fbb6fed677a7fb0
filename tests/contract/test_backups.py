"""What outlives a mistake, in a production stage."""

from tests import compiled

SHORT_LIVED = {"CodesTable", "ChallengesTable", "LimitsTable", "TicketsTable", "ConnectionsTable"}
"""What they hold is worth nothing after some hours; a new one is as good."""


def kept() -> set[str]:
    return {
        name
        for name, one in compiled.template()["Resources"].items()
        if one["Type"] == "AWS::DynamoDB::Table" and one["DeletionPolicy"] == "RetainExceptOnCreate"
    }


def test_what_people_wrote_cannot_be_deleted() -> None:
    tables = compiled.of_type("AWS::DynamoDB::Table")
    protected = {name for name, one in tables.items() if "DeletionProtectionEnabled" in one}
    assert protected == kept() >= {"UsersTable", "ChatsTable", "MessagesTable", "EventsTable", "FilesTable"}
    assert {str(tables[name]["DeletionProtectionEnabled"]) for name in protected} == {
        str({"Fn::If": ["IsForTrying", False, True]})
    }
    assert not kept() & SHORT_LIVED
    assert compiled.of_type("AWS::Cognito::UserPool")["UserPool"]["DeletionProtection"]["Fn::If"][2] == "ACTIVE"


def test_only_a_stage_for_trying_may_be_deleted() -> None:
    assert compiled.template()["Conditions"]["IsForTrying"] == {
        "Fn::Or": [{"Fn::Equals": ["prod", "local"]}, {"Fn::Equals": ["prod", "dev"]}]
    }


def test_every_table_that_is_kept_is_backed_up_daily() -> None:
    (selection,) = compiled.of_type("AWS::Backup::BackupSelection").values()
    assert {one["Fn::GetAtt"][0] for one in selection["BackupSelection"]["Resources"]} == kept()
    (plan,) = compiled.of_type("AWS::Backup::BackupPlan").values()
    (rule,) = plan["BackupPlan"]["BackupPlanRule"]
    assert rule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    (vault,) = compiled.of_type("AWS::Backup::BackupVault").values()
    assert rule["Lifecycle"]["DeleteAfterDays"] == vault["LockConfiguration"]["MinRetentionDays"] == 35
    assert compiled.template()["Conditions"]["BacksUp"] == {"Fn::Equals": ["true", "true"]}
    assert compiled.template()["Resources"]["BackupVault"]["DeletionPolicy"] == "Retain"
