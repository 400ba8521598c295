// The module crypto: createHash, createHmac. The host computes: a hash whose answer is not known yet is a question, which
// ends the run; the host answers it and runs the handler again. A long chain of hashes is left to `hashes` in the end.

const ALGORITHMS = { __proto__: null, md5: true, sha1: true, sha256: true };
const answerOf = unbound(Map.prototype.get);
let known = null;  // answers by question
let asks = true;  // false: whatever is not known is computed here

const algorithmOf = (name) => {
  if (typeof name !== "string") throw new TypeError("algorithm must be a string");
  if (ALGORITHMS[name] === undefined) throw new TypeError(`not supported algorithm: "${name}"`);
  return name;
};

// What the host reads: `t` and a text, or `h` and bytes as hexadecimal digits.
function part(data, what, encoding) {
  if (typeof data === "string") {
    if (encoding !== undefined && encoding !== "utf8") return `h${hexOf(encodingOf(encoding).read(data))}`;
    return isByteString(data) ? `h${hexOf(fromLatin1(data))}` : `t${data}`;
  }
  const bytes = bytesOf(data);
  if (bytes === undefined) throw new TypeError(`${what} is not a string or Buffer-like object`);
  return `h${hexOf(bytes)}`;
}

const bytesOfPart = (text) => text[0] === "h" ? fromHex(slice(text, 1)) : fromUtf8(slice(text, 1));

class Hash {
  #algorithm;
  #key;
  #parts = bare([]);

  constructor(algorithm, key) {
    this.#algorithm = algorithm;
    this.#key = key;
  }

  update(data, encoding) {
    if (this.#parts === null) throw new NativeError("Digest already called");
    this.#parts[this.#parts.length] = part(data, "data", encoding);
    return this;
  }

  digest(encoding) {
    if (this.#parts === null) throw new NativeError("Digest already called");
    if (encoding !== undefined && (encoding === "utf8" || ENCODINGS[encoding] === undefined)) {
      throw new TypeError(`Unknown digest encoding: "${NativeString(encoding)}"`);
    }
    const hex = hashed(this.#algorithm, this.#key, this.#parts);
    this.#parts = null;
    if (encoding === "hex") return hex;
    const bytes = fromHex(hex);
    if (encoding !== undefined) return ENCODINGS[encoding].write(bytes);
    return runtime === "1.0" ? byteString(bytes) : buffer(bytes);
  }
}

function hashed(algorithm, key, parts) {
  const question = stringify({ __proto__: null, q: bare([algorithm, key, parts]) });
  const answer = known === null ? undefined : answerOf(known, question);
  if (answer !== undefined) return answer;
  if (asks) ask(question);
  return computed(hashes[algorithm], key, parts);
}

function computed(algorithm, key, parts) {
  const hash = key === null ? algorithm.create() : algorithm.hmac.create(bytesOfPart(key));
  for (let i = 0; i < parts.length; i++) hash.update(bytesOfPart(parts[i]));
  return hash.hex();
}

const crypto = {
  createHash(algorithm) { return new Hash(algorithmOf(algorithm), null); },
  createHmac(algorithm, key) { return new Hash(algorithmOf(algorithm), part(key, "key")); },
};
