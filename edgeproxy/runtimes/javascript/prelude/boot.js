// The way of one run: boot(factory, frozen) returns run.

const MOST_OUTPUT = 1048576;  // characters of JSON
const MOST_LOG = 10240;
const MOST_CAUSE = 2048;
const UNSETTLED = "?", OUT_OF_MEMORY = "0", OUT_OF_MEMORY_OR_NULL = "0null", OUT_OF_TIME = "1";

// Assigning to an inherited property of a frozen built-in must still make one of the object's own: this.name = "NotFound".
function shadow(key) {
  return ({ method(value) {
    if (!defineProperty(this, key, { value, writable: true, enumerable: true, configurable: true })) {
      throw new TypeError(`Cannot assign to read-only property "${key}"`);
    }
  } }).method;
}

function letShadow(holder, keys) {
  for (const key of keys) {
    const own = getOwnPropertyDescriptor(holder, key);
    if (own === undefined || !("value" in own)) continue;
    defineProperty(holder, key, { configurable: true, enumerable: false, get() { return own.value; }, set: shadow(key) });
  }
}

function freezeAll() {
  const seen = new NativeSet(), waiting = [globalThis, host, ...MODULES.values(), Hash, KeyValueStore, rawQueryString,
    IteratorPrototype, async function () {}, function* () {}, async function* () {}, [].values(), ""[Symbol.iterator](),
    /a/[Symbol.matchAll]("")];
  while (waiting.length > 0) {
    const holder = waiting.pop();
    if (holder === null || typeof holder !== "object" && typeof holder !== "function" || seen.has(holder)) continue;
    seen.add(holder);
    waiting.push(getPrototypeOf(holder));
    for (const key of ownKeys(holder)) {
      const { value, get, set } = getOwnPropertyDescriptor(holder, key);
      waiting.push(value, get, set);
    }
  }
  for (const holder of seen) {
    if (holder === Object.prototype) letShadow(holder, ownKeys(holder));
    else if (holder instanceof NativeError || holder === NativeError.prototype) letShadow(holder, ownKeys(holder));
    else letShadow(holder, ["toString", "toLocaleString", "valueOf"]);
  }
  for (const holder of seen) freeze(holder);
}

// Whatever the engine itself throws out of a run is turned into text outside the time limit: no user code may be called then.
function shieldInternalErrors() {
  const shielded = InternalError.prototype;
  put(shielded, "toString", NativeError.prototype.toString);
  put(shielded, Symbol.toPrimitive, undefined);
  defineProperty(shielded, "stack", getOwnPropertyDescriptor(NativeError.prototype, "stack"));
  freeze(shielded);
}

let logs = bare([]), room = 0, outcome = UNSETTLED;

function log(...given) {
  let line = "";
  for (let i = 0; i < given.length; i++) line += (i > 0 ? " " : "") + NativeString(given[i]);
  if (room <= 0) return;
  logs[logs.length] = slice(line, 0, room);
  room -= line.length + 1;
}

const MODULES = new NativeMap([["crypto", crypto], ["querystring", querystring]]);
const moduleCalled = unbound(Map.prototype.get);
if (runtime === "2.0") MODULES.set("buffer", { Buffer }).set("cloudfront", cloudfront);

function require(name) {
  const found = moduleCalled(MODULES, name);
  if (found === undefined) throw new NativeError(`Cannot find module "${name}"`);
  return found;
}

const host = freeze({ look, require });

// {"v": value} as JSON ({} for undefined), or a report: [output, logs, error, stack, chosen origin, log data].
// Nothing is put before or behind the text: a long concatenation is a rope, which the binding cannot take.
function returned(value) {
  const output = stringify({ __proto__: null, v: withUnread(value) });
  if (asked !== null) return asked;
  if (output.length > MOST_OUTPUT) throw new RangeError(`handler returned more than ${MOST_OUTPUT} characters of JSON`);
  if (logs.length === 0 && chosenOrigin === null && logData === null) return output;
  return stringify(bare([output, logs, null, null, chosenOrigin, logData]));
}

function failed(error) {
  if (asked !== null) return asked;
  if (error === null) return OUT_OF_MEMORY_OR_NULL;  // what the engine throws when no memory is left for an error
  let cause = "Error", stack = "";
  try {
    cause = slice(NativeString(error), 0, MOST_CAUSE);
    if (error instanceof NativeError) stack = slice(`${stackOf(error)}`, 0, MOST_CAUSE);
  } catch {
    // its toString threw
  }
  if (cause === "InternalError: out of memory" || cause === "InternalError: string too long") return OUT_OF_MEMORY;
  if (cause === "InternalError: interrupted") return OUT_OF_TIME;
  return stringify(bare([null, logs, cause, stack, null, null]));
}

function settle(value) {
  try {
    outcome = returned(value);
  } catch (error) {
    outcome = failed(error);
  }
}

leaveWhatIsThere();
refuseCodeFromText();
stopTime();
seedRandom();
guardArrays();
guardStrings();
guardPatterns();
guardPromises();
guardJson();
guardParts();
shieldInternalErrors();
put(globalThis, "console", { log });
put(globalThis, "require", require);
if (runtime === "1.0") {
  addByteStrings();
  addMemoryError();
} else {
  makeBuffer();
  addTextCodecs();
  put(globalThis, "Buffer", Buffer);
}

function begin(time, seed, raw, store, viewerRequest, answers, mayAsk) {
  now = time;
  randomState = seed;
  nextLook = 0;
  if (logs.length > 0) logs = bare([]);
  room = MOST_LOG;
  outcome = UNSETTLED;
  asked = null;
  asks = mayAsk;
  rawQuery = raw;
  hasStore = store;
  atViewerRequest = viewerRequest;
  chosenOrigin = logData = null;
  forgetAsks();
  if (runtime === "1.0") byteStrings = new NativeSet();
  known = answers === null ? null : new NativeMap(parse(answers));
}

// What stands when no job is pending: the answer, the asks {"k": [[operation, key], ...]} of a promise that waits, or "?".
function standing() {
  if (asked !== null) return asked;
  return outcome === UNSETTLED && storeAsks.length > 0 ? stringify({ __proto__: null, k: storeAsks }) : outcome;
}

return function boot(factory, frozen) {
  if (frozen) freezeAll();
  // Returns the answer, or "?" when handler returned a promise: then run() gives what stands once the pending jobs are done.
  // run(text) takes the answers to asks. A question {"q": …} wants a new run with its answer.
  return function run(event, time, seed, raw, store, viewerRequest, answers, mayAsk, apart, records, request) {
    if (event === undefined) return standing();
    if (time === undefined) return answerStore(event);
    begin(time, seed, raw, store, viewerRequest, answers, mayAsk);
    try {
      const value = factory(host)(eventOf(event, apart, records, request));
      if (!(value instanceof NativePromise)) return returned(value);
      then(value, settle, (error) => { outcome = failed(error); });
      return UNSETTLED;
    } catch (error) {
      return failed(error);
    }
  };
};
