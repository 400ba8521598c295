// Time: "every now during one run returns the start time of that run". Local time is UTC, wherever the proxy runs.

let now = 0;
let randomState = 0;

const UTC = NativeDate.UTC, nativeParse = NativeDate.parse;
const offsetOf = unbound(NativeDate.prototype.getTimezoneOffset);
const ZONED = /(?:z|gmt|utc?|[+-]\d\d:?\d\d)\s*(?:\([^)]*\))?\s*$|^\s*[+-]?\d{4,6}(?:-\d\d){0,2}\s*$/i;

// Text that names no zone was read as this machine's local time: moved to UTC.
function instant(text) {
  const time = nativeParse(text);
  return text.length > 64 || matches(ZONED, text) ? time : time - offsetOf(new NativeDate(time)) * 60000;
}

// Math.random, seeded by the host for each request (mulberry32): a run that is repeated takes the same way.
function randomBits() {
  randomState = randomState + 0x6d2b79f5 | 0;
  let bits = imul(randomState ^ randomState >>> 15, 1 | randomState);
  bits = bits + imul(bits ^ bits >>> 7, 61 | bits) ^ bits;
  return (bits ^ bits >>> 14) >>> 0;
}

const { imul } = Math;

function seedRandom() {
  const random = () => ((randomBits() >>> 5) * 67108864 + (randomBits() >>> 6)) / 9007199254740992;
  put(Math, "random", ({ random() { return random(); } }).random);
}

function writtenDates(prototype) {
  const toUTCString = unbound(prototype.toUTCString), split = unbound(NativeString.prototype.split);
  const day = ([weekday, date, month, year]) => `${slice(weekday, 0, 3)} ${month} ${date} ${year}`;
  const clock = (parts) => `${parts[4]} GMT+0000 (UTC)`;
  const written = (write) => ({ method() {
    const text = toUTCString(this);
    return text === "Invalid Date" ? text : write(split(text, " "));
  } }).method;
  return { Date: written(day), Time: written(clock), "": written((parts) => `${day(parts)} ${clock(parts)}`) };
}

function stopTime() {
  const prototype = NativeDate.prototype, written = writtenDates(prototype);
  for (const key of ownKeys(prototype)) {
    const local = typeof key === "string" && /^[gs]etUTC/.test(key) ? key.replace("UTC", "") : undefined;
    if (local !== undefined) put(prototype, local, prototype[key]);
  }
  const getTime = unbound(prototype.getTime);
  put(prototype, "getTimezoneOffset", ({ getTimezoneOffset() { return getTime(this) * 0; } }).getTimezoneOffset);
  for (const part of ["", "Date", "Time"]) {
    put(prototype, `to${part}String`, written[part]);
    put(prototype, `toLocale${part}String`, written[part]);
  }
  function Date(...given) {
    if (new.target === undefined) return apply(written[""], new NativeDate(now), []);
    if (given.length === 0) return construct(NativeDate, [now], new.target);
    if (given.length > 1) return construct(NativeDate, [apply(UTC, undefined, given)], new.target);
    return construct(NativeDate, typeof given[0] === "string" ? [instant(given[0])] : given, new.target);
  }
  put(Date, "now", ({ now() { return now; } }).now);
  put(Date, "parse", ({ parse(text) { return instant(`${text}`); } }).parse);
  put(Date, "UTC", UTC);
  defineProperty(Date, "length", { value: 7 });
  defineProperty(Date, "prototype", { value: prototype, writable: false });
  put(prototype, "constructor", Date);
  put(globalThis, "Date", Date);
}
