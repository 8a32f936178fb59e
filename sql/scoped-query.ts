// One round trip that sets the tenant and runs one statement under it, in one implicit transaction.
// PostgreSQL ends that transaction at Sync, so the setting can never outlive the statement.
import pg from 'pg';
import type { Encoded } from './parameter-writer.ts';
import type { Statement } from './statement.ts';

export type Value =
  | string
  | number
  | boolean
  | null
  | Buffer
  | readonly string[]
  | readonly number[]
  | readonly Buffer[];
export type Values = readonly Value[] | Encoded;
export type Row = Record<string, unknown>;

export interface Question {
  /** Null for a statement without a tenant. */
  readonly tenantId: string | null;
  readonly query: Statement;
  readonly values: Values;
  /** Said before it and after it in the same round trip; neither has parameters, and nobody reads what they answer. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

interface Connection {
  readonly stream: { cork(): void; uncork(): void; write(bytes: Buffer): boolean };
  readonly parsedStatements: Record<string, string>;
  readonly submittedNamedStatements: Record<string, string>;
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly unknown[]; valueMapper: (value: unknown) => unknown }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  sync(): void;
  sendCopyFail(message: string): void;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

type Parser = (text: string) => unknown;
type Settle = (error: Error | null, rows: Row[]) => void;

const scopeName = 'll_scope';
const scopeText = "select set_config('app.tenant_id', $1, true)";
const jsonTypes = new Set([114, 3802]);

/** Times as our API shows them, JSON as the text that the database holds: both are cheaper than the driver's own. */
function parserOf(type: number): Parser {
  if (type === 20) return Number;
  if (type === 1184) return timestampText;
  if (jsonTypes.has(type)) return (text) => text;
  return pg.types.getTypeParser(type, 'text') as Parser;
}

/** The session runs in UTC with ISO dates: `2026-01-02 03:04:05.678+00`. */
export function timestampText(text: string): string {
  // Milliseconds and no trailing zero, as most are: no need to take it apart.
  if (text.length === 26) return `${text.slice(0, 10)}T${text.slice(11, 23)}Z`;
  const [seconds = '', fraction = ''] = text.slice(0, -3).split('.');
  return `${seconds.replace(' ', 'T')}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
}

function mapValue(value: unknown): unknown {
  if (Array.isArray(value)) return arrayText(value as readonly (string | number | Buffer)[]);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value;
}

function arrayText(values: readonly (string | number | Buffer)[]): string {
  const items = values.map((value) => {
    if (Buffer.isBuffer(value)) return `"\\\\x${value.toString('hex')}"`;
    return typeof value === 'number' ? String(value) : `"${value.replace(/[\\"]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}

/** The driver's own would copy the parameters once more. No formats are named, so all are text, and so is the answer. */
function bindEncoded(connection: Connection, name: string, { count, bytes }: Encoded): void {
  const statement = Buffer.from(`\0${name}\0`);
  const head = Buffer.alloc(1 + 4 + statement.length + 2 + 2);
  head.write('B');
  head.writeInt32BE(head.length - 1 + bytes.length + 2, 1);
  statement.copy(head, 5);
  head.writeInt16BE(count, head.length - 2);
  connection.stream.write(head);
  connection.stream.write(bytes);
  connection.stream.write(noFormats);
}

const noFormats = Buffer.alloc(2);

export class ScopedQuery {
  /** Read by the driver, which keeps its books on prepared statements by it. */
  readonly name: string;
  readonly text: string;
  callback: (error: Error | null, result?: unknown) => void;
  private readonly tenantId: string | null;
  private readonly values: Values;
  private readonly settle: Settle;
  private readonly before: readonly string[];
  private readonly after: readonly string[];
  /** Commands whose rows are not the answer, and that have not been completed. */
  private ahead: number;
  private fields: readonly Field[] = [];
  private parsers: Parser[] = [];
  private readonly rows: Row[] = [];
  private failure: Error | null = null;
  /** False after a failure in which a statement may or may not have been prepared: its name is then of no use. */
  booksTrue = true;
  private preparing = false;

  constructor(question: Question, prepared: boolean, settle: Settle) {
    this.name = prepared ? question.query.name : '';
    this.text = question.query.text;
    this.tenantId = question.tenantId;
    this.values = question.values;
    this.before = question.before ?? [];
    this.after = question.after ?? [];
    this.ahead = this.before.length + (question.tenantId === null ? 0 : 1);
    this.settle = settle;
    this.callback = (error) => settle(error, []);
  }

  submit(connection: Connection): null {
    connection.stream.cork();
    try {
      for (const text of this.before) this.say(connection, '', text, []);
      if (this.tenantId !== null) this.say(connection, this.name === '' ? '' : scopeName, scopeText, [this.tenantId]);
      this.send(connection, this.name, this.text, this.values);
      connection.describe({ type: 'P', name: '' });
      connection.execute({ portal: '', rows: 0 });
      for (const text of this.after) this.say(connection, '', text, []);
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
    return null;
  }

  private say(connection: Connection, name: string, text: string, values: Values): void {
    this.send(connection, name, text, values);
    connection.execute({ portal: '', rows: 0 });
  }

  private send(connection: Connection, name: string, text: string, values: Values): void {
    if (name === '' || connection.parsedStatements[name] === undefined) {
      connection.parse({ name, text });
      this.preparing ||= name !== '';
    }
    if ('count' in values) bindEncoded(connection, name, values);
    else connection.bind({ statement: name, values, valueMapper: mapValue });
  }

  handleRowDescription(message: { readonly fields: readonly Field[] }): void {
    this.fields = message.fields;
    this.parsers = message.fields.map((field) => parserOf(field.dataTypeID));
  }

  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void {
    if (this.ahead > 0) return;
    const row: Row = {};
    for (let index = 0; index < this.fields.length; index += 1) {
      const text = message.fields[index] as string | null;
      row[(this.fields[index] as Field).name] = text === null ? null : (this.parsers[index] as Parser)(text);
    }
    this.rows.push(row);
  }

  handleCommandComplete(): void {
    this.ahead -= 1;
  }

  handleReadyForQuery(connection: Connection): void {
    if (this.failure !== null) return;
    if (this.tenantId !== null && this.name !== '') connection.parsedStatements[scopeName] = scopeText;
    this.settle(null, this.rows);
  }

  /** The driver goes on reading up to ReadyForQuery by itself; the caller hears of the failure once. */
  handleError(error: Error): void {
    if (this.failure !== null) return;
    this.failure = error;
    this.booksTrue = !this.preparing;
    this.settle(error, []);
  }

  handleEmptyQuery(): void {
    this.ahead -= 1;
  }

  handlePortalSuspended(connection: Connection): void {
    connection.sync();
  }

  handleCopyInResponse(connection: Connection): void {
    connection.sendCopyFail('not a copy');
  }

  handleCopyData(): void {
    this.failure ??= new Error('unexpected copy data');
  }
}
