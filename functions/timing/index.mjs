// origin-response: marks what is about to be stored, so that a hit shows when it was made.
export const handler = async (event) => {
  const response = event.Records[0].cf.response;
  response.headers['x-origin-response'] = [{ key: 'X-Origin-Response', value: `Timing at ${new Date().toISOString()}` }];
  return response;
};
