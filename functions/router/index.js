// viewer-request: sends each request to the app that its host and path belong to.
// The store's keys are a host and the beginning of a path, `www.example.com/shop`, of at most two segments; the longest one
// that fits wins. Each value is a route, as JSON:
//   {"origin": "shop"}                  an origin of the distribution, by its id
//   {"domain": "docs.example.com"}      any other one, by its domain name
//   {..., "strip": true}                the app does not see the path's beginning
//   {"split": [{"origin": "a", "weight": 90}, {"domain": "b.example.com", "weight": 10}]}
//   {"maintenance": "until noon"}       nobody is asked
// What was chosen goes on as x-route, which belongs in the cache policy: an origin is no part of the cache key.
import cf from 'cloudfront';

const routes = cf.kvs();
const SEGMENTS = 2;
const MOST_KEY = 512; // bytes of a store's key

async function handler(event) {
  const request = event.request;
  const host = request.headers.host.value;
  const found = await routeOf(host, request.uri);
  if (!found) {
    return answer(404, 'Not Found', 'There is no such page.');
  }
  const route = found.route;
  if (route.maintenance) {
    return answer(503, 'Service Unavailable', 'Back soon: ' + route.maintenance, { 'retry-after': { value: '60' } });
  }
  const target = route.split ? share(route.split, event) : route;
  if (route.strip) {
    request.uri = request.uri.slice(found.prefix.length) || '/';
  }
  request.headers['x-forwarded-host'] = { value: host };
  request.headers['x-route'] = { value: target.origin || target.domain };
  console.log(host + found.prefix + ' goes to ' + request.headers['x-route'].value);
  if (target.origin) {
    cf.selectRequestOriginById(target.origin);
  } else {
    cf.updateRequestOrigin({
      domainName: target.domain,
      originAccessControlConfig: { enabled: false },
      customOriginConfig: { port: 443, protocol: 'https', sslProtocols: ['TLSv1.2'] },
      timeouts: { readTimeout: 20 }
    });
  }
  return request;
}

// Every key that fits, the longest first: /a/b, /a, / for /a/b/c.
async function routeOf(host, uri) {
  const segments = uri.split('/').slice(1, SEGMENTS + 1).filter((segment) => segment !== '');
  for (let count = segments.length; count >= 0; count--) {
    const prefix = '/' + segments.slice(0, count).join('/');
    const key = host + prefix;
    if (key.length <= MOST_KEY && (count === 0 || uri.startsWith(prefix)) && (await routes.exists(key))) {
      return { prefix: count === 0 ? '' : prefix, route: await routes.get(key, { format: 'json' }) };
    }
  }
  return undefined;
}

// The same viewer always gets the same one: FNV-1a of address and browser.
function share(targets, event) {
  const agent = event.request.headers['user-agent'];
  const text = event.viewer.ip + (agent ? agent.value : '');
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  }
  const total = targets.reduce((sum, target) => sum + target.weight, 0);
  let left = (hash >>> 0) % total;
  return targets.find((target) => (left -= target.weight) < 0);
}

function answer(statusCode, statusDescription, text, headers) {
  return {
    statusCode,
    statusDescription,
    headers: Object.assign({ 'content-type': { value: 'text/plain; charset=utf-8' } }, headers),
    body: text + '\n'
  };
}
