// Natives that would run on past the time limit. The engine looks at its clock at every 10,000th backward jump or call,
// never inside a native: so each native is kept to some milliseconds, and loops and functions of the user's call look()
// (syntax.py puts it there), lest 10,000 of such natives run before the first look.

const MOST_ELEMENTS = 131072;  // 2 MB of 16-byte elements: a longer array is one of holes
const MOST_STEPS = 1e7;        // haystack x needle: some 15 ms
const MOST_PATTERN = 10240;    // the engine compiles a|a|a|… in quadratic time; no function's code is longer
const LONG_TEXT = 32768;       // a longer one is not repeated for each of its matches
const POLLS = 10001;
const LOOK_EVERY = 2;          // milliseconds

let nextLook = 0;
let asked = null;  // the question to the host that this run ends with

function ask(question) {
  asked ??= question;
  throw new InternalError("the host is asked");
}

function look() {
  if (asked !== null) ask(asked);
  lookAtClock();
}

function lookAtClock() {
  const time = elapsed();
  if (time < nextLook) return;
  if (nextLook !== 0) for (let i = 0; i < POLLS; i++);
  nextLook = time + LOOK_EVERY;
}

// What would take longer than any run may take: the time limit ends it.
function never() {
  for (;;);
}

function wrap(holder, name, make) {
  const native = holder[name];
  if (native === undefined) return;
  const wrapped = make(native);
  defineProperty(wrapped, "name", { value: name });
  defineProperty(wrapped, "length", { value: native.length });
  put(holder, name, wrapped);
}

function refuseLongList(list) {
  if (list === undefined || list === null) return;
  if (typeof list !== "string" && !isArray(list) && !isView(list)) {
    const length = getOwnPropertyDescriptor(list, "length");
    // A length that is computed could be another one when the native asks again.
    if (length === undefined ? "length" in list : typeof length.value !== "number") throw new TypeError("unexpected length");
  }
  if (list.length > MOST_ELEMENTS) throw new InternalError("out of memory");
}

function guardArrays() {
  const bounded = (native) => ({ method(...given) {
    refuseLongList(this);
    return apply(native, this, given);
  } }).method;
  for (const name of words("copyWithin every fill filter find findIndex forEach includes indexOf join lastIndexOf map reduce"
    + " reduceRight reverse shift slice some splice toLocaleString unshift")) wrap(Array.prototype, name, bounded);
  wrap(Array.prototype, "concat", (native) => ({ method(...given) {
    refuseLongList(this);
    for (let i = 0; i < given.length; i++) if (typeof given[i] === "object") refuseLongList(given[i]);
    return apply(native, this, given);
  } }).method);
  // The engine's own comparison of texts is a native that does not end while long texts are alike.
  const byText = (one, other) => {
    const first = `${one}`, second = `${other}`;
    look();
    return first < second ? -1 : first > second ? 1 : 0;
  };
  wrap(Array.prototype, "sort", (native) => ({ method(compare) {
    refuseLongList(this);
    return apply(native, this, [compare === undefined ? byText : compare]);
  } }).method);
}

function refuseLongSearch(text, wanted) {
  if (text.length * wanted.length > MOST_STEPS) never();
}

function guardStrings() {
  const isText = (value) => value === null || typeof value !== "object" && typeof value !== "function";
  for (const name of ["includes", "indexOf", "lastIndexOf"]) {
    wrap(String.prototype, name, (native) => ({ method(wanted, from) {
      if (this === undefined || this === null || !isText(wanted) && wanted[Symbol.match]) return apply(native, this, [wanted]);
      const text = `${this}`;
      wanted = `${wanted}`;
      refuseLongSearch(text, wanted);
      return apply(native, text, [wanted, from]);
    } }).method);
  }
  wrap(String.prototype, "split", (native) => ({ method(separator, ...rest) {
    if (this === undefined || this === null || separator === undefined) return apply(native, this, [separator, ...rest]);
    if (!isText(separator) && separator[Symbol.split]) return apply(native, this, [separator, ...rest]);
    const text = `${this}`;
    separator = `${separator}`;
    refuseLongSearch(text, separator);
    return apply(native, text, [separator, ...rest]);
  } }).method);
  for (const name of ["replace", "replaceAll"]) wrap(String.prototype, name, guardedReplace);
}

