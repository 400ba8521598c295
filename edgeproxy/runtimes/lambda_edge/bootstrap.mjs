// Runs a Node.js handler as Lambda does: loads it, then asks the Runtime API for one event after the other.
// The words of errors are those of Lambda's own runtime. Two models of calling a handler, by the declared runtime:
// up to Node.js 22 (callbacks; what a plain function returns is ignored), and from 24 (no callbacks; it is the answer).
// Chosen: console writes its lines as they are, without Lambda's columns of time, request id and level.

import { existsSync, readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const NO_CALLBACKS =
  'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
  'You need to modify this function to use a supported handler signature to use Node.js 24 or later.';
const API = '/2018-06-01/runtime';
const taskRoot = process.env.LAMBDA_TASK_ROOT;
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const legacy = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV)?.[1]) < 24;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

let requestId = null; // of the event that is being handled
let whenDrained = null; // what to do when the event loop has nothing left

class LambdaError extends Error {
  constructor(name, message, cause) {
    super(message);
    this.name = name;
    if (cause?.stack) this.stack = cause.stack;
  }
}

function holdLifeline() {
  const lifeline = new net.Socket({ fd: 0, readable: true, writable: false });
  const leave = () => {
    try {
      process.kill(-process.pid, 'SIGKILL');
    } catch {
      process.exit(1);
    }
  };
  lifeline.on('end', leave).on('close', leave).on('error', leave).resume().unref();
}

function call(method, target, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const options = { agent, host, port, method, path: API + target, headers: { ...length, ...headers } };
    const request = http.request(options, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }));
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function describe(error) {
  if (error instanceof Error || Object.prototype.toString.call(error) === '[object Error]') {
    return { errorType: String(error.name), errorMessage: String(error.message), trace: String(error.stack).split('\n') };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function postError(target, error) {
  const document = describe(error);
  const type = document.errorType.replace(/[^\x20-\x7e]/g, '?');
  return call('POST', target, JSON.stringify(document), { 'Lambda-Runtime-Function-Error-Type': type });
}

// An error that no handler caught ends the process, after it was reported to whoever waits.
async function fatal(error, code) {
  try {
    await postError(requestId === null ? '/init/error' : `/invocation/${requestId}/error`, error);
  } finally {
    process.exit(code);
  }
}

const isFile = (file) => existsSync(file) && statSync(file).isFile();

// "type": "module" of the nearest package.json makes a .js file an ES module.
function isModulePackage(file) {
  for (let directory = path.dirname(file); ; directory = path.dirname(directory)) {
    const description = path.join(directory, 'package.json');
    if (existsSync(description)) return JSON.parse(readFileSync(description, 'utf8')).type === 'module';
    if (directory === path.dirname(directory) || path.basename(directory) === 'node_modules') return false;
  }
}

async function loadModule(stem) {
  const require = createRequire(path.join(taskRoot, 'index.js'));
  const script = `${stem}.js`;
  if (isFile(stem)) return require(stem);
  if (isFile(script)) return isModulePackage(script) ? import(pathToFileURL(script)) : require(script);
  if (isFile(`${stem}.mjs`)) return import(pathToFileURL(`${stem}.mjs`));
  if (isFile(`${stem}.cjs`)) return require(`${stem}.cjs`);
  return require(require.resolve(path.relative(taskRoot, stem), { paths: [taskRoot] }));
}

async function load(name) {
  if (name.includes('..')) throw new LambdaError('Runtime.MalformedHandlerName', `'${name}' is not a valid handler name.`);
  const match = /^([^.]*)\.(.+)$/.exec(path.basename(name));
  if (match === null) throw new LambdaError('Runtime.MalformedHandlerName', 'Bad handler');
  let handler;
  try {
    handler = await loadModule(path.resolve(taskRoot, path.dirname(name), match[1]));
  } catch (error) {
    if (error instanceof SyntaxError) throw new LambdaError('Runtime.UserCodeSyntaxError', String(error), error);
    if (['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(error?.code)) {
      throw new LambdaError('Runtime.ImportModuleError', String(error), error);
    }
    throw error;
  }
  for (const key of match[2].split('.')) handler = handler?.[key];
  if (handler === undefined || handler === null) {
    throw new LambdaError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  if (typeof handler !== 'function') throw new LambdaError('Runtime.HandlerNotFound', `${name} is not a function`);
  if (!legacy && handler.length >= 3) {
    throw new LambdaError('Runtime.CallbackHandlerDeprecated', NO_CALLBACKS);
  }
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    ...(legacy ? { callbackWaitsForEmptyEventLoop: true } : {}),
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: undefined,
    identity: undefined,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: undefined,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function callWithCallback(handler, event, context) {
  return new Promise((resolve, reject) => {
    let called = false;
    const done = (error, value) => (error === undefined || error === null ? resolve(value) : reject(error));
    const callback = (error, value) => {
      if (called) return;
      called = true;
      if ((error === undefined || error === null) && context.callbackWaitsForEmptyEventLoop) whenDrained = () => resolve(value);
      else done(error, value);
    };
    // A promise that never settles, and a plain function that calls nothing back, end with the event loop: null.
    whenDrained = () => resolve(null);
    context.done = done;
    context.succeed = resolve;
    context.fail = reject;
    const returned = handler(event, context, callback);
    if (typeof returned?.then === 'function') {
      called = true;
      returned.then(resolve, reject);
    }
  });
}

function callAsync(handler, event, context) {
  return new Promise((resolve, reject) => {
    whenDrained = () => reject(new LambdaError('Runtime.NodeJsExit', 'Process exited before completing request'));
    Promise.resolve(handler(event, context)).then(resolve, reject);
  });
}

function payloadOf(value) {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? 'null';
  } catch (error) {
    throw new LambdaError(legacy ? 'Error' : 'Runtime.JSONStringifyError', 'Unable to stringify response body', error);
  }
}

async function handle(handler, answer) {
  const context = contextOf(answer.headers);
  requestId = context.awsRequestId;
  process.env._X_AMZN_TRACE_ID = answer.headers['lambda-runtime-trace-id'];
  let payload;
  try {
    const event = JSON.parse(answer.body);
    payload = payloadOf(await (legacy ? callWithCallback : callAsync)(handler, event, context));
  } catch (error) {
    whenDrained = null;
    await postError(`/invocation/${requestId}/error`, error);
    return;
  }
  whenDrained = null;
  await call('POST', `/invocation/${requestId}/response`, payload);
}

async function main() {
  const handler = await load(process.env._HANDLER).catch((error) => fatal(error, 129));
  for (;;) {
    const answer = await call('GET', '/invocation/next').catch(() => process.exit(1));
    if (answer.status !== 200) process.exit(1);
    await handle(handler, answer).catch(() => process.exit(1));
  }
}

holdLifeline();
process.on('beforeExit', () => {
  const act = whenDrained;
  whenDrained = null;
  act?.();
});
process.on('unhandledRejection', (reason) => {
  fatal(new LambdaError('Runtime.UnhandledPromiseRejection', String(reason), reason), 128);
});
process.on('uncaughtException', (error) => fatal(error, 129));

main();
