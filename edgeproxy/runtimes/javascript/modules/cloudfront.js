// The module cloudfront (runtime 2.0): the store, the origin, the edge location, the log.
// A promise of the store is an ask on a queue: the host answers it when the pending jobs of the run are done.

const LOCATION = { name: "LOC", serverIp: "127.0.0.1", region: "us-east-1" };
const MOST_LOG_DATA = 800;  // bytes of the log field, percent-encoded: no shorter text gives more

let storeAsks = bare([]), storePromises = bare([]);
let hasStore = false, atViewerRequest = true;
let rawQuery = null, chosenOrigin = null, logData = null;

function askStore(operation, key, read) {
  return new NativePromise((resolve, reject) => {
    storeAsks[storeAsks.length] = bare([operation, key]);
    storePromises[storePromises.length] = { resolve, reject, read, key };
  });
}

function forgetAsks() {
  if (storeAsks.length === 0) return;
  storeAsks = bare([]);
  storePromises = bare([]);
}

// `answers` is a JSON array in the order of the asks; null: there is no such key.
function answerStore(answers) {
  const values = parse(answers), promises = storePromises;
  forgetAsks();
  for (let i = 0; i < promises.length; i++) settleStore(promises[i], values[i]);
}

function settleStore({ resolve, reject, read, key }, value) {
  try {
    if (value === null) throw new NativeError(`Key "${key}" was not found in the key value store`);
    resolve(read(value));
  } catch (error) {
    reject(error);
  }
}

const FORMATS = {
  __proto__: null,
  string: (value) => value,
  json: (value) => parse(value),
  bytes: (value) => buffer(fromUtf8(value)),
};

function keyOf(key) {
  if (typeof key !== "string") throw new TypeError("the key must be a string");
  return key;
}

const dateText = unbound(NativeDate.prototype.toISOString);
const isoDate = (seconds) => dateText(new NativeDate(seconds * 1000));

class KeyValueStore {
  async get(key, options) {
    const format = options?.format ?? "string", read = FORMATS[format];
    if (read === undefined) throw new TypeError(`unknown format: "${NativeString(format)}"`);
    return askStore("get", keyOf(key), read);
  }

  async exists(key) { return askStore("exists", keyOf(key), (there) => there); }

  async meta() {
    return askStore("meta", "", ([created, updated, keyCount]) => (
      { creationDateTime: isoDate(created), lastUpdatedDateTime: isoDate(updated), keyCount }
    ));
  }
}

function choosesOrigin(call) {
  return ({ method(...given) {
    if (!atViewerRequest) throw new NativeError(`${call} is only available for viewer-request`);
    chosenOrigin = stringify({ __proto__: null, call, arguments: bare(given) });
    if (chosenOrigin.length > MOST_OUTPUT) throw new RangeError(`${call} was given more than ${MOST_OUTPUT} characters`);
  } }).method;
}

const notEmulated = (name) => () => { throw new NativeError(`cf.${name} is not emulated by edgeproxy`); };

const cloudfront = {
  kvs() {
    if (!hasStore) throw new NativeError("there is no key value store associated with this function");
    return new KeyValueStore();
  },
  logCustomData(text) {
    if (typeof text !== "string") throw new TypeError("logCustomData takes one string");
    logData = slice(text, 0, MOST_LOG_DATA);
  },
  get edgeLocation() { return atViewerRequest ? { ...LOCATION } : {}; },
  // "If a standard distribution": the module is not there.
  get distributionTenant() {
    throw new TypeError("distributionTenant module is not available (multi-tenant distributions are not emulated)");
  },
};
for (const call of words("updateRequestOrigin selectRequestOriginById createRequestOriginGroup")) {
  cloudfront[call] = choosesOrigin(call);
  defineProperty(cloudfront[call], "name", { value: call });
}
for (const name of ["cwt", "mtls"]) defineProperty(cloudfront, name, { enumerable: true, get: notEmulated(name) });

const rawQueryString = ({ rawQueryString() { return rawQuery === null ? undefined : parse(rawQuery); } }).rawQueryString;

// "Helper method for raw query string": a method of the request, no data of it.
const RAW_QUERY = { __proto__: null, value: rawQueryString, writable: true, enumerable: false, configurable: true };

function addRawQueryString(request) {
  if (runtime === "2.0" && typeof request === "object" && request !== null) defineProperty(request, "rawQueryString", RAW_QUERY);
  return request;
}
