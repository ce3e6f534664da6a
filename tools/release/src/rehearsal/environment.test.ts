import path from 'node:path';
import { strangersEnvironment } from './environment.js';

describe("a stranger's environment", () => {
  it('knows nothing of npm run, of this workspace and of a real release', () => {
    const bin = path.join('/home', 'nsq', 'node_modules', '.bin');
    const clean = strangersEnvironment({
      PATH: [bin, '/usr/bin', '/lib/node-gyp-bin'].join(path.delimiter),
      npm_config_local_prefix: '/home/nsq',
      npm_package_name: '@nsq/source',
      npm_config_registry: 'http://127.0.0.1:1/',
      NX_DRY_RUN: 'true',
      NSQ_NSQD: '127.0.0.1:4150',
      GITHUB_REPOSITORY: 'owner/name',
      NPM_CONFIG_PROVENANCE: 'true',
      GIT_DIR: '/home/nsq/.git',
      HOME: '/home',
      GONE: undefined,
    });
    expect(clean).toMatchObject({ PATH: '/usr/bin', npm_config_registry: 'http://127.0.0.1:1/', HOME: '/home' });
    expect(
      Object.keys(clean).filter((name) => !/^(PATH|HOME|npm_config_registry|GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL))$/.test(name)),
    ).toEqual([]);
  });
});
