"""Trying edge code without a server.

code_kind         is a file a CloudFront Function or a Lambda@Edge handler, and which handler
invoke            one CloudFront Function on one event, as TestFunction runs it
    event_file        the event, written by hand: read and checked
    event_object      the event, and the messages that it stands for
    origin_check      what of a chosen origin is refused, whatever the distribution declares
    view              an invocation as a person reads it
invoke_handler    one Lambda@Edge handler on one event: cold, warm, and CloudFront's verdict
    handler_event     the event, and the messages that it stands for
    handler_message   a message of the event as it is compared
    handler_view      the invocations as a person reads them
diff              what the code changed, field by field
"""
