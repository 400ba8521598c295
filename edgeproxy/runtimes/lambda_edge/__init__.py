"""Lambda@Edge execution environments: the user's Python and Node.js handlers, each in a process of its own.

environments (who owns them) → pool (one function) → environment (one process, one request at a time)
→ process (start, output, death), runtime_api (the protocol), variables, interpreters; bootstrap.py and bootstrap.mjs run
inside. check says what is wrong with a function without running it.
"""
