"""origin-request: tells the API who asks and in which language to answer."""

GREETINGS = {"de": "Guten Tag", "fr": "Bonjour", "en": "Hello"}


def handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    accepted = request["headers"].get("accept-language", [{"value": "en"}])[0]["value"]
    language = accepted[:2].lower()
    greeting = GREETINGS.get(language, GREETINGS["en"])
    request["headers"]["x-greeting"] = [{"key": "X-Greeting", "value": greeting}]
    return request
