// Text as bytes and back, by the engine's natives: a loop over bytes here would cost fifty times as much.

const NativeUint8Array = Uint8Array;
const { fromBase64, fromHex } = Uint8Array;
const hexOf = unbound(Uint8Array.prototype.toHex), base64Of = unbound(Uint8Array.prototype.toBase64);
const wellFormed = unbound(String.prototype.toWellFormed);
const replaceAll = unbound(String.prototype.replaceAll);
const firstMatch = unbound(String.prototype.search);
const charCodeAt = unbound(String.prototype.charCodeAt);
const { fromCharCode, fromCodePoint } = String;
const encodeURIComponent_ = encodeURIComponent, decodeURIComponent_ = decodeURIComponent;
const escape_ = escape, unescape_ = unescape, atob_ = atob, btoa_ = btoa;
const NativeURIError = URIError;
const NOT_HEX = /[^0-9a-fA-F]/, NOT_BASE64 = /[^A-Za-z0-9+/]/g, URL_SAFE = { alphabet: "base64url", omitPadding: true };

// A text whose characters are bytes, as the engine's natives read and write it.
const latin1Of = (bytes) => atob_(base64Of(bytes));
const fromLatin1 = (text) => fromBase64(btoa_(text));

const fromUtf8 = (text) => fromLatin1(unescape_(encodeURIComponent_(wellFormed(text))));

function utf8Of(bytes) {
  try {
    return strictUtf8Of(bytes);
  } catch (error) {
    if (!(error instanceof NativeURIError)) throw error;
    return lossyUtf8Of(bytes);
  }
}

// Throws URIError for bytes that are not UTF-8.
const strictUtf8Of = (bytes) => decodeURIComponent_(escape_(latin1Of(bytes)));

// WHATWG Encoding, "UTF-8 decoder": one U+FFFD for each maximal part of a sequence that is broken off.
function lossyUtf8Of(bytes) {
  let text = "", at = 0;
  while (at < bytes.length) {
    const first = bytes[at++];
    const more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
    let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    let point = more === 0 ? first : first & 0x3f >> more, left = more;
    while (left > 0 && bytes[at] >= low && bytes[at] <= high) {
      point = point << 6 | bytes[at++] & 0x3f;
      [low, high] = [0x80, 0xbf];
      left--;
    }
    text += left > 0 || more === 0 && first > 0x7f ? "\ufffd" : fromCodePoint(point);
  }
  return text;
}

// Node's reading: both alphabets, what is neither is skipped, `=` ends it.
function fromAnyBase64(text) {
  const end = firstMatch(text, /=/);
  let digits = replaceAll(replaceAll(end < 0 ? text : slice(text, 0, end), "-", "+"), "_", "/");
  digits = nativeReplace(digits, NOT_BASE64, "");
  return fromBase64(digits.length % 4 === 1 ? slice(digits, 0, -1) : digits);
}

// Node's reading: it ends before the first pair that is not hexadecimal.
function fromAnyHex(text) {
  const end = firstMatch(text, NOT_HEX), length = end < 0 ? text.length : end;
  return fromHex(slice(text, 0, length - length % 2));
}

const ENCODINGS = {
  __proto__: null,
  utf8: { read: fromUtf8, write: utf8Of },
  hex: { read: fromAnyHex, write: hexOf },
  base64: { read: fromAnyBase64, write: (bytes) => base64Of(bytes) },
  base64url: { read: fromAnyBase64, write: (bytes) => base64Of(bytes, URL_SAFE) },
};

function encodingOf(name) {
  const encoding = name === undefined ? ENCODINGS.utf8 : ENCODINGS[NativeString(name)];
  if (encoding === undefined) throw new TypeError(`"${NativeString(name)}" encoding is not supported`);
  return encoding;
}

// The bytes behind a typed array, a DataView or an ArrayBuffer, not copied; undefined for anything else.
function bytesOf(data) {
  if (isView(data)) return new NativeUint8Array(data.buffer, data.byteOffset, data.byteLength);
  return data instanceof ArrayBuffer_ ? new NativeUint8Array(data) : undefined;
}

const ArrayBuffer_ = ArrayBuffer;
