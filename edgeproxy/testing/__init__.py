"""Trying edge code without a server.

invoke         one CloudFront Function on one event, as TestFunction runs it
event_file     the event, written by hand: read and checked
event_object   the event, and the messages that it stands for
diff           what a function changed, field by field
origin_check   what of a chosen origin is refused, whatever the distribution declares
view           an invocation as a person reads it
"""
