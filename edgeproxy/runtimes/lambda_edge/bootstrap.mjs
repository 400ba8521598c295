// Runs a Node.js handler as Lambda does: loads it, then asks the Runtime API for one event after the other.
// What it prints and posts is what Lambda's own runtimes do. Two of them, by the declared version: up to Node.js 22 with
// callbacks (what a plain function returns is ignored), and from 24 without (it is the answer; nothing catches strays).
// Chosen: an error that wraps another shows the other's stack; log format and log level of the function are not read;
// there is no global `awslambda`, since nothing streams at the edge.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, types } from 'node:util';

const NO_CALLBACKS =
  'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
  'You need to modify this function to use a supported handler signature to use Node.js 24 or later.';
const UNREADABLE =
  'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack';
const LEVELS = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
const API = '/2018-06-01/runtime';
const taskRoot = process.env.LAMBDA_TASK_ROOT;
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const legacy = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV)?.[1]) < 24;
const require = createRequire(import.meta.url);

let requestId = legacy ? undefined : '-'; // of the last event, for the log
let whenDrained = null; // what to do when the event loop has nothing left
const idle = []; // connections between two calls
let answering = null; // the call that posts an answer
let dying = false; // of an error that nobody caught

const turn = () => new Promise(setImmediate);
const unlessDying = () => dying && new Promise(() => {});

const isNone = (value) => value === undefined || value === null;

function holdLifeline() {
  const lifeline = new net.Socket({ fd: 3, readable: true, writable: false });
  const leave = () => {
    try {
      process.kill(-process.pid, 'SIGKILL');
    } catch {
      process.exit(1);
    }
  };
  lifeline.on('end', leave).on('close', leave).on('error', leave).resume().unref();
}

function patchConsole() {
  for (const [method, level] of Object.entries(LEVELS)) {
    console[method] = (message, ...rest) => {
      const line = `${new Date().toISOString()}\t${requestId}\t${level}\t${format(message, ...rest)}`;
      process.stdout.write(`${line.replace(/\n/g, '\r')}\n`);
    };
  }
  console.log = console.info;
}

// An error under a type of Lambda's; from 24 its name is among the properties that are logged.
function lambdaError(type, message, cause) {
  const error = new Error(message);
  Object.defineProperty(error, 'name', { value: type, enumerable: !legacy, configurable: true, writable: true });
  const head = type + (message && `: ${message}`);
  const below = (text) => (text.startsWith(message) ? text.slice(message.length) : `\n${text}`);
  error.stack = head + (cause?.stack ? below(String(cause.stack)) : error.stack.slice(error.stack.indexOf('\n    at ')));
  return error;
}

const isErrorLike = ({ name, message, stack }) => [name, message, stack].every((text) => text && typeof text === 'string');
const isError = (it) => (legacy ? types.isNativeError(it) || (it && isErrorLike(it)) : it instanceof Error);

// What is posted of anything that was thrown. DEL would not pass as part of a header.
function describe(error) {
  const clean = (text) => text?.replace(/\x7f/g, '%7F');
  try {
    if (!isError(error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
    return {
      errorType: clean(error.name),
      errorMessage: clean(error.message),
      trace: clean(error.stack)?.split('\n') ?? [],
    };
  } catch {
    return { errorType: 'handled', errorMessage: UNREADABLE, trace: [] };
  }
}

function logError(kind, thrown) {
  const properties = (key, value) => {
    if (!(value instanceof Error)) return value;
    const { name, message, code, stack } = value;
    const all = { errorType: name, errorMessage: message, code, ...value };
    return typeof stack === 'string' ? { ...all, stack: stack.split('\n') } : all;
  };
  let text;
  try {
    text = JSON.stringify(thrown instanceof Error ? thrown : new Error(String(thrown)), properties);
  } catch {
    text = JSON.stringify(describe(thrown)); // a property that is no JSON
  }
  console.error(kind, `\t${text}`);
}

// An answer of the Runtime API, which always states its length; null as long as it is not whole.
function answerOf(data) {
  const end = data.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [statusLine, ...fields] = data.latin1Slice(0, end).split('\r\n');
  const headers = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
  }
  const body = data.subarray(end + 4);
  return body.length < Number(headers['content-length']) ? null : { status: Number(statusLine.split(' ')[1]), headers, body };
}

// So bare because node:http costs more than most handlers. A connection that waits for no answer keeps no process alive.
function call(method, target, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const socket = idle.pop() ?? net.connect({ host, port: Number(port), noDelay: true });
    const lost = () => reject(new Error('the connection to the Runtime API is lost'));
    let data = Buffer.alloc(0);
    const receive = (chunk) => {
      data = data.length ? Buffer.concat([data, chunk]) : chunk;
      const answer = answerOf(data);
      if (answer === null) return;
      socket.off('data', receive).off('error', lost).off('close', lost).unref();
      idle.push(socket);
      resolve(answer);
    };
    socket.on('data', receive).on('error', lost).on('close', lost).ref();
    const length = body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const lines = Object.entries({ Host: host, ...length, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`${method} ${API}${target} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`);
  });
}

