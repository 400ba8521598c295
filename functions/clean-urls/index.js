// viewer-request: /about is the file /about.html, /docs/ is /docs/index.html.
function handler(event) {
  var request = event.request;
  if (request.uri.endsWith('/')) {
    request.uri += 'index.html';
  } else if (!request.uri.includes('.')) {
    request.uri += '.html';
  }
  return request;
}
