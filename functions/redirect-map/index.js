// viewer-request: paths that have moved. Each key of the store is an old path, its value where it went:
// a path, a URL, or {"to": ..., "status": 302, "until": "2026-12-31"} as JSON.
import cf from 'cloudfront';

const moved = cf.kvs();
const PHRASES = { 301: 'Moved Permanently', 302: 'Found', 307: 'Temporary Redirect', 308: 'Permanent Redirect' };

async function handler(event) {
  const request = event.request;
  const key = request.uri.length > 1 && request.uri.endsWith('/') ? request.uri.slice(0, -1) : request.uri;
  if (!(await moved.exists(key))) {
    return request;
  }
  const text = await moved.get(key);
  const entry = text.startsWith('{') ? JSON.parse(text) : { to: text };
  if (entry.until && Date.now() > Date.parse(entry.until)) {
    return request;
  }
  const status = PHRASES[entry.status] ? entry.status : 301;
  console.log(key + ' has moved to ' + entry.to);
  return {
    statusCode: status,
    statusDescription: PHRASES[status],
    headers: {
      location: { value: withQuery(entry.to, request.rawQueryString()) },
      'cache-control': { value: 'max-age=3600' }
    }
  };
}

function withQuery(url, query) {
  if (!query) {
    return url;
  }
  return url + (url.includes('?') ? '&' : '?') + query;
}
