// Runtime 2.0: Buffer, global and as the module buffer. "JavaScript runtime 2.0 features", Buffer: Node's, with the
// encodings utf8, hex, base64 and base64url only.

const nativeSubarray = unbound(TypedArray.prototype.subarray), nativeFill = unbound(TypedArray.prototype.fill);
const copyBytes = unbound(TypedArray.prototype.set);

function Buffer() {
  throw new TypeError("Buffer is not a constructor");
}
defineProperty(Buffer, "prototype", { value: { __proto__: Uint8Array.prototype }, writable: false });
setPrototypeOf(Buffer, Uint8Array);
put(Buffer.prototype, "constructor", Buffer);
defineProperty(Buffer, Symbol.species, { get() { return NativeUint8Array; } });

// The same bytes, as a Buffer.
const buffer = (bytes) => setPrototypeOf(bytes, Buffer.prototype);
const isBuffer = (value) => value instanceof Buffer;

function sized(size) {
  if (typeof size !== "number" || !(size >= 0 && size <= MOST_OUTPUT * 2)) throw new RangeError("invalid size");
  return new NativeUint8Array(size);
}

function bytesGiven(data, what, encoding) {
  const bytes = typeof data === "string" ? encodingOf(encoding).read(data) : bytesOf(data);
  if (bytes === undefined) throw new TypeError(`${what} argument is not a string or Buffer-like object`);
  return bytes;
}

function bufferFrom(data, encoding, length) {
  if (typeof data === "string") return buffer(encodingOf(encoding).read(data));
  if (data instanceof ArrayBuffer_) return buffer(new NativeUint8Array(data, encoding, length));
  if (isView(data)) return buffer(new NativeUint8Array(bytesOf(data)));
  if (data?.type === "Buffer" && isArray(data.data)) return bufferFrom(data.data);
  if (data === null || typeof data !== "object") throw new TypeError("first argument is not a string or Buffer-like object");
  refuseLongList(data);
  return buffer(new NativeUint8Array(data));
}

function compareBytes(one, other) {
  const shorter = one.length < other.length ? one.length : other.length;
  for (let i = 0; i < shorter; i++) if (one[i] !== other[i]) return one[i] < other[i] ? -1 : 1;
  return one.length === other.length ? 0 : one.length < other.length ? -1 : 1;
}

const BUFFER_STATICS = {
  alloc(size, fill, encoding) {
    const made = buffer(sized(size));
    return fill === undefined ? made : fillWith(made, fill, 0, size, encoding);
  },
  allocUnsafe(size) { return buffer(sized(size)); },
  byteLength(data, encoding) { return bytesGiven(data, "first", encoding).length; },
  compare(one, other) { return compareBytes(bytesGiven(one, "first"), bytesGiven(other, "second")); },
  concat(list, length) {
    if (!isArray(list)) throw new TypeError('"list" argument must be an instance of Array');
    let all = 0;
    for (let i = 0; i < list.length; i++) all += bytesGiven(list[i], "list").length;
    const made = buffer(sized(length ?? all));
    for (let i = 0, at = 0; i < list.length && at < made.length; i++) at += copyInto(made, at, bytesOf(list[i]));
    return made;
  },
  from(data, encoding, length) { return bufferFrom(data, encoding, length); },
  isBuffer(value) { return isBuffer(value); },
  isEncoding(name) { return ENCODINGS[NativeString(name)] !== undefined; },
};

// As many bytes as there is room for from `at`; returns how many.
function copyInto(target, at, bytes) {
  const room = target.length - at;
  if (room <= 0) return 0;
  const fitting = bytes.length > room ? nativeSubarray(bytes, 0, room) : bytes;
  copyBytes(target, fitting, at);
  return fitting.length;
}

// `end` is not yet known to be inside.
function fillWith(target, value, start, end, encoding) {
  if (typeof value === "number") return nativeFill(target, value, start, end);
  const bytes = bytesGiven(value, "first", encoding), last = end < target.length ? end : target.length;
  if (bytes.length === 0) return nativeFill(target, 0, start, last);
  for (let i = start; i < last; i++) target[i] = bytes[(i - start) % bytes.length];
  return target;
}

const wanted = (value, encoding) => typeof value === "number" ? [value & 255] : bytesGiven(value, "first", encoding);

function find(bytes, value, from, step, encoding) {
  const sought = wanted(value, encoding), last = bytes.length - sought.length;
  let at = from < 0 ? bytes.length + from : from;
  if (step > 0 && at < 0) at = 0;
  if (step < 0 && at > last) at = last;
  for (; at >= 0 && at <= last; at += step) {
    let same = 0;
    while (same < sought.length && bytes[at + same] === sought[same]) same++;
    if (same === sought.length) return at;
  }
  return -1;
}

function swapped(bytes, size) {
  if (bytes.length % size !== 0) throw new RangeError(`Buffer size must be a multiple of ${size * 8}-bits`);
  for (let at = 0; at < bytes.length; at += size) {
    for (let i = 0; i < size / 2; i++) {
      [bytes[at + i], bytes[at + size - 1 - i]] = [bytes[at + size - 1 - i], bytes[at + i]];
    }
  }
  return bytes;
}

