/**
 * The prefix of this daemon's statsd keys: `%s` in the template stands for `host:port` with `.` and `:` as `_`, and a dot is put at the
 * end. An empty template stays empty.
 * @param port as advertised; 0 when there is none
 */
export function statsdPrefix(template: string, host: string, port: number): string {
  if (template === '') return '';
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const prefix = template.replaceAll('%s', () => address.replace(/[.:]/g, '_'));
  return prefix.endsWith('.') ? prefix : `${prefix}.`;
}
