import { makeOption, ValueError, type Option } from '@nsq/options';
import { readSetting, type ClientSettings } from './client-settings.js';

/** `--consumer-opt` or `--producer-opt`: repeatable, each adds one option. */
export function clientOptFlag(flag: 'consumer-opt' | 'producer-opt'): Option<ClientSettings> {
  const what = flag === 'consumer-opt' ? 'nsq.Consumer' : 'nsq.Producer';
  return makeOption<ClientSettings>(
    {
      placeholder: 'value',
      zero: '{}',
      fromFlag: (text, previous = {}) => readSetting(text, previous),
      fromToml: () => {
        throw new ValueError('only a flag');
      },
      show: (value) => JSON.stringify(value),
      render: (value) => ({ json: true, body: JSON.stringify(value) }),
    },
    { flag, key: null, default: {}, help: `option to passthrough to ${what} (may be given multiple times), name,value` },
  );
}