function guardedReplace(native) {
  const around = /\$[`']/, ofMatch = /\$[$&]/g;
  return ({ method(wanted, put) {
    if (this === undefined || this === null) return apply(native, this, [wanted, put]);
    const text = `${this}`, by = typeof put === "function" ? put : `${put}`;
    const repeatsText = by !== put || typeof put === "string" ? matches(around, by) : false;
    if (repeatsText && text.length > LONG_TEXT) never();
    if (wanted !== null && typeof wanted === "object" && wanted[Symbol.replace]) return apply(native, text, [wanted, by]);
    const searched = `${wanted}`;
    refuseLongSearch(text, searched);
    if (typeof by === "function" || repeatsText) return apply(native, text, [searched, by]);
    // A function, called for each match, lets the time limit in.
    const literal = nativeReplace(by, ofMatch, (mark) => mark === "$$" ? "$" : searched);
    return apply(native, text, [searched, () => literal]);
  } }).method;
}

function patternText(pattern) {
  const text = `${pattern}`;
  if (text.length > MOST_PATTERN) never();
  return text;
}

function guardPatterns() {
  const NativeRegExp = RegExp;
  const isPattern = (value) => typeof value === "object" && value !== null && value instanceof NativeRegExp;
  function RegExp_(pattern, flags) {
    if (new.target === undefined && flags === undefined && isPattern(pattern)) return pattern;
    const text = isPattern(pattern) ? pattern.source : pattern === undefined ? "(?:)" : pattern;
    const marks = isPattern(pattern) && flags === undefined ? pattern.flags : flags;
    return construct(NativeRegExp, [patternText(text), marks], new.target ?? NativeRegExp);
  }
  for (const key of ownKeys(NativeRegExp)) defineProperty(RegExp_, key, getOwnPropertyDescriptor(NativeRegExp, key));
  put(NativeRegExp.prototype, "constructor", RegExp_);
  put(globalThis, "RegExp", RegExp_);
  deleteProperty(NativeRegExp.prototype, "compile");
  for (const [name, symbol] of [["match", Symbol.match], ["search", Symbol.search]]) {
    wrap(String.prototype, name, (native) => ({ method(pattern) {
      const its = pattern === undefined || typeof pattern === "object" && pattern !== null && pattern[symbol];
      return apply(native, this, [its ? pattern : patternText(pattern)]);
    } }).method);
  }
}

// Promise turns the engine's "interrupted" into a rejection, and a loop around it would go on: it looks at the clock again.
function guardPromises() {
  const settling = (native) => ({ method(...given) {
    const made = apply(native, this, given);
    look();
    return made;
  } }).method;
  for (const name of words("all allSettled any race resolve")) wrap(Promise, name, settling);
  function Promise_(executor) {
    if (typeof executor !== "function") throw new TypeError("unexpected arguments");
    let resolve, reject;
    const promise = construct(NativePromise, [(yes, no) => { resolve = yes; reject = no; }], new.target);
    try {
      executor((value) => { resolve(value); lookAtClock(); }, reject);
    } catch (error) {
      reject(error);
    }
    return promise;
  }
  for (const key of ownKeys(NativePromise)) defineProperty(Promise_, key, getOwnPropertyDescriptor(NativePromise, key));
  put(NativePromise.prototype, "constructor", Promise_);
  put(globalThis, "Promise", Promise_);
}

// Called for every object that JSON.stringify visits: a graph whose parts are shared would keep it for ever.
function guardJson() {
  defineProperty(Object.prototype, "toJSON", {
    configurable: true,
    get() { if (isArray(this)) refuseLongList(this); },
    set: shadow("toJSON"),
  });
}
