// The module querystring: query strings with names and values percent-decoded; the event's records are unknown to it.

const split_ = unbound(String.prototype.split), indexOf_ = unbound(String.prototype.indexOf);
const ESCAPED = /(?:%[0-9a-fA-F]{2})+/g;

function unescapeText(text) {
  if (indexOf_(text, "%") < 0) return text;
  try {
    return decodeURIComponent_(text);
  } catch (error) {
    if (!(error instanceof NativeURIError)) throw error;
    return nativeReplace(text, ESCAPED, (escaped) => utf8Of(fromHex(replaceAll(escaped, "%", ""))));
  }
}

const escapeText = (text) => encodeURIComponent_(wellFormed(text));

function decodeWith(decode) {
  return (text) => decode(replaceAll(text, "+", "%20"));
}

function addPair(pairs, name, value) {
  const there = getOwnPropertyDescriptor(pairs, name);
  if (there === undefined) {
    defineProperty(pairs, name, { value, writable: true, enumerable: true, configurable: true });
  } else if (isArray(there.value)) {
    there.value[there.value.length] = value;
  } else {
    pairs[name] = [there.value, value];
  }
}

function parseQuery(text, separator, equals, options) {
  const pairs = {}, decode = decodeWith(options?.decodeURIComponent ?? unescapeText);
  if (typeof text !== "string") return pairs;
  const [between, sign] = [`${separator || "&"}`, `${equals || "="}`];
  const most = options?.maxKeys ?? 1000;
  refuseLongSearch(text, between);
  refuseLongSearch(text, sign);
  const parts = split_(text, between);
  let count = 0;
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === "") continue;
    if (most > 0 && ++count > most) break;
    const at = indexOf_(parts[i], sign);
    const name = at < 0 ? parts[i] : slice(parts[i], 0, at);
    addPair(pairs, decode(name), at < 0 ? "" : decode(slice(parts[i], at + sign.length)));
  }
  return pairs;
}

function plainText(value) {
  if (typeof value === "string") return value;
  return typeof value === "boolean" || typeof value === "number" && value - value === 0 ? `${value}` : "";
}

function stringifyQuery(pairs, separator, equals, options) {
  if (pairs === null || typeof pairs !== "object") return "";
  const encode = options?.encodeURIComponent ?? escapeText;
  const [between, sign] = [`${separator || "&"}`, `${equals || "="}`];
  let text = "";
  const names = keysOf(pairs);
  for (let i = 0; i < names.length; i++) {
    const given = pairs[names[i]], values = isArray(given) ? given : [given];
    for (let j = 0; j < values.length; j++) {
      text += `${text === "" ? "" : between}${encode(names[i])}${sign}${encode(plainText(values[j]))}`;
    }
  }
  return text;
}

const keysOf = Object.keys;
const querystring = {
  parse: parseQuery,
  decode: parseQuery,
  stringify: stringifyQuery,
  encode: stringifyQuery,
  escape(text) { return escapeText(`${text}`); },
  unescape(text) { return unescapeText(`${text}`); },
};
