// viewer-request: lets requests through that carry a JSON Web Token (HS256) in ?jwt= or in Authorization: Bearer.
// The token is taken off the query string, so that it never becomes part of the cache key.
const crypto = require('crypto');

const KEY = 'example-key-that-belongs-in-a-key-value-store';

function handler(event) {
  const request = event.request;
  const token = tokenOf(request);
  if (!token) {
    return unauthorized('no token');
  }
  try {
    const claims = verified(token);
    console.log('token of ' + claims.sub);
  } catch (error) {
    return unauthorized(error.message);
  }
  delete request.querystring.jwt;
  return request;
}

function tokenOf(request) {
  if (request.querystring.jwt) {
    return request.querystring.jwt.value;
  }
  const authorization = request.headers.authorization;
  return authorization && authorization.value.startsWith('Bearer ') ? authorization.value.slice(7) : undefined;
}

function verified(token) {
  const parts = token.split('.');
  if (parts.length !== 3) {
    throw new Error('not a token');
  }
  if (decoded(parts[0]).alg !== 'HS256') {
    throw new Error('wrong algorithm');
  }
  const signature = crypto.createHmac('sha256', KEY).update(parts[0] + '.' + parts[1]).digest('base64url');
  if (!sameText(signature, parts[2])) {
    throw new Error('wrong signature');
  }
  const claims = decoded(parts[1]);
  const now = Date.now() / 1000;
  if (typeof claims.exp !== 'number' || now >= claims.exp) {
    throw new Error('token expired');
  }
  if (claims.nbf !== undefined && now < claims.nbf) {
    throw new Error('token not valid yet');
  }
  return claims;
}

function decoded(part) {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

// Takes the same time wherever the texts differ.
function sameText(one, other) {
  if (one.length !== other.length) {
    return false;
  }
  let difference = 0;
  for (let i = 0; i < one.length; i++) {
    difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  }
  return difference === 0;
}

function unauthorized(why) {
  console.log('refused: ' + why);
  return {
    statusCode: 401,
    statusDescription: 'Unauthorized',
    headers: { 'www-authenticate': { value: 'Bearer' } }
  };
}
