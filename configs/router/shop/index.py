"""The shop, in the release that RELEASE names."""

import json
import os


def handler(event, context):
    seen = {"app": os.environ["RELEASE"], "path": event["rawPath"], "id": event["requestContext"]["requestId"]}
    headers = {"content-type": "application/json", "cache-control": "public, s-maxage=60"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(seen)}
