// What there is: the built-ins of CloudFront's runtime, and nothing else of the engine's.
// These files and those of modules/ are joined into one strict function of `runtime` ("1.0" or "2.0"), in the order that
// realm.py gives. It runs once in a new context, before the user's code, so everything that user code could replace is
// captured first.

const { apply, construct, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { freeze, setPrototypeOf } = Object;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const { parse, stringify } = JSON;
const NativeDate = Date, NativeError = Error, NativeMap = Map, NativePromise = Promise, NativeSet = Set, NativeString = String;
const unbound = (method) => Function.prototype.call.bind(method);
const then = unbound(Promise.prototype.then);
const { now: elapsed } = performance;
const slice = unbound(String.prototype.slice);
const matches = unbound(RegExp.prototype.test);
const nativeReplace = unbound(String.prototype.replace);
const stackOf = unbound(getOwnPropertyDescriptor(Error.prototype, "stack").get);
const words = (text) => text.split(" ");

// A list that no toJSON and no setter of the user's reaches: what goes to the host is made of these.
const bare = (list) => setPrototypeOf(list, null);

function put(holder, name, value) {
  defineProperty(holder, name, { value, writable: true, enumerable: false, configurable: true });
}

// "JavaScript runtime 2.0 features", and the ES 5.1 methods of each type. String keys that are not named are deleted.
const ERRORS = words("Error AggregateError EvalError InternalError RangeError ReferenceError SyntaxError TypeError URIError");
const TYPED_ARRAYS = words("Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array"
  + " Float32Array Float64Array");
const TypedArray = getPrototypeOf(Uint8Array);
const IteratorPrototype = getPrototypeOf(getPrototypeOf([].values()));
const THERE = [
  [globalThis, words("Array ArrayBuffer Boolean DataView Date Function Infinity JSON Math NaN Number Object Promise RegExp"
    + " String Symbol atob btoa decodeURI decodeURIComponent encodeURI encodeURIComponent eval globalThis isFinite isNaN"
    + " parseFloat parseInt undefined").concat(ERRORS, TYPED_ARRAYS)],
  [Object, words("assign create defineProperties defineProperty entries freeze getOwnPropertyDescriptor"
    + " getOwnPropertyDescriptors getOwnPropertyNames getOwnPropertySymbols getPrototypeOf is isExtensible isFrozen isSealed"
    + " keys preventExtensions seal setPrototypeOf values")],
  [Function.prototype, words("apply bind call constructor toString")],
  [String, words("fromCharCode fromCodePoint")],
  [String.prototype, words("charAt charCodeAt codePointAt concat constructor endsWith includes indexOf lastIndexOf match"
    + " padEnd padStart repeat replace replaceAll search slice split startsWith substr substring toLocaleLowerCase"
    + " toLocaleUpperCase toLowerCase toString toUpperCase trim trimEnd trimStart valueOf")],
  [RegExp, []],
  [Array, words("isArray of")],
  [Array.prototype, words("concat constructor copyWithin entries every fill filter find findIndex forEach includes indexOf"
    + " join keys lastIndexOf map pop push reduce reduceRight reverse shift slice some sort splice toLocaleString toString"
    + " unshift values")],
  [IteratorPrototype, []],
  [TypedArray, words("from of")],
  [TypedArray.prototype, words("buffer byteLength byteOffset constructor copyWithin entries every fill filter find findIndex"
    + " forEach includes indexOf join keys lastIndexOf map reduce reduceRight reverse set slice some sort subarray"
    + " toLocaleString toString values")],
  [ArrayBuffer, words("isView")],
  [ArrayBuffer.prototype, words("byteLength constructor slice")],
  [DataView.prototype, words("buffer byteLength byteOffset constructor getFloat32 getFloat64 getInt8 getInt16 getInt32 getUint8"
    + " getUint16 getUint32 setFloat32 setFloat64 setInt8 setInt16 setInt32 setUint8 setUint16 setUint32")],
  [Symbol, words("asyncIterator for hasInstance isConcatSpreadable iterator keyFor match matchAll replace search species split"
    + " toPrimitive toStringTag unscopables")],
  [Math, words("E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh"
    + " exp expm1 floor fround hypot imul log log10 log1p log2 max min pow random round sign sin sinh sqrt tan tanh trunc")],
  [Promise, words("all allSettled any race reject resolve")],
  [Error, []],
];

// "JavaScript runtime 1.0 features": what only 2.0 lists. RegExp's flags and sticky stay, the engine's own split needs them.
const NOT_IN_1_0 = [
  [globalThis, words("AggregateError DataView atob btoa")],
  [Object, ["getOwnPropertyDescriptors"]],
  [String.prototype, ["replaceAll"]],
  [TypedArray, words("from of")],
  [TypedArray.prototype, words("entries every filter find findIndex forEach includes indexOf keys lastIndexOf map reduce"
    + " reduceRight reverse some sort toLocaleString values")],
  [Promise, words("all allSettled any race")],
  [Symbol, words("for keyFor")],
];

function leaveWhatIsThere() {
  const less = new Map(runtime === "1.0" ? NOT_IN_1_0 : []);
  for (const [holder, names] of THERE) {
    const kept = new NativeSet(names);
    for (const name of less.get(holder) ?? []) kept.delete(name);
    if (holder !== globalThis) kept.add("prototype").add("length").add("name");
    for (const key of ownKeys(holder)) if (typeof key === "string" && !kept.has(key)) deleteProperty(holder, key);
  }
}

// "eval(), new Function()": neither they nor the constructors of async functions and generators compile text.
function refuseCodeFromText() {
  const evaluate = (0, function () { throw new InternalError("Not implemented"); });
  defineProperty(evaluate, "name", { value: "eval" });
  put(globalThis, "eval", evaluate);
  for (const made of [async function () {}, function* () {}, async function* () {}, function () {}]) {
    const prototype = getPrototypeOf(made);
    const Refused = function Function() { throw new TypeError('function constructor is disabled in "safe" mode'); };
    defineProperty(Refused, "prototype", { value: prototype, writable: false });
    put(prototype, "constructor", Refused);
    put(globalThis, "Function", Refused);
  }
}
