import { ERROR_CODES, ProtocolError, isFatal, type ErrorCode } from './errors.js';

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe('ProtocolError', () => {
  it('carries the code, a space and the description', () => {
    const error = new ProtocolError('E_BAD_TOPIC', 'PUB topic name "é" is not valid');
    expect(error).toMatchObject({ name: 'ProtocolError', code: 'E_BAD_TOPIC', fatal: true, silent: false });
    expect(error.message).toBe('E_BAD_TOPIC PUB topic name "é" is not valid');
    expect(error.data).toEqual(Buffer.from('E_BAD_TOPIC PUB topic name "é" is not valid'));
  });

  it('is the code alone without a description', () => {
    const error = new ProtocolError('E_BAD_PROTOCOL', '');
    expect(error.data.toString()).toBe('E_BAD_PROTOCOL');
    expect(error.message).toBe('E_BAD_PROTOCOL');
  });

  it('keeps bytes that are no UTF-8', () => {
    expect(new ProtocolError('E_INVALID', Buffer.of(0xff, 0)).data.toString('latin1')).toBe('E_INVALID \xff\0');
  });

  it('keeps what caused it', () => {
    const cause = new Error('no JSON');
    expect(new ProtocolError('E_BAD_BODY', 'x', { cause }).cause).toBe(cause);
    expect(new ProtocolError('E_BAD_BODY', 'x')).not.toHaveProperty('cause');
  });

  it('may be one that no frame tells', () => {
    expect(ProtocolError.silent('line too long')).toMatchObject({ fatal: true, silent: true });
  });
});

it('leaves the connection open for three codes only', () => {
  expect(codes.filter((code) => !isFatal(code))).toEqual(['E_FIN_FAILED', 'E_REQ_FAILED', 'E_TOUCH_FAILED']);
  for (const code of codes) expect(new ProtocolError(code, 'x').fatal).toBe(isFatal(code));
});