function postInitError(error) {
  const document = describe(error);
  const type = String(document.errorType).replace(/[^\x20-\x7e]/g, '?');
  return call('POST', '/init/error', JSON.stringify(document), { 'Lambda-Runtime-Function-Error-Type': type });
}

const postError = (error) => call('POST', `/invocation/${requestId}/error`, JSON.stringify(describe(error)));

// Up to 22: an error that nobody caught ends the process, after it was reported to whoever waits.
async function fatal(kind, error, code) {
  logError(kind, error);
  dying = true;
  try {
    await answering; // Lambda's client posts without giving up the thread: an answer that was due is out by now
    await (requestId === undefined ? postInitError(error) : postError(error));
  } finally {
    process.exit(code);
  }
}

function catchStrays() {
  process.on('beforeExit', () => {
    const act = whenDrained;
    whenDrained = null;
    act?.();
  });
  process.on('uncaughtException', (error) => fatal('Uncaught Exception', error, 129));
  process.on('unhandledRejection', (reason, promise) => {
    const error = lambdaError('Runtime.UnhandledPromiseRejection', reason === undefined ? '' : String(reason), reason);
    fatal('Unhandled Promise Rejection', Object.assign(error, { reason, promise }), 128);
  });
}

// "type": "module" of the nearest package.json makes a .js file an ES module. Above the task root there is none.
function isModulePackage(file) {
  for (let directory = path.dirname(file); !directory.endsWith('/node_modules'); directory = path.dirname(directory)) {
    const description = path.join(directory, 'package.json');
    try {
      if (existsSync(description)) return JSON.parse(readFileSync(description, 'utf8'))?.type === 'module';
    } catch (error) {
      console.warn(`${description} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
    if (directory === taskRoot || directory === path.dirname(directory)) return false;
  }
  return false;
}

const requireFile = (file) => existsSync(file) && require(file);
const importFile = async (file) => existsSync(file) && import(pathToFileURL(file));

async function findLegacy(stem) {
  const script = `${stem}.js`;
  const loadScript = existsSync(script) && isModulePackage(script) ? importFile : requireFile;
  return requireFile(stem) || (await loadScript(script)) || (await importFile(`${stem}.mjs`)) || requireFile(`${stem}.cjs`);
}

async function find(stem) {
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const module = await importFile(stem + extension);
    if (module) return module;
  }
  return undefined;
}

async function loadModule(directory, name) {
  const root = path.resolve(taskRoot, directory);
  try {
    const module = await (legacy ? findLegacy : find)(path.resolve(root, name));
    return module || require(require.resolve(name, { paths: [taskRoot, root] }));
  } catch (error) {
    if (error instanceof SyntaxError) throw lambdaError('Runtime.UserCodeSyntaxError', String(error), error);
    if (error?.code === 'MODULE_NOT_FOUND') throw lambdaError('Runtime.ImportModuleError', String(error), error);
    throw error;
  }
}

function exported(module, name) {
  const keys = name.split('.');
  if (legacy) return keys.reduce((value, key) => value && value[key], module);
  const within = (start) => keys.reduce((value, key) => (value && typeof value === 'object' ? value[key] : undefined), start);
  return within(module) || within(module?.default);
}

async function load(name) {
  if (name.includes('..')) {
    const advice = 'Use absolute paths when specifying root directories in handler names.';
    throw lambdaError('Runtime.MalformedHandlerName', `'${name}' is not a valid handler name. ${advice}`);
  }
  const match = /^([^.]*)\.(.*)$/.exec(path.basename(name));
  if (match === null) throw lambdaError('Runtime.MalformedHandlerName', 'Bad handler');
  const handler = exported(await loadModule(path.dirname(name), match[1]), match[2]);
  if (!handler) throw lambdaError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw lambdaError('Runtime.HandlerNotFound', `${name} is not a function`);
  if (!legacy && handler.length >= 3) throw lambdaError('Runtime.CallbackHandlerDeprecated', NO_CALLBACKS);
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const traceId = headers['lambda-runtime-trace-id'];
  const functionVersion = process.env.AWS_LAMBDA_FUNCTION_VERSION;
  const functionName = process.env.AWS_LAMBDA_FUNCTION_NAME;
  const ofEnvironment = {
    ...(legacy ? { functionVersion, functionName } : { functionName, functionVersion }),
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  };
  const ofEvent = {
    clientContext: undefined,
    identity: undefined,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: undefined,
    ...(legacy ? {} : { xRayTraceId: traceId }),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  if (traceId) process.env._X_AMZN_TRACE_ID = traceId;
  else delete process.env._X_AMZN_TRACE_ID;
  return legacy ? { ...ofEnvironment, ...ofEvent } : { ...ofEvent, ...ofEnvironment };
}

function payloadOf(value) {
  let text;
  try {
    text = JSON.stringify(value === undefined ? null : value);
  } catch {
    const message = 'Unable to stringify response body';
    throw legacy ? new Error(message) : lambdaError('Runtime.JSONStringifyError', message);
  }
  if (text === undefined) throw new TypeError('Wrong arguments'); // a function: what Lambda's client says to no text
  return text;
}

// Up to 22. The first of callback, succeed, fail, done and the returned promise counts.
function invokeLegacy(handler, body, given) {
  return new Promise((resolve, reject) => {
    let finished = false;
    const first = (act) => (...values) => {
      if (finished) return;
      act(...values); // when it throws, because the value is no JSON, the next may still report that
      finished = true;
    };
    const complete = (value) => resolve(payloadOf(value));
    const done = (error, value) => (isNone(error) ? complete(value) : reject(error));
    const callback = first((error, value) => {
      if (isNone(error) && context.callbackWaitsForEmptyEventLoop) whenDrained = () => setImmediate(complete, value);
      else done(error, value);
    });
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      succeed: first((value) => done(null, value)),
      fail: first((error) => done(isNone(error) ? 'handled' : error)),
      done: first(done),
      ...given,
    };
    // A promise that never settles, and a plain function that calls nothing back, end with the event loop.
    whenDrained = () => resolve('null');
    try {
      const returned = handler(JSON.parse(body), context, callback);
      if (typeof returned?.then === 'function') returned.then(context.succeed, context.fail).catch(context.fail);
    } catch (error) {
      callback(error);
    }
  });
}

// From 24. A promise that never settles ends with the event loop, and the process with it.
async function invoke(handler, body, context) {
  const value = await handler(JSON.parse(body), context);
  await turn(); // a rejection that nobody handles comes before the answer
  return payloadOf(value);
}

async function handle(handler, { headers, body }) {
  const context = contextOf(headers);
  requestId = context.awsRequestId;
  try {
    const payload = await (legacy ? invokeLegacy : invoke)(handler, body, context);
    await unlessDying();
    answering = call('POST', `/invocation/${requestId}/response`, payload);
  } catch (error) {
    logError('Invoke Error', error);
    answering = postError(error);
  }
  whenDrained = null;
  await answering;
}

async function refuse(error) {
  if (legacy) return fatal('Uncaught Exception', error, 129);
  logError('Init Error', error);
  await postInitError(error);
  return process.exit(1);
}

async function main() {
  const handler = await load(process.env._HANDLER).catch(refuse);
  for (;;) {
    await turn();
    await unlessDying();
    const answer = await call('GET', '/invocation/next').catch(() => process.exit(1));
    if (answer.status !== 200) process.exit(1);
    await handle(handler, answer).catch(() => process.exit(1));
  }
}

holdLifeline();
patchConsole();
if (legacy) {
  catchStrays();
  await main(); // awaited: a module whose top-level await never settles ends with status 13
} else main();
