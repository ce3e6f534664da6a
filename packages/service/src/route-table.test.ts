import { RouteTable } from './route-table.js';

const table = new RouteTable();
table.add('GET', '/ping');
table.add('POST', '/pub');
table.add(['GET', 'PUT'], '/config/:opt');
table.add('GET', '/debug/pprof/');
table.add('GET', '/debug/pprof/symbol');
table.add('POST', '/debug/pprof/symbol');
table.add('GET', '/static/*');

it.each([
  ['/pub', 'OPTIONS, POST'],
  ['/ping?x=1', 'GET, OPTIONS'],
  ['/config/x', 'GET, OPTIONS, PUT'],
  ['/debug/pprof/symbol', 'GET, OPTIONS, POST'],
  ['/p%69ng', 'GET, OPTIONS'],
  ['/static/a/b', 'GET, OPTIONS'],
  ['*', 'GET, OPTIONS, POST, PUT'],
  ['/config', undefined],
  ['/config/', undefined],
  ['/ping/', undefined],
  ['/PING', undefined],
  ['/', undefined],
  ['/%zz', undefined],
])('allows for %s: %s', (target, allow) => {
  expect(table.allowed(target)).toBe(allow);
});

it.each([
  ['GET', '/ping/', '/ping'],
  ['GET', '/PING?a=1&b=%23', '/ping?a=1&b=%23'],
  ['GET', '//ping', '/ping'],
  ['GET', '/x/../ping', '/ping'],
  ['POST', '/pub/?topic=t', '/pub?topic=t'],
  ['PUT', '/Config/Log_Level/', '/config/Log_Level'],
  ['GET', '/CONFIG/%2F%2Fevil', '/config/%2F%2Fevil'],
  ['GET', '/CONFIG/\\evil\u00e9', '/config/%5cevil%e9'],
  ['GET', '/debug/pprof', '/debug/pprof/'],
  ['GET', '/pub/', undefined],
  ['HEAD', '/ping/', undefined],
  ['OPTIONS', '/ping/', undefined],
  ['GET', '/ping', undefined],
  ['GET', '/config/', undefined],
  ['GET', '/CONFIG', undefined],
  ['GET', '/', undefined],
  ['GET', '/nothing/', undefined],
])('redirects %s %s to %s', (method, target, location) => {
  expect(table.redirect(method, target)).toBe(location);
});
