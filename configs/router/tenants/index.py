"""One app for many tenants: which one, says the host that the viewer asked for."""

import json


def handler(event, context):
    tenant = event["headers"]["x-forwarded-host"].partition(".")[0]
    seen = {"app": "tenants", "tenant": tenant, "path": event["rawPath"], "id": event["requestContext"]["requestId"]}
    headers = {"content-type": "application/json", "cache-control": "public, s-maxage=60"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(seen)}
