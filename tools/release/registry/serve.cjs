// A registry for one rehearsal, with its packages in a folder and below a path of its own; it ends with its parent.
const { createServer } = require('node:http');
const { runServer } = require('verdaccio');

const [storage, prefix] = process.argv.slice(2);
const config = {
  storage,
  self_path: storage,
  url_prefix: prefix,
  web: { enable: false },
  // No uplink: what is not ours comes from the usual registry.
  packages: { '@nsq/*': { access: '$all', publish: '$anonymous', unpublish: '$anonymous' }, '**': { access: '$all' } },
  log: { type: 'stdout', format: 'json', level: 'warn' },
};

process.once('disconnect', () => process.exit());
runServer(config).then((registry) => {
  // verdaccio writes the prefix into addresses, but leaves it to a proxy to take it away.
  const server = createServer((request, response) => {
    if (request.url.startsWith(prefix)) request.url = request.url.slice(prefix.length - 1);
    registry.emit('request', request, response);
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
});
