import { LiveView } from './live-view.js';
import { counted, ProgressLine } from './progress-line.js';
import { formatRows, tableLines } from './table.js';

class FakeTerminal {
  readonly isTTY: boolean;
  readonly columns = 20;
  readonly rows = 4;
  written = '';

  constructor(isTTY = true) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.written += text;
  }
}

interface Row {
  readonly name: string;
  readonly count: number;
}

const COLUMNS = [
  { title: 'NAME', value: ({ name }: Row) => name },
  { title: 'COUNT', value: ({ count }: Row) => count },
];
const ROWS = [
  { name: 'a', count: 12_345_678 },
  { name: 'longer', count: 1 },
];

describe('formatRows', () => {
  it('makes columns for people, names on the left and numbers on the right', () => {
    expect(tableLines(COLUMNS, ROWS)).toEqual(['NAME       COUNT', 'a       12345678', 'longer         1']);
  });

  it('makes tabs without titles for programs, and nothing of nothing', () => {
    expect(formatRows(COLUMNS, ROWS, false)).toBe('a\t12345678\nlonger\t1\n');
    expect(formatRows(COLUMNS, [], true)).toBe('');
  });

  it('lets nothing through that would move the cursor or begin a line', () => {
    expect(formatRows(COLUMNS, [{ name: '\u001b[2Jx\ny\tz', count: 0 }], false)).toBe('x?y?z\t0\n');
  });
});

describe('ProgressLine', () => {
  it('draws on one line, not too often, and takes it away', () => {
    const terminal = new FakeTerminal();
    let now = 0;
    const line = new ProgressLine(terminal, () => now);
    line.update(() => 'first');
    line.update(() => 'too soon');
    now = 300;
    line.update(() => 'a line that is longer than the terminal');
    line.clear();
    line.clear();
    expect(terminal.written).toBe('\r\u001b[Kfirst\r\u001b[Ka line that is long\r\u001b[K');
  });

  it('knows what to do on a terminal without a size', () => {
    const terminal = { isTTY: true, columns: 0, rows: 0, written: '', write: (text: string) => (terminal.written += text) };
    new ProgressLine(terminal).update(() => 'whole');
    new LiveView(terminal).draw(['whole as well']);
    expect(terminal.written).toBe('\r\u001b[Kwhole\u001b[Jwhole as well\n');
  });

  it('writes nothing where there is no terminal', () => {
    const terminal = new FakeTerminal(false);
    const line = new ProgressLine(terminal);
    line.update(() => 'x');
    line.clear();
    expect(terminal.written).toBe('');
  });
});

describe('LiveView', () => {
  it('draws over what it has drawn, and says how much has no room', () => {
    const terminal = new FakeTerminal();
    const view = new LiveView(terminal);
    view.draw(['one', 'two']);
    view.draw(['1', '2', '3', '4', '5']);
    expect(terminal.written).toBe('\u001b[Jone\ntwo\n\u001b[2A\r\u001b[J1\n2\n... 3 more lines\n');
  });
});

it.each([
  [0, '0 messages'],
  [1, '1 message'],
  [1234567, '1,234,567 messages'],
])('counts %d', (count, text) => {
  expect(counted(count, 'message')).toBe(text);
});
