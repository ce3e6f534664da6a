/** Of this package; the tests compare it with package.json. */
export const VERSION = '0.1.0';
