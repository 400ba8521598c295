// Runtime 1.0: byte strings. "JavaScript runtime 1.0 features", String.
// The engine has no such kind of string: those that came from here in this run are known by their text.

let byteStrings = new NativeSet();

const isAscii = (text) => !matches(/[^\0-\x7f]/, text);

function byteString(bytes) {
  const text = latin1Of(bytes);
  if (!isAscii(text)) addTo(byteStrings, text);
  return text;
}

const addTo = unbound(Set.prototype.add), has = unbound(Set.prototype.has);
const isByteString = (text) => has(byteStrings, text);

function bytesFrom(data, encoding) {
  if (isArray(data)) return byteString(new NativeUint8Array(data));
  if (typeof data !== "string") throw new TypeError("value must be a string or array");
  if (encoding !== "hex" && encoding !== "base64" && encoding !== "base64url") {
    throw new TypeError(`Unknown encoding: "${NativeString(encoding)}"`);
  }
  return byteString(ENCODINGS[encoding].read(data));
}

const BYTE_STRING_METHODS = {
  fromBytes(start, end) { return slice(`${this}`, start, end); },
  fromUTF8(start, end) {
    try {
      return strictUtf8Of(fromLatin1(slice(`${this}`, start, end)));
    } catch (error) {
      if (error instanceof InternalError) throw error;
      return null;
    }
  },
  toBytes(start, end) {
    const text = slice(`${this}`, start, end);
    if (matches(/[^\0-\xff]/, text)) return null;
    return byteString(fromLatin1(text));
  },
  toUTF8(start, end) { return byteString(fromUtf8(slice(`${this}`, start, end))); },
};

function addByteStrings() {
  put(String, "bytesFrom", ({ bytesFrom(data, encoding) { return bytesFrom(data, encoding); } }).bytesFrom);
  for (const name of ownKeys(BYTE_STRING_METHODS)) put(String.prototype, name, BYTE_STRING_METHODS[name]);
}

// "MemoryError", listed for runtime 1.0 only.
function addMemoryError() {
  function MemoryError(message) {
    return construct(NativeError, message === undefined ? [] : [message], new.target ?? MemoryError);
  }
  defineProperty(MemoryError, "prototype", { value: { __proto__: NativeError.prototype }, writable: false });
  put(MemoryError.prototype, "constructor", MemoryError);
  put(MemoryError.prototype, "name", "MemoryError");
  put(MemoryError.prototype, "message", "");
  put(globalThis, "MemoryError", MemoryError);
}
