// The web app: every page that belongs to no other app.
export const handler = async (event) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json', 'cache-control': 'public, s-maxage=60' },
  body: JSON.stringify({ app: 'web', path: event.rawPath, host: event.headers['x-forwarded-host'], id: event.requestContext.requestId })
});