const BUFFER_METHODS = {
  compare(target, targetStart, targetEnd, start, end) {
    const other = bytesGiven(target, "first");
    return compareBytes(nativeSubarray(bytesOf(this), start ?? 0, end), nativeSubarray(other, targetStart ?? 0, targetEnd));
  },
  copy(target, targetStart, start, end) {
    return copyInto(target, targetStart ?? 0, nativeSubarray(bytesOf(this), start ?? 0, end));
  },
  equals(other) { return compareBytes(this, bytesGiven(other, "first")) === 0; },
  fill(value, start, end, encoding) {
    if (typeof start === "string") return fillWith(this, value, 0, this.length, start);
    return fillWith(this, value, start ?? 0, end ?? this.length, encoding);
  },
  includes(value, from, encoding) { return find(this, value, from ?? 0, 1, encoding) >= 0; },
  indexOf(value, from, encoding) {
    return typeof from === "string" ? find(this, value, 0, 1, from) : find(this, value, from ?? 0, 1, encoding);
  },
  lastIndexOf(value, from, encoding) {
    if (typeof from === "string") return find(this, value, this.length, -1, from);
    return find(this, value, from ?? this.length, -1, encoding);
  },
  subarray(start, end) { return buffer(nativeSubarray(bytesOf(this), start, end)); },
  swap16() { return swapped(this, 2); },
  swap32() { return swapped(this, 4); },
  swap64() { return swapped(this, 8); },
  toJSON() {
    const data = [];
    for (let i = 0; i < this.length; i++) data[i] = this[i];
    return { type: "Buffer", data };
  },
  toString(encoding, start, end) { return encodingOf(encoding).write(nativeSubarray(bytesOf(this), start ?? 0, end)); },
  write(text, offset, length, encoding) {
    if (typeof text !== "string") throw new TypeError("first argument must be a string");
    if (typeof offset === "string") return copyInto(this, 0, encodingOf(offset).read(text));
    if (typeof length === "string") [length, encoding] = [undefined, length];
    const at = offset ?? 0, bytes = encodingOf(encoding).read(text);
    return copyInto(this, at, length < bytes.length ? nativeSubarray(bytes, 0, length) : bytes);
  },
};

const NUMBERS = [
  ["Int8", "Int8", 1], ["UInt8", "Uint8", 1], ["Int16", "Int16", 2], ["UInt16", "Uint16", 2], ["Int32", "Int32", 4],
  ["UInt32", "Uint32", 4], ["Float", "Float32", 4], ["Double", "Float64", 8],
];

// readInt8 … writeDoubleBE: by a DataView, whose RangeError tells of a place outside.
function addNumbers() {
  for (const [name, type, size] of NUMBERS) {
    const read = unbound(DataView.prototype[`get${type}`]), write = unbound(DataView.prototype[`set${type}`]);
    for (const order of size === 1 ? [""] : ["LE", "BE"]) {
      addMethod(`read${name}${order}`, function (offset) { return read(viewOf(this), offset ?? 0, order === "LE"); });
      addMethod(`write${name}${order}`, function (value, offset) {
        write(viewOf(this), offset ?? 0, value, order === "LE");
        return (offset ?? 0) + size;
      });
    }
  }
  for (const order of ["LE", "BE"]) {
    for (const signed of [true, false]) addSizedNumbers(signed, order);
  }
}

const NativeDataView = DataView;
const viewOf = (bytes) => new NativeDataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function addMethod(name, method) {
  defineProperty(method, "name", { value: name });
  put(Buffer.prototype, name, method);
}

function refuseOutside(bytes, offset, size) {
  if (!(size >= 1 && size <= 6)) throw new RangeError("byteLength must be from 1 to 6");
  if (!(offset >= 0 && offset + size <= bytes.length)) throw new RangeError("index is outside the bound of the buffer");
}

function addSizedNumbers(signed, order) {
  const name = `${signed ? "Int" : "UInt"}${order}`;
  const place = (i, size) => order === "LE" ? size - 1 - i : i;
  addMethod(`read${name}`, function (offset, size) {
    refuseOutside(this, offset, size);
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this[offset + place(i, size)];
    return signed && value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
  });
  addMethod(`write${name}`, function (value, offset, size) {
    refuseOutside(this, offset, size);
    let left = value < 0 ? value + 2 ** (8 * size) : +value;
    for (let i = size - 1; i >= 0; i--) {
      this[offset + place(i, size)] = left % 256;
      left = Math.floor(left / 256);
    }
    return offset + size;
  });
}

function makeBuffer() {
  for (const name of ownKeys(BUFFER_STATICS)) put(Buffer, name, BUFFER_STATICS[name]);
  for (const name of ownKeys(BUFFER_METHODS)) put(Buffer.prototype, name, BUFFER_METHODS[name]);
  addNumbers();
}
