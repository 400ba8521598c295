// The event as handler gets it. To make text of all headers and cookies, to parse it and to write it again costs more than
// most runs: such parts stand apart from the event. They are parsed when one of them is first read, asked from the host in a
// function's first run that reads one, and go back as UNREAD when none was read.
// None of it shows: whatever could tell such a part from a plain property makes it one first.

const { assign, keys } = Object;

let copying = false;  // by withUnread: the getters are not to read

function makePlain(holder, name, value) {
  const done = defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
  if (!done) throw new TypeError(`Cannot assign to read-only property "${name}"`);
}

// The properties `names` of an object, in one run after the other; `holder` is null once they have been read.
function partsOf(question, names, made) {
  const parts = { holder: null, text: null, give, read };
  const descriptors = names.map((name) => ({
    __proto__: null,
    get() { return copying ? UNREAD : read()[name]; },
    set(value) { makePlain(this, name, value); },
    enumerable: true,
    configurable: true,
  }));

  function give(holder, text) {
    parts.holder = holder;
    parts.text = text;
    if (holder === null) return;
    for (let i = 0; i < names.length; i++) defineProperty(holder, names[i], descriptors[i]);
  }

  function read() {
    if (parts.text === null) ask(question);
    const { holder } = parts, values = made(parse(parts.text));
    parts.holder = null;
    for (let i = 0; i < names.length; i++) {
      // Not what was deleted, or what another value was assigned to.
      const there = getOwnPropertyDescriptor(holder, names[i]);
      if (there !== undefined && there.get === descriptors[i].get) makePlain(holder, names[i], values[names[i]]);
    }
    return values;
  }
  return parts;
}

const requestRecords = partsOf('{"q":"records"}', ["querystring", "headers", "cookies"], (records) => records);
const responseRecords = partsOf('{"q":"records"}', ["headers", "cookies"], (records) => records);
const requestPart = partsOf('{"q":"request"}', ["request"], (part) => { addRawQueryString(part.request); return part; });
const ALL_PARTS = [requestRecords, responseRecords, requestPart];

function guardParts() {
  const plain = (native) => ({ method(...given) {
    for (let i = 0; i < ALL_PARTS.length; i++) if (ALL_PARTS[i].holder !== null) ALL_PARTS[i].read();
    return apply(native, this, given);
  } }).method;
  for (const name of words("defineProperties defineProperty freeze getOwnPropertyDescriptor getOwnPropertyDescriptors isFrozen"
    + " preventExtensions seal")) wrap(Object, name, plain);
  for (const name of words("__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__")) {
    wrap(Object.prototype, name, plain);
  }
}

// `records` and `request` are JSON text, or null when they must be asked for.
function eventOf(text, apart, records, request) {
  const event = parse(text), ofRequest = apart && atViewerRequest, ofResponse = apart && !atViewerRequest;
  requestRecords.give(ofRequest ? event.request : null, records);
  responseRecords.give(ofResponse ? event.response : null, records);
  requestPart.give(ofResponse ? event : null, request);
  if (!ofResponse) addRawQueryString(event?.request);
  return event;
}

// What handler returned, with UNREAD for what nobody has read: nobody has changed it either.
function withUnread(returned) {
  const { holder } = atViewerRequest ? requestRecords : responseRecords;
  // No getter but our own is called here: to define one on the holder reads all parts first.
  if (holder === null || returned !== holder || returned.toJSON !== undefined) return returned;
  copying = true;
  const copy = assign({ __proto__: null }, returned);
  copying = false;
  const names = keys(copy);
  // The toJSON of an object could still read them.
  for (let i = 0; i < names.length; i++) {
    const kind = typeof copy[names[i]];
    if (kind === "object" || kind === "function") return returned;
  }
  return copy;
}
