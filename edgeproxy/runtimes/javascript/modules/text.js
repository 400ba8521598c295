// Runtime 2.0: TextEncoder and TextDecoder ("JavaScript runtime 2.0 features"), UTF-8 only.

const setBytes = unbound(getPrototypeOf(Uint8Array).prototype.set);

class TextEncoder {
  get encoding() { return "utf-8"; }

  encode(text) { return text === undefined ? new NativeUint8Array(0) : fromUtf8(`${text}`); }

  encodeInto(text, target) {
    if (!(target instanceof NativeUint8Array)) throw new TypeError("The second argument is not a Uint8Array");
    let read = `${text}`, bytes = fromUtf8(read);
    if (bytes.length > target.length) {
      let end = target.length;
      while (end > 0 && (bytes[end] & 0xc0) === 0x80) end--;
      bytes = new NativeUint8Array(bytes.buffer, 0, end);
      read = utf8Of(bytes);
    }
    setBytes(target, bytes);
    return { read: read.length, written: bytes.length };
  }
}

class TextDecoder {
  #fatal;
  #ignoreBOM;

  constructor(encoding, options) {
    if (encoding !== undefined && !matches(/^\s*utf-?8\s*$/i, `${encoding}`)) {
      throw new RangeError(`The "${encoding}" encoding is not supported`);
    }
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  get encoding() { return "utf-8"; }

  get fatal() { return this.#fatal; }

  get ignoreBOM() { return this.#ignoreBOM; }

  decode(data) {
    const bytes = data === undefined ? new NativeUint8Array(0) : bytesOf(data);
    if (bytes === undefined) throw new TypeError("The first argument is not an ArrayBuffer or a view of one");
    const text = this.#fatal ? wholeText(bytes) : utf8Of(bytes);
    return !this.#ignoreBOM && text[0] === "\ufeff" ? slice(text, 1) : text;
  }
}

function wholeText(bytes) {
  try {
    return strictUtf8Of(bytes);
  } catch (error) {
    if (error instanceof NativeURIError) throw new TypeError("The encoded data was not valid");
    throw error;
  }
}

function addTextCodecs() {
  put(globalThis, "TextEncoder", TextEncoder);
  put(globalThis, "TextDecoder", TextDecoder);
}
