// The account app: what it says is for one person, and never stored.
export const handler = async (event) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json', 'cache-control': 'private, no-store' },
  cookies: ['session=1; Path=/account; Secure; HttpOnly'],
  body: JSON.stringify({
    app: 'account',
    method: event.requestContext.http.method,
    path: event.rawPath,
    cookies: event.cookies ?? [],
    id: event.requestContext.requestId
  })
});
