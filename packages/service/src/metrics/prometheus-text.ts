/** Content type of Prometheus' text format 0.0.4, which the functions here write. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What has the label `quantile` is a `summary`, be it without a sum and a count. */
export type MetricKind = 'counter' | 'gauge' | 'summary';

/** What comes before the samples of a metric. `help` is one line. */
export function metricHeader(name: string, kind: MetricKind, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`;
}

/** @param labels made by `metricLabel`, with commas between them */
export function metricSample(name: string, labels: string, value: number): string {
  return `${name}{${labels}} ${value}\n`;
}

/** A metric with one sample. */
export function metric(name: string, kind: MetricKind, help: string, value: number): string {
  return `${metricHeader(name, kind, help)}${name} ${value}\n`;
}

/** One label; the value may hold any characters. */
export function metricLabel(name: string, value: string): string {
  return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
