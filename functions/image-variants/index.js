// viewer-request: one path for each variant of an image, however the viewer asks for it.
// /images/harbour.ppm?width=200&format=auto becomes /images/harbour.ppm/width=200.png: auto is the first format that the viewer
// accepts. Only these widths exist, so nobody can fill cache and bucket with others.
const WIDTHS = ['100', '200', '400'];
const DEFAULT_WIDTH = '200';
const FORMATS = ['png', 'bmp']; // the best one first; the last one is for viewers that accept none

function handler(event) {
  const request = event.request;
  const width = asked(request.querystring.width, DEFAULT_WIDTH);
  const format = asked(request.querystring.format, 'auto');
  if (!WIDTHS.includes(width)) {
    return refused('width is one of ' + WIDTHS.join(', '));
  }
  if (format !== 'auto' && !FORMATS.includes(format)) {
    return refused('format is auto or one of ' + FORMATS.join(', '));
  }
  const suffix = format === 'auto' ? accepted(request.headers.accept) : format;
  request.uri += '/width=' + width + '.' + suffix;
  request.querystring = {};
  return request;
}

function asked(parameter, otherwise) {
  return parameter && parameter.value ? parameter.value : otherwise;
}

function accepted(header) {
  const ranges = (header ? header.value : '*/*')
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim().toLowerCase()))
    .filter((parts) => !parts.some((part) => /^q=0(\.0*)?$/.test(part)))
    .map((parts) => parts[0]);
  const isAccepted = (format) => ['image/' + format, 'image/*', '*/*'].some((range) => ranges.includes(range));
  return FORMATS.find(isAccepted) || FORMATS[FORMATS.length - 1];
}

function refused(why) {
  return {
    statusCode: 400,
    statusDescription: 'Bad Request',
    headers: { 'content-type': { value: 'text/plain; charset=utf-8' } },
    body: why + '\n'
  };
}
