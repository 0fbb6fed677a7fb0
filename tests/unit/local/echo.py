"""Two small APIs in front of one function, for a MiniStack to serve."""

import json

from local.stack import Stack

FUNCTION = """
import json, os, tempfile, time

def handler(event, context):
    context = event["requestContext"]
    if event.get("rawPath") == "/boom":
        raise ValueError("a secret of the inside")
    body = json.loads(event["body"] or "{}")
    if not body.get("quiet"):
        print(context["eventType"], context["connectionId"])
    if context["eventType"] == "DISCONNECT":
        # On a busy machine a line in the log may come too late to be kept.
        with open(os.path.join(tempfile.gettempdir(), "disconnected"), "a") as file:
            print(context["connectionId"], file=file)
    if context["eventType"] != "MESSAGE":
        return {"statusCode": 200}
    if body["action"] == "boom":
        raise ValueError("a secret of the inside")
    time.sleep(body.get("sleep", 0))
    answer = {"connectedAt": context["connectedAt"], "process": os.getpid(), **body}
    return {"statusCode": 200, "body": json.dumps(answer)}
"""

SOCKET_ID = "50c4e7a1"
HTTP_ID = "4771a91d"


def _api(name: str, kind: str, **properties: object) -> dict[str, object]:
    return {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": {"ApiId": {"Ref": name}, **properties}}


def _template() -> dict[str, object]:
    """A socket and an HTTP API in front of one function, with every resource MiniStack has to be taught."""
    uri = {"Fn::Sub": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"}
    resources: dict[str, object] = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                }
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "echo",
                "Handler": "index.handler",
                "Runtime": "python3.13",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": FUNCTION},
            },
        },
        "Socket": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "socket",
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
                "Tags": {"ms-custom-id": SOCKET_ID},
            },
        },
        "Http": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "http",
                "ProtocolType": "HTTP",
                "CorsConfiguration": {"AllowOrigins": ["http://127.0.0.1:8080"], "AllowMethods": ["GET"]},
                "Tags": {"ms-custom-id": HTTP_ID},
            },
        },
        "HttpIntegration": _api(
            "Http", "Integration", IntegrationType="AWS_PROXY", IntegrationUri=uri, PayloadFormatVersion="2.0"
        ),
        "HttpRoute": _api("Http", "Route", RouteKey="GET /boom", Target={"Fn::Sub": "integrations/${HttpIntegration}"}),
        "HttpStage": _api("Http", "Stage", StageName="$default", AutoDeploy=True),
        "Integration": _api("Socket", "Integration", IntegrationType="AWS_PROXY", IntegrationUri=uri),
        "PingIntegration": _api("Socket", "Integration", IntegrationType="MOCK"),
        "PingIntegrationResponse": _api(
            "Socket",
            "IntegrationResponse",
            IntegrationId={"Ref": "PingIntegration"},
            IntegrationResponseKey="$default",
            ResponseTemplates={"200": '{"type": "pong"}'},
        ),
        "PingRoute": _api(
            "Socket",
            "Route",
            RouteKey="ping",
            Target={"Fn::Sub": "integrations/${PingIntegration}"},
            RouteResponseSelectionExpression="$default",
        ),
        "PingRouteResponse": _api("Socket", "RouteResponse", RouteId={"Ref": "PingRoute"}, RouteResponseKey="$default"),
        "Deployment": {**_api("Socket", "Deployment"), "DependsOn": ["PingRouteResponse", "PingIntegrationResponse"]},
        "Stage": _api("Socket", "Stage", StageName="local", DeploymentId={"Ref": "Deployment"}),
    }
    for name, key in {"Connect": "$connect", "Disconnect": "$disconnect", "Silent": "silent", "Boom": "boom"}.items():
        resources[f"{name}Route"] = _api(
            "Socket", "Route", RouteKey=key, Target={"Fn::Sub": "integrations/${Integration}"}
        )
    resources["EchoRoute"] = _api(
        "Socket",
        "Route",
        RouteKey="echo",
        Target={"Fn::Sub": "integrations/${Integration}"},
        RouteResponseSelectionExpression="$default",
    )
    resources["EchoRouteResponse"] = _api(
        "Socket", "RouteResponse", RouteId={"Ref": "EchoRoute"}, RouteResponseKey="$default"
    )
    return {"Resources": resources}


def deploy_echo(stack: Stack) -> None:
    """Put the two APIs into a running MiniStack."""
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(StackName="echo", TemplateBody=json.dumps(_template()), Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="echo", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
