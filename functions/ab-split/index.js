// viewer-request: sends a part of the visitors to variant B, and keeps each of them there.
// The variant is the cookie `variant` where there is one, else a bucket from address and browser; it goes on as
// the header x-variant, which belongs in the cache policy, and a page of variant B lies under /b.
var SHARE_OF_B = 30; // percent

function handler(event) {
  var request = event.request;
  var variant = fromCookie(request.cookies.variant) || fromBucket(event);
  request.headers['x-variant'] = { value: variant };
  if (variant === 'b' && isPage(request.uri)) {
    request.uri = '/b' + request.uri;
  }
  console.log('variant ' + variant);
  return request;
}

function fromCookie(cookie) {
  return cookie && (cookie.value === 'a' || cookie.value === 'b') ? cookie.value : undefined;
}

function fromBucket(event) {
  var agent = event.request.headers['user-agent'];
  return bucket(event.viewer.ip + (agent ? agent.value : '')) < SHARE_OF_B ? 'b' : 'a';
}

// FNV-1a, reduced to 0..99: the same visitor always falls into the same bucket.
function bucket(text) {
  var hash = 2166136261;
  for (var i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  }
  return (hash >>> 0) % 100;
}

function isPage(uri) {
  return uri.endsWith('/') || uri.endsWith('.html');
}
