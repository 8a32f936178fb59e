// The way out to addresses that tenants name: names are resolved once, every address is judged, the connection is made to
// that very address, and the peer is judged again. A lookup hook alone would not do: it never runs for addresses that stand
// in the URL.
import { lookup } from 'node:dns/promises';
import { Agent, buildConnector } from 'undici';
import { isAddress, isPublicAddress } from './address.ts';

export type Resolve = (host: string) => Promise<readonly string[]>;

export interface TargetOptions {
  /** For development: into networks of ours as well. */
  readonly allowPrivate: boolean;
  readonly resolve?: Resolve;
  readonly connectMs?: number;
  /** Certificates that are trusted beside the system's; for tests. */
  readonly ca?: string;
  /** Makes the connection to an address that was judged; for tests. */
  readonly dial?: buildConnector.connector;
}

/** The address is not one that anything is sent to. */
class TargetRefused extends Error {
  readonly code = 'target_refused';
}

const defaultConnectMs = 5_000;
const idleMs = 20_000;

export function openWayOut(options: TargetOptions): Agent {
  const { allowPrivate, resolve = resolveName, connectMs = defaultConnectMs } = options;
  const trusted = options.ca === undefined ? {} : { ca: options.ca };
  const dial =
    options.dial ?? buildConnector({ timeout: connectMs, allowH2: false, maxCachedSessions: 100, ...trusted });
  return new Agent({
    connect(target, done) {
      const host = target.hostname.replace(/^\[|\]$/g, '');
      const fail = (error: unknown): void => done(error as Error, null);
      const judge: buildConnector.Callback = (error, socket) => {
        if (error !== null || allowPrivate || isPublicAddress(socket.remoteAddress ?? '')) {
          if (error === null) done(null, socket);
          else fail(error);
          return;
        }
        socket.destroy();
        fail(new TargetRefused('The peer has an address that is not public.'));
      };
      addressOf(host, { allowPrivate, resolve, connectMs }).then(
        (address) => dial({ ...target, hostname: address, servername: isAddress(host) ? '' : host }, judge),
        fail,
      );
    },
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    maxHeaderSize: 16_384,
    pipelining: 1,
  });
}

interface Asking {
  readonly allowPrivate: boolean;
  readonly resolve: Resolve;
  readonly connectMs: number;
}

async function addressOf(host: string, { allowPrivate, resolve, connectMs }: Asking): Promise<string> {
  const addresses = isAddress(host) ? [host] : await inTime(resolve(host), connectMs);
  const [first] = addresses;
  if (first === undefined) throw new NameUnknown('The name has no address.');
  // One that is not public spoils them all: who answers so wants us to try until it is that one's turn.
  if (!allowPrivate && !addresses.every(isPublicAddress)) throw new TargetRefused('An address is not public.');
  return first;
}

class NameUnknown extends Error {
  readonly code = 'ENOTFOUND';
}

async function inTime<Answer>(work: Promise<Answer>, ms: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NameUnknown('The name was not resolved in time.')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function resolveName(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);
}
