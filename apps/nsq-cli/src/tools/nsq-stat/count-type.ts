import { ValueError, type OptionType } from '@nsq/options';

/** A count that need not be given. */
export const countType: OptionType<number | null> = {
  placeholder: 'value',
  zero: '',
  fromFlag: (text) => {
    if (!/^[+-]?\d+$/.test(text)) throw new ValueError('parse error');
    return Number(text);
  },
  fromToml: () => {
    throw new ValueError('only a flag');
  },
  show: (value) => (value === null ? '' : String(value)),
  render: (value) => ({ json: true, body: JSON.stringify(value) }),
};
